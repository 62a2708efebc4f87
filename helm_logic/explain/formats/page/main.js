// SPDX-License-Identifier: Apache-2.0
// What the page does: one chosen step, one set of unfolded steps, shown by tree, graph and panel.

const ROWS_AT_FIRST = 120;
const at = (id) => document.getElementById(id);
const panel = at("step");
const said = at("said");

const choose = (id) => {
  state.chosen = id;
  showStep(panel, id, go);
  panel.scrollTop = 0;
  tree.draw();
  graph.paint();
  said.textContent = `Step ${id} is shown beside.`;
  try {
    history.replaceState(null, "", `#step-${id}`);
  } catch {
    // A page inside a notebook has no address of its own.
  }
};

const changed = () => {
  tree.refresh();
  if (!at("pane-graph").hidden) graph.draw();
};

const tree = new Tree(at("tree"), at("rows"), { choose, changed });
const graph = new Graph(at("graph"), at("drawn"), { choose, changed });

// Choose a step and bring it into sight, wherever it is folded away.
function go(id) {
  openAbove(id);
  state.chosen = id;
  changed();
  choose(id);
  tree.reveal(id);
  if (!at("pane-graph").hidden) graph.centre(graph.boxes.has(id) ? id : nodes[id].usedBy.find((each) => graph.boxes.has(each)));
}

// --- Tree or graph.

const tabs = [at("tab-tree"), at("tab-graph")];

function show(tab) {
  for (const each of tabs) {
    const on = each === tab;
    each.setAttribute("aria-selected", on);
    each.tabIndex = on ? 0 : -1;
    at(each.getAttribute("aria-controls")).hidden = !on;
  }
  if (tab.id === "tab-graph") {
    graph.draw();
    graph.fit();
  } else {
    tree.draw();
  }
}

for (const tab of tabs) {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = tabs.find((each) => each !== tab);
    other.focus();
    show(other);
  });
}

at("zoom-in").addEventListener("click", () => graph.zoom(1.25));
at("zoom-out").addEventListener("click", () => graph.zoom(0.8));
at("zoom-fit").addEventListener("click", () => graph.fit());

// --- Folding.

at("open-all").addEventListener("click", () => { openAll(); changed(); });
at("close-all").addEventListener("click", () => { state.open.clear(); changed(); });

// --- Search.

const query = at("query");
const found = at("found");
let waiting = 0;

function look() {
  clearTimeout(waiting);
  waiting = 0;
  search(query.value);
  tell();
  tree.draw();
  graph.paint();
  showStep(panel, state.chosen, go);
}

function tell() {
  const count = state.matches.length;
  if (state.query === "") found.textContent = "";
  else if (state.match < 0) found.textContent = count === 1 ? "1 match" : `${count.toLocaleString("en")} matches`;
  else found.textContent = `${(state.match + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`;
}

function next(step) {
  if (waiting) look();
  const count = state.matches.length;
  if (!count) return;
  state.match = state.match < 0 && step < 0 ? count - 1 : (state.match + step + count) % count;
  tell();
  go(state.matches[state.match]);
}

query.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(look, 120);
});
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter") { next(event.shiftKey ? -1 : 1); event.preventDefault(); }
  if (event.key === "Escape") { query.value = ""; look(); }
});
at("after").addEventListener("click", () => next(1));
at("before").addEventListener("click", () => next(-1));

// --- Begin.

openNearest(ROWS_AT_FIRST);
const asked = /^#step-(\d{1,9})$/.exec(location.hash);
const begin = asked && Number(asked[1]) < nodes.length ? Number(asked[1]) : data.claim;
openAbove(begin);
tree.refresh();
state.chosen = begin;
showStep(panel, begin, go);
tree.reveal(begin);
tree.draw();
document.documentElement.dataset.ready = "yes";
