// SPDX-License-Identifier: Apache-2.0
// The derivation, what of it is unfolded, and which step is chosen. Nothing here touches the page.
// Nothing recurses: a derivation may be deeper than any stack. Premises have smaller numbers than
// what rests on them.

const data = JSON.parse(document.getElementById("derivation").textContent);

const nodes = data.nodes.map(([text, rule, values, premises, guards, height, stratum, link], id) => ({
  id, text, values, guards, height, stratum,
  premises: [...new Set(premises)],
  rule: rule < 0 ? null : data.rules[rule],
  link: link < 0 ? null : data.links[link],
  usedBy: [],
}));
for (const node of nodes) for (const premise of node.premises) nodes[premise].usedBy.push(node.id);

// A step is unfolded in one place, the first that a reader of the whole tree would meet: `home`
// is the step above it there, or -1. Everywhere else the tree refers to that place.
const home = new Int32Array(nodes.length).fill(-2);
{
  const waiting = data.roots.map((id) => [id, -1]).reverse();
  while (waiting.length) {
    const [id, above] = waiting.pop();
    if (home[id] !== -2) continue;
    home[id] = above;
    const { premises } = nodes[id];
    for (let at = premises.length - 1; at >= 0; at--) waiting.push([premises[at], id]);
  }
}

const state = { open: new Set(), chosen: data.claim, query: "", matches: [], match: -1, hits: new Set() };

function kindOf(node) {
  return node.rule === null ? "given" : node.rule[4];
}

function canOpen(node) {
  return node.rule !== null && node.premises.length + node.guards.length > 0;
}

// Unfold from the roots down, as long as about `most` rows are shown.
function openNearest(most) {
  state.open.clear();
  let shown = data.roots.length;
  const waiting = [...data.roots];
  for (let at = 0; at < waiting.length; at++) {
    const node = nodes[waiting[at]];
    if (!canOpen(node) || state.open.has(node.id)) continue;
    shown += node.premises.length + node.guards.length;
    if (shown > most && at > 0) return;
    state.open.add(node.id);
    for (const premise of node.premises) if (home[premise] === node.id) waiting.push(premise);
  }
}

function openAll() {
  for (const node of nodes) if (canOpen(node)) state.open.add(node.id);
}

// Unfold whatever stands above a step.
function openAbove(id) {
  for (let above = home[id]; above >= 0; above = home[above]) state.open.add(above);
}

// The rows of the tree as it is unfolded, in order.
function rowsShown() {
  const rows = [];
  const waiting = [];
  const push = (ids, guards, above, level) => {
    const size = ids.length + guards.length;
    for (let at = guards.length - 1; at >= 0; at--) {
      waiting.push({ id: -1, guard: guards[at], above, level, position: ids.length + at + 1, size });
    }
    for (let at = ids.length - 1; at >= 0; at--) {
      waiting.push({ id: ids[at], guard: null, above, level, position: at + 1, size });
    }
  };
  push(data.roots, [], -1, 1);
  while (waiting.length) {
    const row = waiting.pop();
    rows.push(row);
    if (row.guard !== null) continue;
    const node = nodes[row.id];
    row.again = node.rule !== null && home[node.id] !== row.above;
    row.canOpen = canOpen(node) && !row.again;
    row.open = row.canOpen && state.open.has(node.id);
    if (row.open) push(node.premises, node.guards, node.id, row.level + 1);
  }
  return rows;
}

// Steps that have the query in their fact, rule or link, in the order of the tree.
const order = (() => {
  const places = [];
  const waiting = [...data.roots].reverse();
  const met = new Set();
  while (waiting.length) {
    const id = waiting.pop();
    if (met.has(id)) continue;
    met.add(id);
    places.push(id);
    const { premises } = nodes[id];
    for (let at = premises.length - 1; at >= 0; at--) waiting.push(premises[at]);
  }
  return places;
})();

function search(query) {
  state.query = query.trim().toLowerCase();
  state.match = -1;
  state.matches = state.query === "" ? [] : order.filter((id) => holds(nodes[id], state.query));
  state.hits = new Set(state.matches);
}

function holds(node, query) {
  const texts = [`[${node.id}]`, node.text, ...(node.rule ?? []).slice(0, 4), ...node.guards];
  if (node.link) texts.push(...node.link.filter((each) => typeof each === "string"));
  return texts.some((text) => text.toLowerCase().includes(query));
}
