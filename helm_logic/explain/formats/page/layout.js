// SPDX-License-Identifier: Apache-2.0
// A layered layout: conclusions above what they rest on, few crossings, neighbours near each other.
//
// Layers by longest path; an edge over several layers bends at a dummy in each; the order within a
// layer by the mean place of the neighbours, a few sweeps up and down; coordinates by least squares
// under the least distances (pooling of adjacent violators). After Sugiyama, Tagawa and Toda 1981.

const GAP = 26; // between boxes
const RISE = 48; // between layers
const MOST_BENDS = 4000; // dummies; beyond, long edges are straight
const SWEEPS = 8;

// `ids` are to be drawn; `premisesOf` and `sizeOf` say where edges lead and how large boxes are.
function layered(ids, premisesOf, sizeOf) {
  const drawn = new Set(ids);
  const layerOf = layersOf(ids, drawn, premisesOf);
  const items = new Map();
  const layers = [];
  const place = (item) => {
    (layers[item.layer] ??= []).push(item);
    return item;
  };
  for (const id of ids) {
    const [width, height] = sizeOf(id);
    items.set(id, place({ id, layer: layerOf.get(id), width, height, up: [], down: [], x: 0 }));
  }
  const edges = joined(ids, drawn, premisesOf, items, place);
  for (let sweep = 0; sweep < SWEEPS; sweep++) reorder(layers, sweep % 2 === 0);
  spread(layers);
  return finished(layers, items, edges);
}

function layersOf(ids, drawn, premisesOf) {
  const layerOf = new Map(ids.map((id) => [id, 0]));
  // Premises have smaller numbers: from the largest down, every conclusion comes first.
  for (const id of [...ids].sort((one, two) => two - one)) {
    for (const premise of premisesOf(id)) {
      if (drawn.has(premise)) layerOf.set(premise, Math.max(layerOf.get(premise), layerOf.get(id) + 1));
    }
  }
  return layerOf;
}

function joined(ids, drawn, premisesOf, items, place) {
  const edges = [];
  let bends = 0;
  for (const id of ids) {
    for (const premise of premisesOf(id)) {
      if (!drawn.has(premise)) continue;
      const path = [items.get(id)];
      const last = items.get(premise);
      bends += last.layer - path[0].layer - 1;
      for (let layer = path[0].layer + 1; bends <= MOST_BENDS && layer < last.layer; layer++) {
        path.push(place({ id: -1, layer, width: 8, height: 0, up: [], down: [], x: 0 }));
      }
      path.push(last);
      for (let at = 1; at < path.length; at++) {
        path[at - 1].down.push(path[at]);
        path[at].up.push(path[at - 1]);
      }
      edges.push({ from: id, to: premise, path });
    }
  }
  return edges;
}

function reorder(layers, down) {
  layers.forEach((layer) => layer.forEach((item, at) => { item.order = at; }));
  const turn = down ? layers : [...layers].reverse();
  for (const layer of turn) {
    for (const item of layer) {
      const near = down ? item.up : item.down;
      item.wish = near.length ? near.reduce((sum, each) => sum + each.order, 0) / near.length : item.order;
    }
    layer.sort((one, two) => one.wish - two.wish || one.order - two.order);
    layer.forEach((item, at) => { item.order = at; });
  }
}

function spread(layers) {
  for (const layer of layers) settle(layer, layer.map(() => 0));
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      settle(layer, layer.map((item) => {
        const near = sweep >= 2 * SWEEPS - 2 ? [...item.up, ...item.down] : down ? item.up : item.down;
        return near.length ? near.reduce((sum, each) => sum + each.x, 0) / near.length : item.x;
      }));
    }
  }
}

// Put the items of a layer as near to their wishes as their widths allow.
function settle(layer, wishes) {
  const offsets = [];
  layer.forEach((item, at) => {
    const before = layer[at - 1];
    offsets.push(at === 0 ? 0 : offsets[at - 1] + (before.width + item.width) / 2 + GAP);
  });
  const blocks = [];
  wishes.forEach((wish, at) => {
    let block = { sum: wish - offsets[at], count: 1 };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).count > block.sum / block.count) {
      const before = blocks.pop();
      block = { sum: before.sum + block.sum, count: before.count + block.count };
    }
    blocks.push(block);
  });
  let at = 0;
  for (const { sum, count } of blocks) {
    for (let each = 0; each < count; each++, at++) layer[at].x = sum / count + offsets[at];
  }
}

function finished(layers, items, edges) {
  let y = 0;
  let [left, right] = [Infinity, -Infinity];
  for (const layer of layers) {
    const height = Math.max(...layer.map((item) => item.height));
    for (const item of layer) {
      Object.assign(item, { top: y, bottom: y + (item.id < 0 ? height : item.height) });
      left = Math.min(left, item.x - item.width / 2);
      right = Math.max(right, item.x + item.width / 2);
    }
    y += height + RISE;
  }
  for (const edge of edges) edge.line = lineOf(edge.path);
  return { layers, items, edges, left, width: right - left, height: y - RISE };
}

function lineOf(path) {
  let line = `M${Math.round(path[0].x)} ${Math.round(path[0].bottom)}`;
  for (let at = 1; at < path.length; at++) {
    const [one, two] = [path[at - 1], path[at]];
    const [x, from, to] = [Math.round(two.x), Math.round(one.bottom), Math.round(two.top)];
    const middle = Math.round((from + to) / 2);
    line += `C${Math.round(one.x)} ${middle} ${x} ${middle} ${x} ${to}`;
    if (two.id < 0) line += `V${Math.round(two.bottom)}`;
  }
  return line;
}
