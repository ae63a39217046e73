// Opens a comparison's page in a browser without a window and looks at it as a reader would: no errors, nothing asked of
// the network, curves that go and come back with their switches, numbers under the pointer that are those of the data,
// another horizontal axis, sorting, colours that can be read on light and on dark.
//
//     node tests/page.mjs results/compare/index.html [DIR]
//
// Needs Node 18 or later and Chromium, and no packages: the browser is spoken to through two pipes. CHROMIUM names the
// program where it is not `chromium`. With a second argument, pictures of the page are put into that directory: light and
// dark, 1200 and 400 pixels wide, and one of the numbers under the pointer.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [file, pictures] = process.argv.slice(2);
if (!file) {
  console.error("usage: node tests/page.mjs PAGE.html [DIR]");
  process.exit(2);
}

// The browser -------------------------------------------------------------------------------------------------------

const profile = mkdtempSync(join(tmpdir(), "page-"));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
  "--disable-background-networking", "--disable-sync", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"];
const browser = spawn(process.env.CHROMIUM || "chromium", flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
browser.on("error", (why) => { console.error(`the browser cannot be started: ${why.message}`); process.exit(2); });
const [to, from] = [browser.stdio[3], browser.stdio[4]];
const waiting = new Map();
const events = [];
let sent = 0;
let buffer = Buffer.alloc(0);

from.on("data", (bytes) => {
  buffer = Buffer.concat([buffer, bytes]);
  for (let end = buffer.indexOf(0); end >= 0; end = buffer.indexOf(0)) {
    const message = JSON.parse(buffer.subarray(0, end).toString());
    buffer = buffer.subarray(end + 1);
    if (!message.id) { events.push(message); continue; }
    const { done, failed } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) failed(new Error(message.error.message)); else done(message.result);
  }
});

function send(method, params = {}, session = page) {
  const id = ++sent;
  to.write(`${JSON.stringify({ id, method, params, sessionId: session })}\0`);
  return new Promise((done, failed) => waiting.set(id, { done, failed }));
}

/** What an expression gives in the page. */
async function look(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description || exceptionDetails.text}`);
  return result.value;
}

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

let page;
async function open(options = {}) {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" }, undefined);
  page = (await send("Target.attachToTarget", { targetId, flatten: true }, undefined)).sessionId;
  for (const domain of ["Page", "Runtime", "Network", "Log"]) await send(`${domain}.enable`);
  await send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: 0, uploadThroughput: 0 });
  if (options.still) await send("Emulation.setScriptExecutionDisabled", { value: true });
  await resize(1200);
  events.length = 0;
  await send("Page.navigate", { url: pathToFileURL(resolve(file)).href });
  for (let tries = 0; !events.some((event) => event.method === "Page.loadEventFired"); tries += 1) {
    if (tries > 200) throw new Error("the page does not load");
    await wait(50);
  }
}

async function resize(width, height = 900) {
  await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
  await wait(100);
}

/** Puts a picture into the directory for them, if there is one. */
async function picture(name, what = {}) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  const { data } = await send("Page.captureScreenshot", { format: "png", ...what });
  writeFileSync(join(pictures, `${name}.png`), Buffer.from(data, "base64"));
}

async function scheme(name) {
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: name }] });
  await wait(100);
}

// Checks ------------------------------------------------------------------------------------------------------------

let failures = 0;
function check(holds, what, detail = "") {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}${holds || !detail ? "" : `: ${detail}`}`);
  if (!holds) failures += 1;
}

/** A number as the page writes it. */
function read(text) {
  const [, digits, suffix] = /^(.*?)([kMBT]?)$/.exec(text.replaceAll("−", "-"));
  return Number(digits) * ({ k: 1e3, M: 1e6, B: 1e9, T: 1e12 }[suffix] || 1);
}

const close = (a, b) => Math.abs(a - b) <= 6e-4 * Math.max(Math.abs(a), Math.abs(b)) + 1e-9;

/** A curve's value at a position, between its neighbours. */
function at(xs, values, x) {
  const after = xs.findIndex((it) => it >= x * (1 - 1e-9) - 1e-12);
  if (after < 0 || values[after] === null) return null;
  if (after === 0 || close(xs[after], x)) return values[after];
  const along = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
  return values[after - 1] === null ? null : values[after - 1] + along * (values[after] - values[after - 1]);
}

const visible = (selector) => look(`[...document.querySelectorAll(${JSON.stringify(selector)})].filter((it) => it.checkVisibility()).length`);
const click = (selector) => look(`document.querySelector(${JSON.stringify(selector)}).click()`);
const tip = () => look(`(() => {
  const tip = document.getElementById("tip");
  if (tip.hidden) return null;
  const rows = [...tip.querySelectorAll("tr[data-agent]")];
  return { head: tip.querySelector("th").textContent, rows: rows.map((row) => ({
    agent: Number(row.dataset.agent), mean: row.cells[1].textContent, band: row.cells[2].textContent })) };
})()`);

async function hover(along) {
  const box = await look(`(() => {
    const svg = document.querySelector("#charts-curves figure:not([hidden]) > svg");
    svg.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, top, width, height } = svg.getBoundingClientRect();
    return { left, top, width, height };
  })()`);
  const place = { x: box.left + box.width * along, y: box.top + box.height / 2 };
  await send("Input.dispatchMouseEvent", { type: "mouseMoved", ...place });
  await wait(60);
  return tip();
}

/** Compares what stands in the box under the pointer with the data. */
function compare(shown, data, env, axis, what) {
  check(shown !== null && shown.rows.length > 0, `${what} shows numbers`);
  if (!shown) return;
  const x = read(shown.head.split(" ")[0]);
  for (const row of shown.rows) {
    const { by } = data.curves.find((curve) => curve.agent === row.agent && curve.env === env);
    const series = by[axis];
    // The position is written to four digits: the nearest of the data is meant.
    const near = [...new Set(data.curves.filter((it) => it.env === env).flatMap((it) => it.by[axis].x))]
      .reduce((best, it) => (Math.abs(it - x) < Math.abs(best - x) ? it : best));
    const mean = at(series.x, series.mean, near);
    check(mean !== null && close(read(row.mean), mean), `${what}: the mean of ${data.agents[row.agent]}`, `${row.mean} for ${mean}`);
    if (row.band) {
      const [low, high] = row.band.split(" to ").map(read);
      const [trueLow, trueHigh] = [at(series.x, series.low, near), at(series.x, series.high, near)];
      check(close(low, trueLow) && close(high, trueHigh), `${what}: its band`, `${row.band} for ${trueLow}, ${trueHigh}`);
    }
  }
}

/** Least contrast (Web Content Accessibility Guidelines 2.1) of the texts, and of the curves with what they lie on. */
const contrasts = () => look(`(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) || []).map(Number);
  const linear = (it) => (it / 255 <= 0.04045 ? it / 255 / 12.92 : ((it / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => { const [r, g, b] = channels(color).map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const behind = (element) => {
    for (let it = element; it; it = it.parentElement) {
      const color = getComputedStyle(it).backgroundColor;
      if (channels(color).length === 3) return color;
    }
    return "rgb(255, 255, 255)";
  };
  let worst = [99, ""];
  for (const element of document.querySelectorAll("h1,h2,p,dt,dd,pre,label,legend,th,td,summary,figcaption,a,button,small,svg text")) {
    if (!element.checkVisibility() || !element.textContent.trim()) continue;
    const style = getComputedStyle(element);
    const found = contrast(element instanceof SVGElement ? style.fill : style.color, behind(element));
    if (found < worst[0]) worst = [found, element.tagName + " " + element.textContent.slice(0, 30)];
  }
  let curve = [99, ""];
  for (const element of document.querySelectorAll("path.curve")) {
    if (!element.checkVisibility()) continue;
    const found = contrast(getComputedStyle(element).stroke, behind(element));
    if (found < curve[0]) curve = [found, element.dataset.agent];
  }
  return { text: worst, curve };
})()`);

async function switches(data) {
  const agents = data.agents.length;
  if (data.curves.length) {
    const own = data.curves.filter((curve) => curve.agent === 0).length;
    const curves = await visible("#charts-curves path.curve[data-agent='0']");
    check(own === 0 || curves >= 1, "the first agent has curves", `${curves} for ${own}`);
    const panels = new Set(data.curves.map((curve) => curve.env)).size;
    check(await visible("#charts-curves figure") === panels, "each environment has a panel");
  }
  const rows = await visible("#scores tbody tr");
  check(rows === agents * data.envs.length, "the table of scores has every agent on every environment", rows);

  await click("#switches input[data-agent='0']");
  check(await visible("path.curve[data-agent='0'], path.band[data-agent='0'], rect.interval[data-agent='0']") === 0, "an agent that is off has no curves, bands, intervals");
  check(await visible("tr[data-agents~='0'], tr[data-agents~='0'] td") === 0, "… and no rows in any table");
  check(await visible("#scores tbody tr") === rows - data.envs.length, "… and the others keep theirs");
  await click("#switches input[data-agent='0']");
  check(await visible("#scores tbody tr") === rows, "switched on again, it is back");

  const before = await visible("#charts-curves figure");
  await click("#switches input[data-env='0']");
  const has = data.curves.some((curve) => curve.env === 0) ? 1 : 0;
  check(await visible("#charts-curves figure") === before - has, "an environment that is off has no panel");
  check(await visible("[data-envs='0']") === 0, "… and no rows and columns");
  await click("#switches input[data-env='0']");
  check(await visible("#charts-curves figure") === before, "switched on again, it is back");
}

async function pointing(data) {
  if (!data.curves.length) return;
  const env = Math.min(...data.curves.map((curve) => curve.env));
  for (const along of [0.3, 0.55, 0.8]) compare(await hover(along), data, env, 0, `pointing at ${along}`);
  await picture("pointing");
  const drawn = () => look(`document.querySelector("#charts-curves figure path.curve")?.getAttribute("d")`);
  const bySteps = await drawn();
  await click("input[name=axis][value='2']");
  check(await drawn() !== bySteps, "over seconds the curves are others");
  const named = await look(`[...document.querySelectorAll("#charts-curves figure text.name")].some((it) => it.textContent === "seconds")`);
  check(named, "… and the axis says so");
  const shown = await hover(0.5);
  check(Boolean(shown?.head.endsWith(" seconds")), "… and so does the box under the pointer", shown?.head);
  compare(shown, data, env, 2, "over seconds");
  await click("input[name=axis][value='0']");
  check(await drawn() === bySteps, "over steps they are what they were");

  await look(`document.querySelector("#charts-curves figure:not([hidden]) > svg").focus()`);
  await send("Input.dispatchKeyEvent", { type: "keyDown", key: "End", code: "End", windowsVirtualKeyCode: 35 });
  compare(await tip(), data, env, 0, "the End key");
  await send("Input.dispatchKeyEvent", { type: "keyDown", key: "Escape", code: "Escape", windowsVirtualKeyCode: 27 });
  check(await tip() === null, "Escape hides the numbers");
}

async function sorting() {
  const column = await look(`[...document.querySelectorAll("#scores th")].findIndex((it) => it.textContent === "normalised")`);
  const values = () => look(`[...document.querySelectorAll("#scores tbody tr")].map((row) => Number(row.cells[${column}].dataset.value ?? NaN)).filter((it) => !Number.isNaN(it))`);
  await click(`#scores th:nth-child(${column + 1}) button`);
  const down = await values();
  check(down.every((it, place) => place === 0 || down[place - 1] >= it), "a click sorts the scores, greatest first");
  await click(`#scores th:nth-child(${column + 1}) button`);
  const up = await values();
  check(up.every((it, place) => place === 0 || up[place - 1] <= it), "another sorts them the other way");
}

async function looks() {
  for (const name of ["light", "dark"]) {
    await scheme(name);
    const { text, curve } = await contrasts();
    check(text[0] >= 4.5, `${name}: texts can be read`, `${text[0].toFixed(2)} at ${text[1]}`);
    // The paler colours of the palette are told apart by hue: on a light page 2 is what they have.
    check(curve[0] >= 2, `${name}: curves can be seen`, `${curve[0].toFixed(2)} at agent ${curve[1]}`);
    for (const width of [1200, 400]) {
      await resize(width);
      const wide = await look("document.documentElement.scrollWidth");
      check(wide <= width, `${name}, ${width} pixels wide: nothing sticks out`, `${wide} pixels`);
      await look("scrollTo({ top: 0, behavior: 'instant' })");
      const { cssContentSize } = await send("Page.getLayoutMetrics");
      const clip = { x: 0, y: 0, width, height: Math.min(cssContentSize.height, 12_000), scale: 1 };
      await picture(`${name}-${width}`, { clip, captureBeyondViewport: true });
    }
    await resize(1200);
  }
}

function quiet() {
  const thrown = events.filter((event) => event.method === "Runtime.exceptionThrown");
  const logged = events.filter((event) => event.method === "Log.entryAdded" && event.params.entry.level === "error");
  const called = events.filter((event) => event.method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(event.params.type));
  check(thrown.length + logged.length + called.length === 0, "no errors on the console", JSON.stringify([...thrown, ...logged, ...called]).slice(0, 600));
  const asked = events.filter((event) => event.method === "Network.requestWillBeSent").map((event) => event.params.request.url);
  const others = asked.filter((url) => url !== pathToFileURL(resolve(file)).href && !url.startsWith("data:"));
  check(others.length === 0, "no other file is asked for", others.join(", "));
  check(!events.some((event) => event.method === "Page.javascriptDialogOpening"), "no name is run as a script");
}

try {
  await open();
  const data = await look(`JSON.parse(document.getElementById("data").textContent)`);
  await switches(data);
  await pointing(data);
  await sorting();
  await looks();
  quiet();
  await open({ still: true });
  const { root } = await send("DOM.getDocument", { depth: 0 });
  const { nodeIds } = await send("DOM.querySelectorAll", { nodeId: root.nodeId, selector: "noscript > svg" });
  const { nodeIds: live } = await send("DOM.querySelectorAll", { nodeId: root.nodeId, selector: "html.still" });
  check(live.length === 1, "without scripts the page knows that it is still", `${nodeIds.length} pictures`);
  console.log(`     without scripts there are ${nodeIds.length} pictures`);
} catch (why) {
  check(false, "the page can be looked at", why.stack);
} finally {
  const gone = new Promise((done) => browser.on("exit", done));
  send("Browser.close", {}, undefined).catch(() => {});
  await Promise.race([gone, wait(5000).then(() => browser.kill())]);
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}
console.log(failures === 0 ? "every check holds" : `${failures} checks fail`);
process.exit(failures === 0 ? 0 : 1);
