/* Arcs: each relation as a line from its head up into the room over the text line, along, and down
   to its tail. Between two lines of text it goes through a margin, so that it crosses no word. */

const TRACK = 17, STUB = 9, LANE = 5, BEND = 5, LABEL_PIXELS = 11;

function drawArcs(model) {
  const text = model.article.querySelector(".text");
  const svg = text.querySelector(".arcs");
  for (const run of text.querySelectorAll(".lifts")) run.classList.remove("lifts");
  svg.replaceChildren();
  if (!document.querySelector(".arcs-on").checked) return;
  const drawn = model.relations.filter((r) => r.visible && r.head.runs.length && r.tail.runs.length);
  const lines = textLines(model, text);
  lift(lines, planArcs(drawn, lines, text));
  const moved = textLines(model, text);
  for (const arc of planArcs(drawn, moved, text))
    svg.append(arcElement(arc, model.relations.indexOf(arc.relation)));
}

/** The lines of text that hold entities, from the top, with the measured boxes of the runs on them. */
function textLines(model, text) {
  const origin = text.getBoundingClientRect();
  const lines = [];
  for (const run of model.runs) {
    run.boxes = [];
    for (const rect of run.element.getClientRects()) {
      if (rect.width === 0) continue;
      const [left, top] = [rect.left - origin.left, rect.top - origin.top];
      const box = { run, left, right: left + rect.width, top };
      let line = lines.find((other) => Math.abs(other.top - box.top) < 6);
      if (!line) lines.push((line = { top: box.top, boxes: [] }));
      line.boxes.push(box);
      box.line = line;
      run.boxes.push(box);
    }
  }
  lines.sort((a, b) => a.top - b.top);
  lines.forEach((line, index) => (line.index = index));
  return lines;
}

/** Where an entity's arcs begin: over its part on its first line that no inner entity covers. */
function anchorBox(entity) {
  const boxes = entity.runs.flatMap((run) => run.boxes);
  if (boxes.length === 0) return null;
  const onFirst = boxes.filter((box) => box.line === boxes[0].line);
  const innermost = (box) => box.run.layers.find((layer) => layer.entity.visible)?.entity;
  const own = onFirst.filter((box) => innermost(box) === entity);
  const stretch = own.length ? longestStretch(own) : onFirst;
  const left = Math.min(...stretch.map((box) => box.left));
  const right = Math.max(...stretch.map((box) => box.right));
  return { line: boxes[0].line, left, right };
}

function longestStretch(boxes) {
  const stretches = [];
  for (const box of boxes) {
    const last = stretches.at(-1);
    if (last && Math.abs(last.at(-1).left - box.right) < 2) last.push(box);
    else stretches.push([box]);
  }
  const width = (stretch) => stretch.reduce((sum, box) => sum + box.right - box.left, 0);
  return stretches.reduce((best, stretch) => (width(stretch) > width(best) ? stretch : best));
}

function planArcs(relations, lines, text) {
  const width = text.clientWidth;
  const arcs = [];
  for (const relation of relations) {
    const head = anchorBox(relation.head), tail = anchorBox(relation.tail);
    if (head && tail) arcs.push({ relation, ends: [head, tail].map((box) => ({ ...box })) });
  }
  for (const arc of arcs) chooseSide(arc, width);
  spreadAnchors(arcs, width);
  const gutter = parseFloat(getComputedStyle(text).paddingLeft);
  const segments = arcs.flatMap((arc) => segmentsOf(arc, width, gutter));
  for (const line of lines) stackTracks(segments.filter((segment) => segment.line === line));
  assignLanes(arcs, width, gutter);
  return arcs;
}

function chooseSide(arc, width) {
  const [head, tail] = arc.ends;
  const middle = (end) => (end.left + end.right) / 2;
  if (head.line === tail.line) arc.side = null;
  else arc.side = middle(head) + middle(tail) < width ? "left" : "right";
}

/** Several arcs at one entity stand side by side, in the order of where they go. */
function spreadAnchors(arcs, width) {
  const places = new Map();
  for (const arc of arcs)
    arc.ends.forEach((end, at) => {
      const entity = at === 0 ? arc.relation.head : arc.relation.tail;
      const other = arc.ends[1 - at];
      end.goal = arc.side === null ? (other.left + other.right) / 2 : arc.side === "left" ? -1 : width + 1;
      if (!places.has(entity)) places.set(entity, []);
      places.get(entity).push(end);
    });
  for (const ends of places.values()) {
    ends.sort((a, b) => a.goal - b.goal);
    ends.forEach((end, at) => (end.x = end.left + ((end.right - end.left) * (at + 1)) / (ends.length + 1)));
  }
}

function segmentsOf(arc, width, gutter) {
  const [head, tail] = arc.ends;
  arc.labelWidth = textWidth(arc.relation.label, `${LABEL_PIXELS}px ${signsFont()}`) + 10;
  if (arc.side === null) return [(arc.head = arc.tail = segment(arc, head, [head.x, tail.x], width, true))];
  const edge = arc.side === "left" ? gutter / 2 : width - gutter / 2;
  const byHead = Math.abs(head.x - edge) >= Math.min(arc.labelWidth, Math.abs(tail.x - edge));
  arc.head = segment(arc, head, [head.x, edge], width, byHead);
  arc.tail = segment(arc, tail, [tail.x, edge], width, !byHead);
  return [arc.head, arc.tail];
}

function segment(arc, end, [from, to], width, labelled) {
  const made = { arc, line: end.line, start: Math.min(from, to), end: Math.max(from, to), labelled };
  if (!labelled) return made;
  const half = arc.labelWidth / 2;
  made.labelAt = Math.min(Math.max((made.start + made.end) / 2, half + 2), width - half - 2);
  made.reachStart = Math.min(made.start, made.labelAt - half);
  made.reachEnd = Math.max(made.end, made.labelAt + half);
  return made;
}

/** Short ones below long ones; two on one track do not touch. */
function stackTracks(segments) {
  const reach = (s) => [s.reachStart ?? s.start, s.reachEnd ?? s.end];
  segments.sort((a, b) => a.end - a.start - (b.end - b.start));
  const tracks = [];
  for (const segment of segments) {
    const [start, end] = reach(segment);
    const free = (track) => track.every((other) => reach(other)[1] + 4 < start || end + 4 < reach(other)[0]);
    let track = tracks.findIndex(free);
    if (track < 0) track = tracks.push([]) - 1;
    tracks[track].push(segment);
    segment.track = track;
  }
}

function assignLanes(arcs, width, gutter) {
  for (const side of ["left", "right"]) {
    const crossing = arcs.filter((arc) => arc.side === side);
    const span = (arc) => arc.ends.map((end) => end.line.index).sort((a, b) => a - b);
    crossing.sort((a, b) => span(a)[1] - span(a)[0] - (span(b)[1] - span(b)[0]));
    const lanes = [];
    for (const arc of crossing) {
      const [first, last] = span(arc);
      const free = (lane) => lane.every((other) => span(other)[1] < first || last < span(other)[0]);
      let lane = lanes.findIndex(free);
      if (lane < 0) lane = lanes.push([]) - 1;
      lanes[lane].push(arc);
      arc.lane = lane;
    }
    const step = Math.min(LANE, (gutter - 10) / Math.max(lanes.length, 1));
    for (const arc of crossing) {
      const out = gutter - 6 - arc.lane * step;
      arc.laneX = side === "left" ? out : width - out;
    }
  }
}

/** Gives a line of text the room that its tracks need, at one of its runs. */
function lift(lines, arcs) {
  const tracks = new Map();
  for (const { line, track } of arcs.flatMap((arc) => [arc.head, arc.tail]))
    tracks.set(line, Math.max(tracks.get(line) ?? 0, track + 1));
  for (const [line, number] of tracks) {
    const isWhole = ({ run }) => run.boxes.length === 1 && !run.element.classList.contains("space");
    const box = line.boxes.find(isWhole);
    if (!box) continue;
    box.run.element.style.setProperty("--lift", `calc(1.15em + ${STUB + number * TRACK}px)`);
    box.run.element.classList.add("lifts");
  }
}

function arcElement(arc, index) {
  const points = arcPoints(arc);
  const end = points.at(-1);
  const tip = `${end.x - 3.6},${end.y - 6} ${end.x + 3.6},${end.y - 6} ${end.x},${end.y + 1}`;
  const labelled = arc.head.labelled ? arc.head : arc.tail;
  const label = svgElement("text", { x: labelled.labelAt, y: trackY(labelled) - 8 }, arc.relation.label);
  return svgElement(
    "g",
    { class: "arc", "data-arc": index },
    svgElement("polyline", { points: points.map(({ x, y }) => `${x},${y}`).join(" ") }),
    svgElement("path", { d: roundedPath(points) }),
    svgElement("circle", { cx: points[0].x, cy: points[0].y, r: 2.6 }),
    svgElement("polygon", { points: tip }),
    label,
  );
}

function trackY({ line, track }) {
  return line.top + 5 - STUB - track * TRACK;
}

function arcPoints(arc) {
  const [head, tail] = arc.ends;
  const up = trackY(arc.head), down = trackY(arc.tail);
  const first = { x: head.x, y: head.line.top + 5 }, last = { x: tail.x, y: tail.line.top + 4 };
  if (arc.side === null) return [first, { x: head.x, y: up }, { x: tail.x, y: up }, last];
  const out = [{ x: head.x, y: up }, { x: arc.laneX, y: up }];
  const back = [{ x: arc.laneX, y: down }, { x: tail.x, y: down }];
  return [first, ...out, ...back, last];
}

function roundedPath(points) {
  let path = `M${points[0].x} ${points[0].y}`;
  for (let at = 1; at < points.length - 1; at++) {
    const [before, corner, after] = [points[at - 1], points[at], points[at + 1]];
    const enter = towards(corner, before), leave = towards(corner, after);
    path += `L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`;
  }
  return `${path}L${points.at(-1).x} ${points.at(-1).y}`;
}

function towards(from, to) {
  const distance = Math.hypot(to.x - from.x, to.y - from.y);
  const share = distance === 0 ? 0 : Math.min(BEND, distance / 2) / distance;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

const measuring = document.createElement("canvas").getContext("2d");

function textWidth(text, font) {
  measuring.font = font;
  return measuring.measureText(text).width;
}

function signsFont() {
  return getComputedStyle(document.body).fontFamily;
}
