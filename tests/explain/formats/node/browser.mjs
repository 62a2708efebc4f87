// SPDX-License-Identifier: Apache-2.0
// Opens pages in a headless Chromium and tells, as JSON, what a reader would see and do there.
//
//   node browser.mjs FOLDER CHROMIUM < jobs.json > answers.json
//
// FOLDER is where `make pages` put node_modules.
// A job is {"do": "read" | "stress" | "frame" | "mermaid", ...}; the answers come in the same order.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, chromium] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { default: puppeteer } = await import(require.resolve("puppeteer-core"));
const source = (name) => readFileSync(require.resolve(name), "utf-8");
const PATIENCE = 120_000; // ms, for a machine that does much else
const settle = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

// A page on which nothing goes by unseen: what it says, what it asks for, what it raises.
async function watched(browser, url) {
  const seen = { console: [], errors: [], requests: [], dialogs: 0 };
  const page = await browser.newPage();
  page.on("console", (message) => seen.console.push(message.text()));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("dialog", (dialog) => { seen.dialogs += 1; dialog.dismiss(); });
  page.setDefaultTimeout(PATIENCE);
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url);
  return [page, seen];
}

const text = (page, selector) => page.$eval(selector, (found) => found.textContent);
const rows = (page) => page.$$eval("[role=treeitem]", (all) => all.map((row) => row.textContent));

async function accessible(page, options) {
  if (await page.evaluate(() => !globalThis.axe)) await page.evaluate(source("axe-core/axe.min.js"));
  const found = await page.evaluate((asked) => globalThis.axe.run(asked), options);
  return found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
}

async function clickRow(page, words) {
  // Scrolling draws rows anew: first it is brought into sight, then clicked by its name.
  const id = await page.$$eval("[role=treeitem]", (all, asked) => {
    const found = all.find((row) => row.textContent.includes(asked));
    document.getElementById("tree").scrollTop = found.offsetTop - 60;
    return found.id;
  }, words);
  await page.evaluate(settle);
  await page.click(`#${id} code`);
}

// Read, search, fold and click through a page, by pointer and by keys.
async function read(browser, { url, words, query, schemes }) {
  const [page, seen] = await watched(browser, url);
  await page.waitForSelector("html[data-ready]");
  const told = { seen, story: await text(page, "header"), rows: await rows(page) };
  await clickRow(page, words);
  told.panel = await text(page, "#step");

  await page.focus("#tree");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  told.folded = await rows(page);
  told.expanded = await page.$eval("[role=treeitem]", (row) => row.getAttribute("aria-expanded"));
  await page.keyboard.press("ArrowRight");
  told.unfolded = await rows(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  told.byKeys = await text(page, "#step h2");

  await page.click("#close-all");
  await page.type("#query", query);
  await page.keyboard.press("Enter");
  told.found = await text(page, "#found");
  told.marks = await page.$$eval("#rows mark", (all) => all.map((mark) => mark.textContent));
  told.chosen = await text(page, "#step h2");
  await page.click("#open-all");
  told.paper = await page.evaluate(() => {
    window.dispatchEvent(new Event("beforeprint"));
    const printed = document.querySelectorAll("[role=treeitem]").length;
    window.dispatchEvent(new Event("afterprint"));
    return printed;
  });

  told.serious = [];
  for (const tab of ["#tab-tree", "#tab-graph"]) {
    await page.click(tab);
    for (const scheme of schemes) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      // What the colours change is their contrast.
      told.serious.push(...await accessible(page, scheme === "light" ? {} : { runOnly: ["color-contrast"] }));
    }
  }
  told.boxes = await page.$$eval("#graph .node > title", (all) => all.map((title) => title.textContent));
  told.edges = await page.$$eval("#graph path.edge", (all) => all.length);
  await page.$eval("#graph .node[tabindex='0']", (node) => node.focus());
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  told.below = await text(page, "#step h2");
  await page.keyboard.press("Space");
  told.boxesFolded = await page.$$eval("#graph .node", (all) => all.length);
  await page.close();
  return told;
}

// Unfold everything, and go to the end, of a page that may be very large.
async function stress(browser, { url }) {
  const [page, seen] = await watched(browser, url);
  await page.waitForSelector("html[data-ready]");
  const told = { seen, atFirst: (await rows(page)).length };
  await page.click("#open-all");
  await page.focus("#tree");
  await page.keyboard.press("End");
  await page.evaluate(settle);
  told.unfolded = (await rows(page)).length;
  told.height = await page.$eval("#rows", (found) => found.clientHeight / found.firstChild.clientHeight);
  told.last = await page.$eval(".row.active", (row) => [row.textContent, row.getAttribute("aria-level")]);
  told.inSight = await page.$eval(".row.active", (row) => {
    const [inner, outer] = [row.getBoundingClientRect(), row.closest("#tree").getBoundingClientRect()];
    return inner.top >= outer.top && inner.bottom <= outer.bottom + 1;
  });
  await page.click("#tab-graph");
  told.boxes = await page.$$eval("#graph .node", (all) => all.length);
  told.drawn = await text(page, "#drawn");
  await page.close();
  return told;
}

// Wait for a page in a frame of another page.
async function frame(browser, { url }) {
  const [page, seen] = await watched(browser, url);
  const inner = await (await page.waitForSelector("iframe")).contentFrame();
  await inner.waitForSelector("html[data-ready]");
  const told = { seen, rows: await inner.$$eval("[role=treeitem]", (all) => all.length) };
  await page.close();
  return told;
}

// Parse diagrams with Mermaid itself, and draw the first few, which takes it longer.
async function mermaid(browser, { diagrams, draw }) {
  const [page, seen] = await watched(browser, "about:blank");
  await page.evaluate(source("mermaid/dist/mermaid.min.js"));
  const drawn = await page.evaluate(async (all, few) => {
    globalThis.mermaid.initialize({ startOnLoad: false });
    const told = [];
    for (const [at, diagram] of all.entries()) {
      const { diagramType } = await globalThis.mermaid.parse(diagram);
      if (at >= few) { told.push({ type: diagramType }); continue; }
      const { svg } = await globalThis.mermaid.render(`d${at}`, diagram);
      const page = new DOMParser().parseFromString(svg, "text/html");
      const labels = [...page.querySelectorAll(".nodeLabel")].map((label) => label.textContent);
      const unsafe = page.querySelectorAll("script, a, img, [onerror]").length;
      told.push({ type: diagramType, labels, unsafe, edges: page.querySelectorAll(".edgePaths path").length });
    }
    return told;
  }, diagrams, draw);
  await page.close();
  return { seen, drawn };
}

const jobs = JSON.parse(readFileSync(0, "utf-8"));
// Where tests run as root there is no sandbox; the pages are the project's own.
const browser = await puppeteer.launch({
  executablePath: chromium, timeout: PATIENCE, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
try {
  const answers = [];
  for (const job of jobs) answers.push(await { read, stress, frame, mermaid }[job.do](browser, job));
  process.stdout.write(JSON.stringify(answers));
} finally {
  await browser.close();
}
