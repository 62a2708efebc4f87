// SPDX-License-Identifier: Apache-2.0
// Elements, and the panel that shows one step. Text from the derivation enters the page as text.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const DIGEST = /(?<![0-9a-f])([0-9a-f]{8})[0-9a-f]{24,}(?![0-9a-f])/g;

// `text` as it stands where room is short; the panel has all of it.
function brief(text) {
  return text.replace(DIGEST, "$1…");
}

// `text` with what was searched for marked.
function marked(text) {
  const { query } = state;
  const at = query === "" ? -1 : text.toLowerCase().indexOf(query);
  // Some letters change their length when they become small: then nothing is marked.
  if (at < 0 || text.toLowerCase().length !== text.length) return [text];
  const end = at + query.length;
  return [text.slice(0, at), element("mark", {}, text.slice(at, end)), text.slice(end)];
}

const KINDS = { given: ["●", "given"], rule: ["◆", "by a rule"], stock: ["◇", "by a stock rule"] };

function linkState(link) {
  const [, , , , signature, counts] = link;
  if (!counts) return ["bad", "link does not count"];
  if (signature === "verified") return ["good", "link verified"];
  return ["open", signature === "asserted" ? "link asserted" : "link not checked"];
}

function showStep(panel, id, go) {
  const node = nodes[id];
  const heading = element("h2", {}, `Step ${id}`, id === data.claim ? ", the claim" : "");
  panel.replaceChildren(heading, element("pre", {}, ...marked(node.text)));
  if (node.rule === null) {
    panel.append(element("p", {}, "Given: no rule concludes it here."));
  } else {
    panel.append(...byRule(node));
  }
  panel.append(...steps("Rests on", node.premises, go));
  if (node.guards.length) {
    const lines = node.guards.map((guard) => element("li", {}, element("code", {}, guard)));
    panel.append(element("h3", {}, "And because"), element("ul", {}, ...lines));
  }
  if (node.link) panel.append(...aboutLink(node.link));
  panel.append(...steps("Used by", node.usedBy, go));
}

function byRule(node) {
  const [name, text, place, words, origin] = node.rule;
  const parts = [
    element("h3", {}, origin === "stock" ? "Stock rule" : "Rule"),
    element("p", { class: "words" }, words),
    element("dl", {}, element("dt", {}, "rule"), element("dd", {}, element("code", {}, ...marked(name))),
      element("dt", {}, "at"), element("dd", {}, element("code", {}, place || "not at hand")),
      element("dt", {}, "round"), element("dd", {}, `${node.height} of stratum ${node.stratum}`)),
    element("pre", {}, text),
  ];
  if (node.values.length) {
    const rows = node.values.flatMap(([variable, value]) => [
      element("dt", {}, element("code", {}, variable)), element("dd", {}, element("code", {}, value)),
    ]);
    parts.push(element("h3", {}, "With"), element("dl", {}, ...rows));
  }
  return parts.filter((part) => part.className !== "words" || words !== "");
}

function aboutLink(link) {
  const [id, issuer, subject, expires, signature, counts, why] = link;
  const kind = linkState(link)[0];
  const row = (name, value) => [element("dt", {}, name), element("dd", {}, value)];
  const signed = { verified: "✓ verified", asserted: "asserted by the decision" }[signature] ?? "not checked";
  return [
    element("h3", {}, "Delegation link"),
    element("dl", {},
      ...row("link", element("code", {}, ...marked(id))),
      ...row("from", element("code", {}, issuer)),
      ...row("to", element("code", {}, subject)),
      ...row("until", expires || "not known"),
      ...row("signature", element("span", { class: `state ${signature === "verified" ? "good" : "open"}` }, signed)),
      ...row("counts", element("span", { class: `state ${kind === "bad" ? "bad" : "good"}` },
        counts ? "yes" : `no${why ? `: ${why}` : ""}`))),
  ];
}

const MOST_STEPS = 100; // buttons of one list: a fact may be used by thousands of steps

function steps(title, ids, go) {
  if (!ids.length) return [];
  const lines = ids.slice(0, MOST_STEPS).map((id) => element("li", {}, element("button", {
    type: "button", onclick: () => go(id),
  }, `${id} `, element("code", {}, brief(nodes[id].text)))));
  if (ids.length > MOST_STEPS) lines.push(element("li", {}, `and ${ids.length - MOST_STEPS} more`));
  return [element("h3", {}, title), element("ul", {}, ...lines)];
}
