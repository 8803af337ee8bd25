/* What a reader does: point, choose, filter, print. */

let current = null; // the article that is shown
let pinned = null; // what a click keeps marked
let lastWidth = 0;

// Marking

/** What an element stands for: entities and relations to mark together; null where nothing. */
function meant(element) {
  const model = modelOf(current);
  const within = (selector) => element.closest(selector);
  const arc = within(".arc"), row = within("li[data-relation]");
  if (arc) return ofRelation(model.relations[arc.dataset.arc]);
  if (row) return ofRelation(model.relations.find((relation) => relation.row === row));
  const mention = within(".mention"), edge = within("[data-edge]");
  if (mention) return ofEntities([model.entities[mention.dataset.entity]]);
  if (edge) return ofEdge(model, ...edge.dataset.edge.split(" "));
  const node = within("[data-node]"), tableRow = within("[data-group]");
  if (node) return ofEntities(model.groups[node.dataset.node].members);
  if (tableRow) return ofEntities(model.groups[tableRow.dataset.group].members);
  const run = within(".run");
  return run ? ofRun(model, run) : null;
}

function ofRelation(relation) {
  return { entities: [relation.head, relation.tail], relations: [relation], first: relation.head };
}

function ofEdge(model, head, tail) {
  const relations = model.relations.filter(
    (r) => r.visible && r.head.group === model.groups[head] && r.tail.group === model.groups[tail],
  );
  return { entities: relations.flatMap((r) => [r.head, r.tail]), relations, first: relations[0].head };
}

function ofRun(model, element) {
  const run = model.runs.find((other) => other.element === element);
  const entities = run.layers.map((layer) => layer.entity).filter((entity) => entity.visible);
  return entities.length ? { ...ofEntities(entities.slice(0, 1)), layers: entities } : null;
}

function ofEntities(entities) {
  const visible = entities.filter((entity) => entity.visible);
  const relations = modelOf(current).relations.filter(
    (r) => r.visible && (visible.includes(r.head) || visible.includes(r.tail)),
  );
  return { entities: visible, relations, first: visible[0] };
}

function mark(marked) {
  for (const element of current.querySelectorAll(".on, .focused")) element.classList.remove("on", "focused");
  if (!marked) return;
  const model = modelOf(current);
  const ends = new Set([...marked.entities, ...marked.relations.flatMap((r) => [r.head, r.tail])]);
  const on = (element) => element?.classList.add("on");
  for (const entity of ends) on(entity.button);
  for (const entity of ends) for (const run of entity.runs) on(run.element);
  for (const group of new Set(marked.entities.map((entity) => entity.group))) on(group.row);
  for (const group of new Set([...ends].map((entity) => entity.group)))
    on(current.querySelector(`[data-node="${group.row.dataset.group}"]`));
  for (const relation of marked.relations) {
    on(relation.row);
    on(current.querySelector(`[data-arc="${model.relations.indexOf(relation)}"]`));
    const edge = [relation.head, relation.tail].map((end) => end.group.row.dataset.group).join(" ");
    on(current.querySelector(`[data-edge="${edge}"]`));
  }
  if (marked.relations.length === 0) return;
  current.querySelector(".text").classList.add("focused");
  current.querySelector(".canvas").classList.add("focused");
}

// The note beside the pointer

function showTip(marked, event) {
  const tip = document.querySelector(".tip");
  tip.hidden = !marked?.layers;
  if (tip.hidden) return;
  tip.replaceChildren(...marked.layers.map(tipLine));
  const { width, height } = tip.getBoundingClientRect();
  const below = event.clientY + 24;
  tip.style.left = `${Math.min(Math.max(event.clientX - width / 2, 6), innerWidth - width - 6)}px`;
  tip.style.top = `${below + height > innerHeight ? event.clientY - height - 24 : below}px`;
}

function tipLine(entity) {
  const line = document.createElement("div");
  const chip = document.querySelector(`.chip input[data-number="${entity.number}"]`).closest(".chip");
  for (const part of chip.querySelectorAll(".swatch, bdi, code")) line.append(part.cloneNode(true), " ");
  const name = document.createElement("bdi");
  name.className = "end";
  name.textContent = entity.text;
  line.append(name);
  if (entity.score !== null) line.append(` ${Math.round(entity.score * 100)}%`);
  return line;
}

function point(event) {
  const marked = current.contains(event.target) ? meant(event.target) : null;
  showTip(marked, event);
  mark(marked ?? pinned);
}

function choose(event) {
  if (event.target.closest("select, input, label, thead")) return;
  const marked = current.contains(event.target) ? meant(event.target) : null;
  pinned = marked;
  mark(marked);
  if (marked?.first && !event.target.closest(".text")) reveal(marked.first);
}

function forget() {
  pinned = null;
  document.querySelector(".tip").hidden = true;
  mark(null);
}

function reveal(entity) {
  const element = entity.runs[0]?.element;
  const place = element?.getBoundingClientRect();
  if (!place || (place.top > 80 && place.bottom < innerHeight - 20)) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
}

// Filters. They stand in the address, so that a view can be passed on.

function readAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  shown.types = wanted.has("type") ? new Set(wanted.get("type").split(",")) : null;
  shown.score = Number(wanted.get("score")) || 0;
  shown.relation = wanted.get("relation") ?? "";
  for (const box of document.querySelectorAll(".chip input"))
    box.checked = shown.types === null || shown.types.has(box.dataset.type);
  const range = document.querySelector(".score input");
  if (range) range.value = shown.score;
  if (["dark", "light"].includes(wanted.get("theme")))
    document.documentElement.style.colorScheme = wanted.get("theme");
  const chosen = document.getElementById(`article-${wanted.get("article")}`);
  open(chosen ?? current ?? document.querySelector(".document"));
}

function readFilters() {
  const boxes = [...document.querySelectorAll(".chip input")];
  const on = boxes.filter((box) => box.checked);
  shown.types = on.length === boxes.length ? null : new Set(on.map((box) => box.dataset.type));
  shown.score = Number(document.querySelector(".score input")?.value ?? 0);
  shown.relation = current.querySelector("select").value;
  writeAddress();
  show();
}

function writeAddress() {
  if (location.protocol === "about:") return; // in a notebook's frame, which has no address
  const parts = new URLSearchParams();
  if (document.querySelectorAll(".document").length > 1) parts.set("article", current.dataset.article);
  if (shown.types) parts.set("type", [...shown.types].join(","));
  if (shown.score) parts.set("score", shown.score);
  if (shown.relation) parts.set("relation", shown.relation);
  history.replaceState(null, "", `#${parts}`);
}

function show() {
  const output = document.querySelector(".score output");
  if (output) output.textContent = `${Math.round(shown.score * 100)}%`;
  refresh(current);
  forget();
}

function open(article) {
  if (article === null) return;
  current = article;
  for (const other of document.querySelectorAll(".document")) other.hidden = other !== article;
  for (const link of document.querySelectorAll(".articles a")) {
    link.removeAttribute("aria-current");
    if (link.dataset.article !== article.dataset.article) continue;
    link.setAttribute("aria-current", "true");
    document.querySelector(".bar-title").textContent = link.firstChild.textContent;
  }
  const select = article.querySelector("select");
  const known = [...select.options].some((option) => option.value === shown.relation);
  select.value = shown.relation = known ? shown.relation : "";
  show();
}

/** From the list. The filters stay, unlike with an address that names an article alone. */
function follow(event) {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  open(document.getElementById(`article-${link.dataset.article}`));
  writeAddress();
  scrollTo(0, 0);
  if (isNarrow()) document.querySelector(".articles details").open = false;
}

function chooseAll(event) {
  const checked = event.target.dataset.choose === "all";
  for (const box of document.querySelectorAll(".chip input")) box.checked = checked;
  readFilters();
}

function find(event) {
  const words = event.target.value.trim().split(/\s+/);
  for (const row of document.querySelectorAll(".articles li"))
    row.hidden = !words.every((word) => row.textContent.includes(word));
}

// The table

const SORT_KEYS = {
  name: (row) => row.querySelector("th").textContent,
  type: (row) => row.querySelector("td bdi").textContent,
  count: (row) => -row.querySelectorAll(".mention:not([hidden])").length,
  score: (row) => -parseFloat(row.querySelector(".percent")?.textContent ?? "0"),
};

function sortTable(button) {
  const key = SORT_KEYS[button.dataset.sort];
  const pressed = button.getAttribute("aria-pressed") === "true";
  for (const other of button.closest("tr").querySelectorAll("button"))
    other.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(!pressed));
  const order = pressed ? (row) => Number(row.dataset.group) : key; // a second press: as in the text
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "ar") : a - b);
  const body = button.closest("table").tBodies[0];
  body.append(...[...body.rows].sort((a, b) => compare(order(a), order(b))));
}

// The printer. A picture cannot go over several pages, so each paragraph gets one of its own, with
// the arcs that stay inside it; the others are in the list alone.

function beforePrint() {
  document.documentElement.classList.add("printing");
  refresh(current);
  const { relations } = modelOf(current);
  const paragraphOf = (entity) => entity.runs[0].element.parentElement;
  for (const arc of current.querySelectorAll(".arc")) {
    const { head, tail } = relations[arc.dataset.arc];
    const paragraph = paragraphOf(head);
    if (paragraph === paragraphOf(tail)) pictureIn(paragraph).append(arc);
  }
  current.querySelector(".text > .arcs").replaceChildren();
}

function pictureIn(paragraph) {
  if (!paragraph.querySelector(".arcs")) {
    const place = `translate(${-paragraph.offsetLeft} ${-paragraph.offsetTop})`;
    paragraph.append(svgElement("svg", { class: "arcs" }, svgElement("g", { transform: place })));
  }
  return paragraph.querySelector(".arcs g");
}

function afterPrint() {
  document.documentElement.classList.remove("printing");
  for (const picture of current.querySelectorAll(".text > * > .arcs")) picture.remove();
  refresh(current);
}

// From here on things happen

function toggleTheme() {
  const root = document.documentElement.style;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.colorScheme = (root.colorScheme || system) === "dark" ? "light" : "dark";
}

function listen() {
  document.addEventListener("mouseover", point);
  document.addEventListener("focusin", point);
  document.addEventListener("click", choose);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") forget();
    if (event.key === "Enter" && event.target.closest("li[data-relation]")) choose(event);
  });
  document.querySelector(".filters").addEventListener("input", readFilters);
  for (const button of document.querySelectorAll("[data-choose]"))
    button.addEventListener("click", chooseAll);
  for (const select of document.querySelectorAll(".relations select"))
    select.addEventListener("change", readFilters);
  for (const button of document.querySelectorAll("[data-sort]"))
    button.addEventListener("click", () => sortTable(button));
  document.querySelector(".articles ol")?.addEventListener("click", follow);
  document.querySelector(".find")?.addEventListener("input", find);
  document.querySelector(".theme").addEventListener("click", toggleTheme);
  addEventListener("hashchange", readAddress);
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
  new ResizeObserver(redrawWhenWider).observe(document.body);
}

function redrawWhenWider() {
  if (innerWidth === lastWidth) return; // its own drawing changes heights alone
  lastWidth = innerWidth;
  refresh(current);
}

function isNarrow() {
  return matchMedia("(max-width: 900px)").matches;
}

function start() {
  if (document.querySelector(".document") === null) return;
  if (isNarrow())
    for (const folded of document.querySelectorAll(".filters, .articles details")) folded.open = false;
  lastWidth = innerWidth;
  readAddress();
  listen();
  document.fonts.ready.then(() => refresh(current));
}

start();
