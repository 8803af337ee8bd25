/* The graph: people, places and organizations, with what they are related to. Names and the labels
   of the edges are boxes that push each other apart, so that nothing lies on anything. */

const CENTRAL = new Set(["people", "organizations", "places"]);
const STEPS = 200, NAME_LETTERS = 26, MARGIN = 12;
const DISTANCE = 88; // pixels between related nodes, one above the other
const FLATTEN = 0.62; // names are wide: side by side they stand further apart

function drawGraph(model) {
  const section = model.article.querySelector(".graph");
  const related = new Map();
  for (const { visible, head, tail, label } of model.relations) {
    const named = [head, tail].some(({ group }) => CENTRAL.has(group.family));
    if (!visible || !named || head.group === tail.group) continue;
    const groups = [head.group, tail.group];
    const key = groups.map((group) => group.row.dataset.group).join(" ");
    if (!related.has(key)) related.set(key, { groups, labels: new Set() });
    related.get(key).labels.add(label);
  }
  const edges = [...related.values()];
  const joined = new Set(edges.flatMap((edge) => edge.groups));
  const isAlone = (group) => !group.row.hidden && CENTRAL.has(group.family) && !joined.has(group);
  const alone = model.groups.filter(isAlone);
  section.hidden = joined.size === 0;
  if (section.hidden) return;
  const canvas = section.querySelector(".canvas");
  const width = Math.max(canvas.clientWidth, 280);
  canvas.replaceChildren(graphElement([...joined], edges, width));
  listAlone(section.querySelector(".alone"), alone);
}

function graphElement(groups, edges, width) {
  const nodes = groups.map(nodeOf);
  const labels = edges.map(({ groups: ends, labels: names }) => {
    const [head, tail] = ends.map((end) => nodes[groups.indexOf(end)]);
    const text = [...names].join("، ");
    return { text, head, tail, width: textWidth(text, `11.5px ${signsFont()}`) + 8, height: 20, edge: true };
  });
  const boxes = [...nodes, ...labels];
  const height = arrange(boxes, labels, width);
  return svgElement(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "شبكة الكيانات والعلاقات" },
    ...labels.map(edgeElement),
    ...nodes.map(nodeElement),
  );
}

function nodeOf(group) {
  const letters = [...group.name];
  const cut = letters.length > NAME_LETTERS;
  const name = cut ? `${letters.slice(0, NAME_LETTERS).join("")}…` : group.name;
  const central = CENTRAL.has(group.family);
  const font = central ? `600 13.5px ${signsFont()}` : `12.5px ${signsFont()}`;
  return { group, name, central, width: textWidth(name, font) + 22, height: central ? 30 : 26 };
}

/** Places the boxes in a picture of that width and returns its height: each connected part by
    itself, the parts in rows from the right. */
function arrange(boxes, labels, width) {
  const parts = connectedParts(boxes, labels).map((part) => settle(part, labels, width));
  parts.sort((a, b) => b.height - a.height);
  const rows = [];
  for (const part of parts) {
    let row = rows.find((other) => other.width + part.width <= width);
    if (!row) rows.push((row = { parts: [], width: 0, height: part.height }));
    row.parts.push(part);
    row.width += part.width;
  }
  let top = 0;
  for (const row of rows) {
    const gap = Math.max(0, width - row.width) / row.parts.length;
    let right = width - gap / 2;
    for (const part of row.parts) {
      for (const box of part.boxes) move(box, right - part.width, top + (row.height - part.height) / 2);
      right -= part.width + gap;
    }
    top += row.height;
  }
  return top;
}

function connectedParts(boxes, labels) {
  const parts = new Map(boxes.map((box) => [box, new Set([box])]));
  for (const label of labels)
    for (const end of [label.head, label.tail]) {
      const [kept, joined] = [parts.get(label), parts.get(end)];
      if (kept === joined) continue;
      for (const box of joined) parts.set(box, kept.add(box));
    }
  return [...new Set(parts.values())].map((part) => [...part]);
}

/** The best of several arrangements of a connected part, which then lies at 0, 0. */
function settle(boxes, labels, width) {
  const nodes = boxes.filter((box) => !box.edge), springs = labels.filter((label) => boxes.includes(label));
  const tries = nodes.length < 4 ? 1 : Math.max(2, Math.min(16, Math.round(160 / nodes.length)));
  let best = null;
  for (let start = 0; start < tries; start++) {
    spreadOut(nodes, springs, width, start);
    const cost = faults(nodes, springs);
    if (!best || cost < best.cost) best = { cost, places: boxes.map(({ x, y }) => ({ x, y })) };
  }
  boxes.forEach((box, at) => Object.assign(box, best.places[at]));
  return { boxes, ...cropped(boxes) };
}

/** Fruchterman and Reingold's forces (1991) on the nodes; a label stays near the middle of its edge. */
function spreadOut(nodes, labels, width, start) {
  const radius = 45 * nodes.length;
  nodes.forEach((node, at) => {
    const turn = (2 * Math.PI * ((at * (2 * start + 1)) % nodes.length)) / nodes.length + start * 0.7;
    node.x = radius * Math.sin(turn) + at * 0.1; // else two nodes in one place would stay there
    node.y = -radius * Math.cos(turn) * 0.7;
  });
  for (let step = 0; step < STEPS; step++) {
    const heat = 60 * (1 - step / STEPS) ** 2 + 0.5;
    for (const node of nodes) node.force = { x: 0, y: 0 };
    for (const [a, b] of pairs(nodes)) push(a, b, -(DISTANCE ** 2));
    for (const { head, tail } of labels) push(head, tail, 0);
    for (const node of nodes) {
      const length = Math.hypot(node.force.x, node.force.y) || 1;
      const stride = Math.min(length, heat) / length;
      move(node, node.force.x * stride, node.force.y * stride * 0.8);
    }
    for (const label of labels) {
      label.x = (label.head.x + label.tail.x) / 2;
      label.y = (label.head.y + label.tail.y) / 2;
    }
    separate([...nodes, ...labels]);
    for (const box of [...nodes, ...labels]) box.x = inside(box, width);
  }
  for (let step = 0; step < 60; step++) separate([...nodes, ...labels]);
}

/** Pulls two nodes together as their distance wants it, or apart by a repulsion. */
function push(a, b, repulsion) {
  const dx = (b.x - a.x) * FLATTEN, dy = b.y - a.y;
  const distance = Math.hypot(dx, dy) || 0.01;
  const force = repulsion === 0 ? distance ** 2 / DISTANCE : repulsion / distance;
  a.force.x += (dx / distance) * force;
  a.force.y += (dy / distance) * force;
  b.force.x -= (dx / distance) * force;
  b.force.y -= (dy / distance) * force;
}

function inside(box, width) {
  const limit = Math.max(0, (width - box.width) / 2 - MARGIN);
  return Math.min(Math.max(box.x, -limit), limit);
}

function* pairs(things) {
  for (let i = 0; i < things.length; i++)
    for (let j = i + 1; j < things.length; j++) yield [things[i], things[j]];
}

/** Edges under names count most, then crossings, then height, then length. */
function faults(nodes, labels) {
  const strokes = labels.flatMap((label) => [{ label, end: label.head }, { label, end: label.tail }]);
  let cost = cropped([...nodes, ...labels]).height / 120;
  for (const { label, end } of strokes) cost += Math.hypot(label.x - end.x, label.y - end.y) / 1000;
  for (const [a, b] of pairs(strokes))
    if (a.label !== b.label && a.end !== b.end && cross(a, b)) cost += 3;
  for (const stroke of strokes)
    for (const box of [...nodes, ...labels])
      if (box !== stroke.label && box !== stroke.end && runsUnder(stroke, box)) cost += 4;
  return cost;
}

function cross(a, b) {
  const turn = (p, q, r) => Math.sign((q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x));
  const apart = (one, other) => turn(one.label, one.end, other.label) !== turn(one.label, one.end, other.end);
  return apart(a, b) && apart(b, a);
}

function runsUnder({ label, end }, box) {
  for (let share = 0; share <= 1; share += 0.1) {
    const x = label.x + (end.x - label.x) * share, y = label.y + (end.y - label.y) * share;
    const [dx, dy] = [Math.abs(x - box.x), Math.abs(y - box.y)];
    if (dx < box.width / 2 + 2 && dy < box.height / 2 + 2) return true;
  }
  return false;
}

function cropped(boxes) {
  const left = Math.min(...boxes.map((box) => box.x - box.width / 2)) - MARGIN;
  const top = Math.min(...boxes.map((box) => box.y - box.height / 2)) - MARGIN;
  for (const box of boxes) move(box, -left, -top);
  const width = Math.max(...boxes.map((box) => box.x + box.width / 2)) + MARGIN;
  const height = Math.max(...boxes.map((box) => box.y + box.height / 2)) + MARGIN;
  return { width, height };
}

function move(box, x, y) {
  box.x += x;
  box.y += y;
}

function separate(boxes) {
  for (const [a, b] of pairs(boxes)) {
    const overX = (a.width + b.width) / 2 + 8 - Math.abs(a.x - b.x);
    const overY = (a.height + b.height) / 2 + 8 - Math.abs(a.y - b.y);
    if (overX <= 0 || overY <= 0) continue;
    const shiftX = overX < overY ? (overX / 2) * (Math.sign(a.x - b.x) || 1) : 0;
    const shiftY = overX < overY ? 0 : (overY / 2) * (Math.sign(a.y - b.y) || 1);
    move(a, shiftX, shiftY);
    move(b, -shiftX, -shiftY);
  }
}

function edgeElement(label) {
  const { head, tail } = label;
  const from = borderPoint(head, label, 0), to = borderPoint(tail, label, 2);
  const points = [from, label, to].map(({ x, y }) => `${x},${y}`).join(" ");
  const turn = (Math.atan2(to.y - label.y, to.x - label.x) * 180) / Math.PI;
  const ends = [head, tail].map((end) => end.group.row.dataset.group).join(" ");
  return svgElement(
    "g",
    { class: "edge", "data-edge": ends },
    svgElement("polyline", { points }),
    svgElement("polygon", {
      points: "1,0 -8,-4 -8,4",
      transform: `translate(${to.x} ${to.y}) rotate(${turn})`,
    }),
    svgElement("text", { x: label.x, y: label.y }, label.text),
  );
}

/** Where the line from the middle of a box to a point leaves the box. */
function borderPoint(box, point, gap) {
  const dx = point.x - box.x, dy = point.y - box.y;
  const share = Math.min(
    (box.width / 2 + gap) / Math.max(Math.abs(dx), 0.01),
    (box.height / 2 + gap) / Math.max(Math.abs(dy), 0.01),
    1,
  );
  return { x: box.x + dx * share, y: box.y + dy * share };
}

function nodeElement(node) {
  const { x, y, width, height, group, central } = node;
  const box = { x: x - width / 2, y: y - height / 2, width, height, rx: height / 2 };
  return svgElement(
    "g",
    {
      class: central ? "node" : "node side",
      "data-node": group.row.dataset.group,
      style: `--type:var(--colour-${group.members[0].number})`,
    },
    svgElement("rect", box),
    svgElement("text", { x, y }, node.name),
  );
}

function listAlone(paragraph, groups) {
  paragraph.replaceChildren();
  paragraph.hidden = groups.length === 0;
  if (groups.length) paragraph.append("بلا علاقة مذكورة: ");
  for (const group of groups) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.node = group.row.dataset.group;
    button.style.setProperty("--type", `var(--colour-${group.members[0].number})`);
    button.textContent = group.name;
    paragraph.append(button);
  }
}
