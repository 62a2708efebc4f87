// SPDX-License-Identifier: Apache-2.0
// The derivation as a tree. Only the rows in sight are in the page, however many are unfolded;
// each says its level, and its place among its siblings, for those who hear the page.

const DEEPEST = 24; // levels that are indented; below that a row says its level
const INDENT = 18;
const SPARE = 12; // rows above and below those in sight
const MOST_PRINTED = 2000; // rows

class Tree {
  constructor(box, canvas, { choose, changed }) {
    Object.assign(this, { box, canvas, choose, changed, rows: [], active: 0, height: 28, printing: false });
    box.addEventListener("scroll", () => this.later());
    box.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("click", (event) => this.click(event));
    window.addEventListener("resize", () => this.later());
    window.addEventListener("beforeprint", () => this.print(true));
    window.addEventListener("afterprint", () => this.print(false));
  }

  // Read the rows again after something was folded, unfolded or searched; stay on the same step.
  refresh() {
    const was = this.rows[this.active];
    this.rows = rowsShown();
    this.places = new Map();
    this.rows.forEach((row, at) => {
      if (row.guard === null && !row.again && !this.places.has(row.id)) this.places.set(row.id, at);
    });
    if (was) {
      const same = this.rows.findIndex((row) => row.id === was.id && row.above === was.above && row.guard === was.guard);
      this.active = same >= 0 ? same : this.places.get(was.above) ?? Math.min(this.active, this.rows.length - 1);
    }
    this.canvas.style.height = `${this.rows.length * this.height}px`;
    this.draw();
  }

  later() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw() {
    const first = this.printing ? 0 : Math.max(0, Math.floor(this.box.scrollTop / this.height) - SPARE);
    const sight = Math.ceil((this.box.clientHeight || 600) / this.height) + 2 * SPARE;
    const last = Math.min(this.rows.length, this.printing ? MOST_PRINTED : first + sight);
    const drawn = [];
    for (let at = first; at < last; at++) drawn.push(this.row(at));
    // What is active stays in the page, or those who hear it would lose their place.
    if (this.active < first) drawn.unshift(this.row(this.active));
    else if (this.active >= last) drawn.push(this.row(this.active));
    this.canvas.replaceChildren(...drawn);
    this.box.setAttribute("aria-activedescendant", `row-${this.active}`);
  }

  row(at) {
    const row = this.rows[at];
    const made = element("div", {
      role: "treeitem", id: `row-${at}`, "aria-level": row.level, "aria-posinset": row.position, "aria-setsize": row.size,
    });
    made.style.top = `${at * this.height}px`;
    made.style.paddingLeft = `${6 + (Math.min(row.level, DEEPEST) - 1) * INDENT}px`;
    made.className = `row${at === this.active ? " active" : ""}`;
    if (row.level > DEEPEST) made.append(element("span", { class: "tag" }, `level ${row.level}`));
    if (row.guard !== null) {
      made.classList.add("guard");
      made.append(element("span", { class: "twist" }), element("span", { class: "kind", "aria-hidden": "true" }, "○"),
        element("code", {}, ...marked(brief(row.guard))));
      return made;
    }
    this.fill(made, row);
    return made;
  }

  fill(made, row) {
    const node = nodes[row.id];
    const [sign, meaning] = KINDS[kindOf(node)];
    if (row.canOpen) made.setAttribute("aria-expanded", row.open);
    made.setAttribute("aria-selected", row.id === state.chosen);
    made.classList.add(kindOf(node), ...(row.again ? ["again"] : []), ...(row.id === data.claim ? ["claim"] : []));
    const code = element("code", {}, ...marked(brief(node.text)));
    made.append(
      element("span", { class: "twist", "aria-hidden": "true" }, row.canOpen ? (row.open ? "▾" : "▸") : ""),
      element("span", { class: "kind", "aria-hidden": "true" }, sign),
      element("span", { class: "number", "aria-hidden": "true" }, row.id), code);
    const note = row.again ? "shown elsewhere" : node.rule === null ? meaning : node.rule[0];
    made.append(element("span", { class: "by" }, ...marked(note)));
    if (node.link) {
      const [kind, words] = linkState(node.link);
      made.append(element("span", { class: `tag ${kind}` }, words));
    }
  }

  click(event) {
    const found = event.target.closest(".row");
    if (!found) return;
    const at = Number(found.id.slice(4));
    this.active = at;
    const row = this.rows[at];
    if (event.target.closest(".twist") && row.canOpen) this.toggle(row);
    else if (row.guard === null) this.choose(row.id);
    else this.draw();
  }

  toggle(row) {
    if (state.open.has(row.id)) state.open.delete(row.id); else state.open.add(row.id);
    this.changed();
  }

  move(at) {
    this.active = Math.max(0, Math.min(at, this.rows.length - 1));
    this.intoSight();
    this.draw();
  }

  intoSight() {
    const top = this.active * this.height;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    const below = top + this.height - this.box.clientHeight;
    if (below > this.box.scrollTop) this.box.scrollTop = below;
  }

  // Go to where a step is unfolded.
  reveal(id) {
    const at = this.places.get(id);
    if (at !== undefined) this.move(at);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const row = this.rows[this.active];
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 1);
    const moves = {
      ArrowDown: this.active + 1, ArrowUp: this.active - 1, Home: 0, End: this.rows.length - 1,
      PageDown: this.active + page, PageUp: this.active - page,
    };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key === "ArrowRight") this.right(row);
    else if (event.key === "ArrowLeft") this.left(row);
    else if (event.key === "Enter" || event.key === " ") { if (row.guard === null) this.choose(row.id); }
    else if (event.key === "*") this.siblings(row);
    else return;
    event.preventDefault();
  }

  right(row) {
    if (row.guard !== null) return;
    if (row.again) { openAbove(row.id); this.changed(); this.reveal(row.id); }
    else if (row.canOpen && !row.open) this.toggle(row);
    else if (row.open) this.move(this.active + 1);
  }

  left(row) {
    if (row.guard === null && row.open) this.toggle(row);
    else if (this.places.has(row.above)) this.move(this.places.get(row.above));
  }

  siblings(row) {
    for (const each of this.rows) if (each.above === row.above && each.canOpen) state.open.add(each.id);
    this.changed();
  }

  // On paper all rows are in the page, up to a bound.
  print(on) {
    this.printing = on;
    this.draw();
    const left = this.rows.length - MOST_PRINTED;
    if (on && left > 0) this.canvas.append(element("p", { role: "none" }, `and ${left.toLocaleString("en")} more rows: fold some`));
  }
}
