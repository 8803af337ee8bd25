"use strict";
/* What an article holds, read from its elements, and what is shown of it. */

const SVG = "http://www.w3.org/2000/svg";
const shown = { types: null, score: 0, relation: "" }; // types: a set of names; null is all
const models = new WeakMap();

function svgElement(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function numberOf(text) {
  return text === "" ? null : Number(text);
}

/** The article's entities, relations and groups; built once. */
function modelOf(article) {
  if (!models.has(article)) models.set(article, readModel(article));
  return models.get(article);
}

function readModel(article) {
  const entities = [], groups = [], runs = [];
  const names = [...document.querySelectorAll(".chip input")].map((box) => box.dataset.type);
  for (const row of article.querySelectorAll("tbody tr")) {
    const name = row.querySelector("th").textContent;
    const group = { row, name, family: row.dataset.family, members: [] };
    groups.push(group);
    for (const button of row.querySelectorAll(".mention")) {
      const { entity, number, score } = button.dataset;
      const made = { button, group, number, type: names[number], score: numberOf(score) };
      entities[entity] = { ...made, text: button.title, runs: [] };
      group.members.push(entities[entity]);
    }
  }
  for (const element of article.querySelectorAll(".run")) {
    const run = { element, layers: [] };
    for (const layer of element.dataset.layers.split(" ")) {
      const [entity, level] = layer.split(":");
      run.layers.push({ entity: entities[entity], level });
      entities[entity].runs.push(run);
    }
    runs.push(run);
  }
  const relations = [...article.querySelectorAll("li[data-relation]")].map((row) => ({
    row,
    head: entities[row.dataset.head],
    tail: entities[row.dataset.tail],
    type: row.dataset.type,
    label: row.querySelector(".label").textContent,
    score: numberOf(row.dataset.score),
  }));
  groups.sort((a, b) => a.row.dataset.group - b.row.dataset.group);
  return { article, entities, groups, runs, relations };
}

function sure(thing) {
  return thing.score === null || thing.score >= shown.score;
}

/** Shows what the filters let through, and draws it again. */
function refresh(article) {
  const model = modelOf(article);
  for (const entity of model.entities)
    entity.visible = sure(entity) && (shown.types === null || shown.types.has(entity.type));
  for (const relation of model.relations) {
    const wanted = shown.relation === "" || shown.relation === relation.type;
    relation.visible = wanted && sure(relation) && relation.head.visible && relation.tail.visible;
    relation.row.hidden = !relation.visible;
  }
  for (const group of model.groups) {
    for (const entity of group.members) entity.button.hidden = !entity.visible;
    group.row.hidden = !group.members.some((entity) => entity.visible);
  }
  model.runs.forEach(paint);
  count(model);
  drawArcs(model);
  drawGraph(model);
}

function paint(run) {
  const visible = run.layers.filter((layer) => layer.entity.visible);
  const style = run.element.style;
  for (const { level } of run.layers) style.setProperty(`--band-at-${level}`, "none");
  for (const { entity, level } of visible)
    style.setProperty(`--band-at-${level}`, `var(--band-${entity.number})`);
  const outermost = visible.at(-1);
  style.setProperty("--tint", outermost ? `var(--tint-${outermost.entity.number})` : "none");
}

function count(model) {
  const visible = (things) => things.filter((thing) => thing.visible).length;
  model.article.querySelector(".entities h2 b").textContent = visible(model.entities);
  model.article.querySelector(".relations h2 b").textContent = visible(model.relations);
  for (const box of document.querySelectorAll(".chip input")) {
    const found = model.entities.filter((entity) => entity.number === box.dataset.number);
    box.closest(".chip").hidden = found.length === 0;
    box.closest(".chip").querySelector("b").textContent = found.length;
  }
}
