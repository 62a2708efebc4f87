// SPDX-License-Identifier: Apache-2.0
// The derivation as a graph of what is derived; given facts and tests stand in the box of the step
// that uses them, so that the picture shows how steps hang together. What is folded in the tree is
// folded here. At most MOST_BOXES are drawn, those nearest to the chosen step.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 272;
const LINE = 17;
const LETTERS = 36; // of a line in a box, as it is set in page.css
const MOST_BOXES = 250;
const MOST_LINES = 7;

function drawing(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function cut(text, most) {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join("")}…`;
}

class Graph {
  constructor(svg, drawn, { choose, changed }) {
    Object.assign(this, { svg, drawn, choose, changed, focus: data.claim, view: { k: 1, x: 0, y: 0 }, boxes: new Map() });
    this.stage = drawing("g");
    svg.append(this.stage);
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.drag(event));
    svg.addEventListener("pointerup", (event) => this.release(event));
    svg.addEventListener("pointercancel", () => { this.held = null; svg.classList.remove("held"); });
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("focusin", (event) => this.focused(event));
  }

  // The steps that are unfolded, and those among them that are drawn.
  shown() {
    const seen = new Set(data.roots);
    const waiting = [...data.roots];
    for (let at = 0; at < waiting.length; at++) {
      const node = nodes[waiting[at]];
      if (!state.open.has(node.id)) continue;
      for (const id of node.premises) {
        if (nodes[id].rule === null || seen.has(id)) continue;
        seen.add(id);
        waiting.push(id);
      }
    }
    if (seen.size <= MOST_BOXES) return [seen.size, waiting];
    const start = [state.chosen, ...nodes[state.chosen].usedBy, data.claim].find((id) => seen.has(id));
    const near = new Set([start]);
    const queue = [start];
    for (let at = 0; at < queue.length; at++) {
      const node = nodes[queue[at]];
      const below = state.open.has(node.id) ? node.premises : [];
      for (const id of [...below, ...node.usedBy]) {
        if (near.size >= MOST_BOXES) return [seen.size, queue];
        if (near.has(id) || !seen.has(id) || (id > node.id && !state.open.has(id))) continue;
        near.add(id);
        queue.push(id);
      }
    }
    return [seen.size, queue];
  }

  lines(node) {
    if (!state.open.has(node.id)) return [];
    const facts = node.premises.filter((id) => nodes[id].rule === null).map((id) => ({ id, text: nodes[id].text }));
    const all = [...facts, ...node.guards.map((text) => ({ id: -1, text }))];
    if (all.length <= MOST_LINES) return all;
    return [...all.slice(0, MOST_LINES - 1), { id: -1, text: `and ${all.length - MOST_LINES + 1} more` }];
  }

  draw() {
    const [count, ids] = this.shown();
    const lines = new Map(ids.map((id) => [id, this.lines(nodes[id])]));
    const size = (id) => [WIDTH, 44 + (lines.get(id).length ? lines.get(id).length * LINE + 6 : 0)];
    this.layout = layered(ids, (id) => (state.open.has(id) ? nodes[id].premises : []), size);
    this.boxes = new Map();
    const paths = this.layout.edges.map((edge) => drawing("path", { class: "edge", d: edge.line, "data-from": edge.from, "data-to": edge.to }));
    const boxes = ids.map((id) => this.box(id, lines.get(id)));
    if (!this.boxes.has(this.focus)) this.focus = ids.includes(data.claim) ? data.claim : ids[0];
    this.stage.replaceChildren(drawing("g", { "aria-hidden": "true" }, ...paths), ...boxes);
    const derived = `${count.toLocaleString("en")} derived ${count === 1 ? "step" : "steps"} unfolded`;
    this.drawn.textContent = ids.length < count ? `${ids.length} of ${derived}: those nearest to the chosen step` : derived;
    this.paint();
  }

  box(id, lines) {
    const node = nodes[id];
    const item = this.layout.items.get(id);
    const open = state.open.has(id);
    const kind = `node ${kindOf(node)}${id === data.claim ? ` claim ${data.verdict.toLowerCase()}` : ""}`;
    const [rule, counts] = [node.rule === null ? "given" : node.rule[0], node.link && linkState(node.link)[1]];
    const label = `Step ${id}: ${node.text}; ${node.rule === null ? "given" : `by ${rule}`}${counts ? `; ${counts}` : ""}`;
    const group = drawing("g", {
      class: kind, role: "button", tabindex: "-1", "data-id": id,
      transform: `translate(${Math.round(item.x - WIDTH / 2)} ${item.top})`,
    });
    if (canOpen(node)) group.setAttribute("aria-expanded", open);
    group.append(
      drawing("title", {}, label), // its name, and what the pointer shows
      drawing("rect", { class: "box", width: WIDTH, height: item.height, rx: 8 }),
      drawing("text", { x: 10, y: 19, "aria-hidden": "true" }, cut(brief(node.text), LETTERS)),
      drawing("text", { x: 10, y: 35, "aria-hidden": "true", class: `soft${counts === "link does not count" ? " bad" : ""}` },
        cut(`${id} · ${counts ? `${counts} · ` : ""}${rule}`, LETTERS)));
    if (canOpen(node)) group.append(drawing("text", { class: "turn", "aria-hidden": "true", x: WIDTH - 20, y: 35 }, open ? "▾" : "▸"));
    if (lines.length) group.append(drawing("line", { x1: 0, x2: WIDTH, y1: 43, y2: 43, class: "edge" }));
    lines.forEach((line, at) => group.append(this.line(line, at)));
    this.boxes.set(id, group);
    return group;
  }

  line({ id, text }, at) {
    const link = id < 0 ? null : nodes[id].link;
    const sign = id < 0 ? "○" : link && !link[5] ? "✕" : "●";
    const made = drawing("text", { x: 10, y: 58 + at * LINE, class: `soft${sign === "✕" ? " bad" : ""}` }, `${sign} ${cut(brief(text), LETTERS)}`);
    const group = drawing("g", { class: "fact", "aria-hidden": "true" }, drawing("title", {}, text), made);
    if (id >= 0) group.setAttribute("data-id", id);
    return group;
  }

  // Show what is chosen and found, without moving anything.
  paint() {
    for (const group of this.stage.querySelectorAll("[data-id]")) {
      const id = Number(group.dataset.id);
      group.classList.toggle("chosen", id === state.chosen);
      group.classList.toggle("hit", state.hits.has(id));
    }
    for (const path of this.stage.querySelectorAll("path")) {
      path.classList.toggle("near", Number(path.dataset.from) === state.chosen || Number(path.dataset.to) === state.chosen);
    }
    for (const [id, group] of this.boxes) group.setAttribute("tabindex", id === this.focus ? "0" : "-1");
  }

  // --- The view: what of the stage is in sight.

  move(view) {
    Object.assign(this.view, view);
    const { k, x, y } = this.view;
    this.stage.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
  }

  // All of it; if that would be too small to read, the step at hand and what is around it.
  fit() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    const all = Math.min(1.1, (width - 24) / this.layout.width, (height - 24) / this.layout.height);
    if (all >= 0.5) {
      this.move({ k: all, x: width / 2 - all * (this.layout.left + this.layout.width / 2), y: 12 });
      return;
    }
    this.move({ k: 0.85 });
    this.centre(this.boxes.has(state.chosen) ? state.chosen : this.focus, 0.05);
  }

  centre(id, down = 0.4) {
    const item = this.layout.items.get(id);
    if (!item) return;
    const { k } = this.view;
    this.move({ x: this.svg.clientWidth / 2 - k * item.x, y: this.svg.clientHeight * down - k * item.top });
  }

  zoom(times, x = this.svg.clientWidth / 2, y = this.svg.clientHeight / 2) {
    const k = Math.max(0.05, Math.min(3, this.view.k * times));
    const by = k / this.view.k;
    this.move({ k, x: x - by * (x - this.view.x), y: y - by * (y - this.view.y) });
  }

  wheel(event) {
    event.preventDefault();
    const { left, top } = this.svg.getBoundingClientRect();
    if (event.ctrlKey) this.zoom(Math.exp(-event.deltaY / 200), event.clientX - left, event.clientY - top);
    else this.move({ x: this.view.x - event.deltaX, y: this.view.y - event.deltaY });
  }

  press(event) {
    if (event.button !== 0) return;
    this.held = { x: event.clientX - this.view.x, y: event.clientY - this.view.y, from: [event.clientX, event.clientY], on: event.target };
    this.svg.setPointerCapture(event.pointerId);
    this.svg.classList.add("held");
  }

  drag(event) {
    if (this.held) this.move({ x: event.clientX - this.held.x, y: event.clientY - this.held.y });
  }

  release(event) {
    const { held } = this;
    this.held = null;
    this.svg.classList.remove("held");
    // A press that did not move is a click; the pointer was captured, so what it hit is remembered.
    if (!held || Math.hypot(event.clientX - held.from[0], event.clientY - held.from[1]) > 4) return;
    const found = held.on.closest("[data-id]");
    if (!found) return;
    const id = Number(found.dataset.id);
    if (held.on.classList.contains("turn")) this.toggle(id);
    else {
      if (this.boxes.has(id)) this.boxes.get(id).focus({ preventScroll: true });
      this.choose(id);
    }
  }

  // --- Keys.

  focused(event) {
    const group = event.target.closest(".node");
    if (!group) return;
    this.focus = Number(group.dataset.id);
    for (const [id, each] of this.boxes) each.setAttribute("tabindex", id === this.focus ? "0" : "-1");
  }

  toggle(id) {
    if (!canOpen(nodes[id])) return;
    if (state.open.has(id)) state.open.delete(id); else state.open.add(id);
    this.focus = id;
    const held = this.boxes.get(id).matches(":focus");
    this.changed();
    if (held) this.boxes.get(id).focus({ preventScroll: true });
  }

  key(event) {
    if (event.altKey || event.metaKey || event.ctrlKey || !event.target.closest(".node")) return;
    const item = this.layout.items.get(this.focus);
    const nearest = (items) => items.filter((each) => each.id >= 0)
      .sort((one, two) => Math.abs(one.x - item.x) - Math.abs(two.x - item.x))[0];
    const layer = this.layout.layers[item.layer].filter((each) => each.id >= 0);
    const at = layer.indexOf(item);
    const ends = (way) => this.layout.edges.filter((edge) => edge[way === "to" ? "from" : "to"] === this.focus)
      .map((edge) => this.layout.items.get(edge[way]));
    const goes = { ArrowLeft: layer[at - 1], ArrowRight: layer[at + 1], ArrowUp: nearest(ends("from")), ArrowDown: nearest(ends("to")) };
    if (event.key in goes) { if (goes[event.key]) this.goTo(goes[event.key].id); }
    else if (event.key === "Enter") this.choose(this.focus);
    else if (event.key === " ") this.toggle(this.focus);
    else if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? 1.25 : 0.8);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  goTo(id) {
    this.boxes.get(id)?.focus({ preventScroll: true });
    this.centre(id);
  }
}
