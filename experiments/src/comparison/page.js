"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const tip = document.getElementById("tip");
  const AXES = ["environment steps", "training episodes", "seconds"];
  const DASHES = "7 4";
  const on = { agent: data.agents.map(() => true), env: data.envs.map(() => true) };
  let axis = 0;
  const charts = [];

  // Numbers -------------------------------------------------------------------------------------------------------

  const minus = (text) => text.replace("-", "−");

  /** A number to four digits: 475, −110.5, 12.35k, 1.2e−7. */
  function number(value) {
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (size >= 1e13 || size < 1e-4) return minus(value.toExponential(2));
    const [unit, suffix] = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]].find(([unit]) => size >= Math.max(unit, 1e4)) || [1, ""];
    return minus(String(Number((value / unit).toPrecision(4)))) + suffix;
  }

  const usable = (value) => value !== null && value !== undefined && Number.isFinite(value);

  /** Least and greatest of the values that are numbers, or nothing. */
  function extent(values) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) if (usable(value)) { low = Math.min(low, value); high = Math.max(high, value); }
    return low <= high ? [low, high] : null;
  }

  /** Round values between two ends, about so many. */
  function ticks([low, high], wanted) {
    const least = (high - low) / Math.max(wanted, 1);
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.9999) || power * 10;
    const all = [];
    for (let place = Math.ceil(low / step - 1e-6); place <= Math.floor(high / step + 1e-6); place++) all.push(place * step);
    return all;
  }

  function widened([low, high]) {
    if (high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high))) return [low, high];
    const around = Math.abs(low) > 0 ? Math.abs(low) * 0.1 : 1;
    return [low - around, high + around];
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  const color = (agent) => `var(--color-${agent % data.colors})`;
  const dashed = (agent) => Math.floor(agent / data.colors) % 2 === 1;

  function html(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function mark(svg, name, attributes, style = {}) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    Object.assign(made.style, style);
    svg.append(made);
    return made;
  }

  function write(svg, x, y, text, anchor = "middle", more = {}) {
    const made = mark(svg, "text", { x, y, "text-anchor": anchor, "dominant-baseline": "central", ...more });
    made.textContent = text;
    return made;
  }

  /** Cuts a text that is wider than its room. */
  function fit(text, room) {
    const letters = Array.from(text.textContent);
    if (text.getComputedTextLength() <= room) return;
    mark(text, "title", {}).textContent = letters.join("");
    const shown = document.createTextNode("");
    text.replaceChildren(shown, text.lastChild);
    let [least, most] = [0, letters.length];
    while (least < most) {
      const middle = Math.ceil((least + most) / 2);
      shown.data = letters.slice(0, middle).join("") + "…";
      if (text.getComputedTextLength() <= room) least = middle; else most = middle - 1;
    }
    shown.data = letters.slice(0, least).join("") + "…";
  }

  function swatch(agent) {
    const made = html("i", { class: dashed(agent) ? "swatch dashed" : "swatch" });
    made.style.setProperty("--own", color(agent));
    return made;
  }

  /** A chart in its place: `draw` fills an empty svg of the present width. */
  function chart(parent, title, label, env, draw) {
    const figure = html("figure", env === null ? {} : { "data-envs": env });
    if (title) figure.append(html("figcaption", {}, title));
    const svg = mark(figure, "svg", { role: "img", "aria-label": label });
    parent.append(figure);
    const made = { figure, svg, width: 0, draw() {
      if (!figure.clientWidth || figure.hidden) return;
      made.width = figure.clientWidth;
      svg.replaceChildren();
      draw(svg, Math.max(made.width - 16, 200));
    } };
    charts.push(made);
    new ResizeObserver(() => { if (figure.clientWidth !== made.width) made.draw(); }).observe(figure);
    return made;
  }

  function size(svg, width, height) {
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  }

  /** The horizontal axis below an area. */
  function drawX(svg, area, range, place, label, steps) {
    for (const value of ticks(range, steps)) {
      const x = place(value);
      mark(svg, "path", { d: `M${x} ${area.top}V${area.bottom}` }, { stroke: "var(--grid)" });
      mark(svg, "path", { d: `M${x} ${area.bottom}v4` }, { stroke: "var(--spine)" });
      write(svg, x, area.bottom + 14, number(Number(value.toPrecision(12))));
    }
    nameX(svg, area, label);
  }

  /** The name of the horizontal axis: below its middle, or as near to it as the width allows. */
  function nameX(svg, area, label) {
    const width = svg.viewBox.baseVal.width;
    const text = write(svg, 0, area.bottom + 33, label, "middle", { class: "name" });
    fit(text, width - 4);
    const half = text.getComputedTextLength() / 2 + 2;
    text.setAttribute("x", Math.max(half, Math.min((area.left + area.right) / 2, width - half)));
  }

  /** The name of the vertical axis, upwards. */
  function nameY(svg, label) {
    const middle = svg.viewBox.baseVal.height / 2;
    fit(write(svg, 10, middle, label, "middle", { class: "name", transform: `rotate(-90 10 ${middle})` }), middle * 2 - 4);
  }

  const shownAgents = (all) => all.filter((it) => on.agent[it.agent]);

  /** The values between which a vertical axis shows what comes after the first quarter of each curve, where a bad start would own it. */
  function focused(lines) {
    const all = extent(lines.flatMap((it) => [...it.series.mean, ...it.series.low, ...it.series.high]));
    if (!all) return [0, 1];
    const late = extent(lines.flatMap(({ series }) => {
      const [start, end] = extent(series.x) || [0, 0];
      return series.mean.filter((_, at) => series.x[at] >= start + (end - start) / 4);
    }));
    const means = extent(lines.flatMap((it) => it.series.mean));
    if (late && late[0] < late[1] && means && means[1] - means[0] > 4 * (late[1] - late[0])) {
      const free = (late[1] - late[0]) / 10;
      return [late[0] - free, late[1] + free];
    }
    // The curves own the axis, and not the bands of two or three seeds.
    const [low, high] = means && means[0] < means[1] ? means : all;
    const free = (high - low) / 10;
    return [low - free, high + free];
  }

  /** Parts of a curve without gaps. */
  function stretches(columns) {
    const all = [[]];
    for (const column of columns) {
      if (column.every(usable)) all[all.length - 1].push(column); else if (all[all.length - 1].length) all.push([]);
    }
    return all.filter((part) => part.length);
  }

  /** The value of a column at a position, between its neighbours; nothing outside and in gaps. */
  function at(xs, values, x) {
    const after = xs.findIndex((it) => it >= x);
    if (after < 0 || !values.length) return null;
    if (xs[after] === x) return values[after];
    if (after === 0 || !usable(values[after]) || !usable(values[after - 1])) return null;
    const along = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
    return values[after - 1] + along * (values[after] - values[after - 1]);
  }

  /** Curves with bands over a horizontal axis. `lines` says which are shown now. */
  function curves(parent, { title, env = null, lines, xLabel, yLabel, range }) {
    let geometry = null;
    const made = chart(parent, title, `${title || yLabel}: curves`, env, (svg, width) => {
      const height = Math.round(Math.min(Math.max(width * 0.62, 240), 380));
      size(svg, width, height);
      const shown = lines();
      const ends = extent(shown.flatMap((it) => it.series.x.filter((_, at) => usable(it.series.mean[at]))));
      geometry = null;
      if (!ends) { write(svg, width / 2, height / 2, "nothing is switched on here"); return; }
      const [xs, ys] = [widened(ends), widened(range || focused(shown))];
      const rows = ticks(ys, (height - 60) / 40);
      const names = rows.map((value) => number(Number(value.toPrecision(12))));
      const area = { left: 32 + 7 * Math.max(...names.map((name) => name.length)), right: width - 18, top: 8, bottom: height - 44 };
      const placeX = (x) => area.left + (x - xs[0]) / (xs[1] - xs[0]) * (area.right - area.left);
      const placeY = (y) => area.bottom - (y - ys[0]) / (ys[1] - ys[0]) * (area.bottom - area.top);
      rows.forEach((value, row) => {
        const y = placeY(value);
        mark(svg, "path", { d: `M${area.left} ${y}H${area.right}` }, { stroke: "var(--grid)" });
        mark(svg, "path", { d: `M${area.left - 4} ${y}H${area.left}` }, { stroke: "var(--spine)" });
        write(svg, area.left - 8, y, names[row], "end");
      });
      drawX(svg, area, xs, placeX, xLabel(), (area.right - area.left) / 70);
      nameY(svg, yLabel);
      mark(svg, "path", { d: `M${area.left} ${area.top}V${area.bottom}H${area.right}`, fill: "none" }, { stroke: "var(--spine)" });
      // What goes beyond the axis is cut there.
      const inside = mark(svg, "svg", { x: 0, y: area.top, width, height: area.bottom - area.top, viewBox: `0 ${area.top} ${width} ${area.bottom - area.top}` });
      const path = (points) => points.map(([x, y]) => `${placeX(x).toFixed(1)} ${placeY(y).toFixed(1)}`).join("L");
      for (const { series, agent } of [...shown].reverse()) {
        if (!series.low.length) continue;
        for (const part of stretches(series.x.map((x, at) => [x, series.low[at], series.high[at], series.mean[at]]))) {
          const edge = [...part.map(([x, low]) => [x, low]), ...part.map(([x, , high]) => [x, high]).reverse()];
          mark(inside, "path", { d: `M${path(edge)}Z`, class: "band", "data-agent": agent }, { fill: color(agent), opacity: 0.2 });
        }
      }
      for (const { series, agent } of [...shown].reverse()) {
        for (const part of stretches(series.x.map((x, at) => [x, series.mean[at]]))) {
          const style = { stroke: color(agent), strokeWidth: part.length > 1 ? 2 : 6, strokeLinecap: "round", strokeLinejoin: "round" };
          const line = part.length > 1 ? path(part) : `${path(part)}h0`;
          const drawn = mark(inside, "path", { d: `M${line}`, class: "curve", fill: "none", "data-agent": agent }, style);
          if (dashed(agent) && part.length > 1) drawn.setAttribute("stroke-dasharray", DASHES);
        }
      }
      const cursor = mark(svg, "g", { class: "cursor" });
      const steps = [...new Set(shown.flatMap((it) => it.series.x.filter((_, at) => usable(it.series.mean[at]))))].sort((a, b) => a - b);
      geometry = { area, xs, ys, placeX, placeY, cursor, steps, shown, width };
    });
    made.svg.setAttribute("tabindex", "0");
    made.svg.setAttribute("data-chart", title || yLabel);
    pointing(made.svg, () => geometry, xLabel);
  }

  /** Shows the numbers under the pointer, or where the arrow keys went. */
  function pointing(svg, geometry, xLabel) {
    let step = null;
    const hide = () => { tip.hidden = true; step = null; geometry()?.cursor.replaceChildren(); };
    const show = (place) => {
      const { area, ys, placeX, placeY, cursor, steps, shown, width } = geometry();
      step = Math.min(Math.max(place, 0), steps.length - 1);
      const x = steps[step];
      cursor.replaceChildren();
      mark(cursor, "path", { d: `M${placeX(x)} ${area.top}V${area.bottom}` }, { stroke: "var(--spine)" });
      const rows = shown.map(({ agent, series }) => ({
        agent, mean: at(series.x, series.mean, x), low: at(series.x, series.low, x), high: at(series.x, series.high, x),
      })).filter((row) => usable(row.mean)).sort((a, b) => b.mean - a.mean);
      const body = html("table", {}, html("tr", {}, html("th", { colspan: 3 }, `${number(x)} ${xLabel()}`)));
      for (const { agent, mean, low, high } of rows) {
        if (mean >= ys[0] && mean <= ys[1]) {
          mark(cursor, "circle", { cx: placeX(x), cy: placeY(mean), r: 3.5 }, { fill: color(agent), stroke: "var(--card)" });
        }
        const band = usable(low) && usable(high) ? `${number(low)} to ${number(high)}` : "";
        body.append(html("tr", { "data-agent": agent },
          html("td", {}, swatch(agent), data.agents[agent]), html("td", { class: "number" }, number(mean)), html("td", { class: "number" }, band)));
      }
      tip.replaceChildren(body);
      tip.hidden = false;
      const box = svg.getBoundingClientRect();
      const left = box.left + placeX(x) * box.width / width;
      const beside = left + 14 + tip.offsetWidth > innerWidth ? left - 14 - tip.offsetWidth : left + 14;
      tip.style.left = `${Math.max(4, Math.min(beside, innerWidth - tip.offsetWidth - 4))}px`;
      tip.style.top = `${Math.max(4, Math.min(box.top + 8, innerHeight - tip.offsetHeight - 4))}px`;
    };
    const point = (event) => {
      const known = geometry();
      if (!known) return;
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) * known.width / box.width;
      if (x < known.area.left - 12 || x > known.area.right + 12) { hide(); return; }
      let nearest = 0;
      known.steps.forEach((value, place) => {
        if (Math.abs(known.placeX(value) - x) < Math.abs(known.placeX(known.steps[nearest]) - x)) nearest = place;
      });
      show(nearest);
    };
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", (event) => {
      const known = geometry();
      if (!known) return;
      const last = known.steps.length - 1;
      const moves = { ArrowRight: step === null ? 0 : step + 1, ArrowLeft: step === null ? last : step - 1, Home: 0, End: last };
      if (event.key === "Escape") hide();
      else if (event.key in moves) { event.preventDefault(); show(moves[event.key]); }
    });
  }

  /** Estimates with their intervals, one below the other. `rows` says which are shown now. */
  function intervals(parent, { title, rows, xLabel, range, reference }) {
    chart(parent, title, `${title || xLabel}: intervals`, null, (svg, width) => {
      const shown = rows();
      const row = 26;
      const height = 8 + row * Math.max(shown.length, 1) + 44;
      size(svg, width, height);
      const ends = range || extent(shown.flatMap((it) => it.interval || []));
      if (!ends) { write(svg, width / 2, height / 2, "nothing is switched on here"); return; }
      const names = shown.map((it, at) => write(svg, 0, 8 + (at + 0.5) * row, it.name, "end", { class: "name" }));
      const widest = Math.min(Math.max(...names.map((name) => name.getComputedTextLength()), 0), width * 0.4);
      const numbers = width > 330 ? 116 : 0;
      const area = { left: widest + 10, right: width - 14 - numbers, top: 4, bottom: height - 44 };
      names.forEach((name) => { name.setAttribute("x", area.left - 8); fit(name, widest + 1); });
      const free = range ? 0 : (ends[1] - ends[0]) * 0.04;
      const xs = widened([ends[0] - free, ends[1] + free]);
      const place = (x) => area.left + (x - xs[0]) / (xs[1] - xs[0]) * (area.right - area.left);
      drawX(svg, area, xs, place, xLabel, (area.right - area.left) / 60);
      mark(svg, "path", { d: `M${area.left} ${area.top}V${area.bottom}H${area.right}`, fill: "none" }, { stroke: "var(--spine)" });
      if (reference !== undefined) {
        mark(svg, "path", { d: `M${place(reference)} ${area.top}V${area.bottom}`, "stroke-dasharray": "6 4" }, { stroke: "var(--muted)", strokeWidth: 1.4 });
      }
      shown.forEach(({ agent, interval }, at) => {
        const y = 8 + (at + 0.5) * row;
        const [point, low, high] = interval || [];
        if (!usable(point)) { write(svg, area.left + 8, y, "no data", "start"); return; }
        const held = (x) => Math.min(Math.max(place(x), area.left), area.right);
        if (usable(low) && usable(high)) {
          const bar = { x: held(low), y: y - 7, width: Math.max(held(high) - held(low), 0), height: 14, class: "interval", "data-agent": agent };
          mark(svg, "rect", bar, { fill: color(agent), opacity: 0.45 });
        }
        mark(svg, "path", { d: `M${held(point)} ${y - 9.5}v19` }, { stroke: color(agent), strokeWidth: 2.6 });
        const text = usable(low) && usable(high) ? `${short(point)} (${short(low)} to ${short(high)})` : short(point);
        if (numbers) write(svg, width - 2, y, text, "end");
      });
    });
  }

  /** A number to two decimals, or to three digits. */
  const short = (value) => (Math.abs(value) < 100 ? minus(value.toFixed(2)) : number(Number(value.toPrecision(3))));

  /** Scores over the values of a setting, in their order. */
  function study(parent, { setting, values, scores, means }) {
    chart(parent, setting, `${setting}: scores`, null, (svg, width) => {
      const height = 260;
      size(svg, width, height);
      const ends = extent(scores.flat());
      if (!ends) { write(svg, width / 2, height / 2, "no data"); return; }
      const free = (ends[1] - ends[0]) * 0.06;
      const ys = widened([ends[0] - free, ends[1] + free]);
      const rows = ticks(ys, 5);
      const names = rows.map((value) => number(Number(value.toPrecision(12))));
      const area = { left: 32 + 7 * Math.max(...names.map((name) => name.length)), right: width - 10, top: 8, bottom: height - 44 };
      const placeY = (y) => area.bottom - (y - ys[0]) / (ys[1] - ys[0]) * (area.bottom - area.top);
      // Many numbers, as a random sweep has them, lie on an axis; few values stand side by side.
      const xs = values.length > 12 && values.every((value) => Number.isFinite(Number(value))) ? values.map(Number) : null;
      const span = xs && extent(xs);
      const log = xs && span[0] > 0 && span[1] >= 10 * span[0];
      const along = (x) => log ? Math.log(x / span[0]) / Math.log(span[1] / span[0]) : (x - span[0]) / (span[1] - span[0]);
      const slot = (area.right - area.left) / values.length;
      const placeX = (at) => xs ? area.left + 8 + along(xs[at]) * (area.right - area.left - 16) : area.left + (at + 0.5) * slot;
      rows.forEach((value, row) => {
        mark(svg, "path", { d: `M${area.left} ${placeY(value)}H${area.right}` }, { stroke: "var(--grid)" });
        write(svg, area.left - 8, placeY(value), names[row], "end");
      });
      mark(svg, "path", { d: `M${area.left} ${area.top}V${area.bottom}H${area.right}`, fill: "none" }, { stroke: "var(--spine)" });
      nameY(svg, data.score);
      nameX(svg, area, setting);
      if (xs) {
        const decades = log ? Array.from({ length: 20 }, (_, at) => 10 ** (Math.ceil(Math.log10(span[0]) - 1e-9) + at)) : ticks(span, 5);
        for (const x of decades.filter((x) => x >= span[0] && x <= span[1] * (1 + 1e-9))) {
          write(svg, area.left + 8 + along(x) * (area.right - area.left - 16), area.bottom + 14, String(Number(x.toPrecision(6))));
        }
      } else {
        values.forEach((value, at) => fit(write(svg, placeX(at), area.bottom + 14, value), slot - 4));
      }
      // Of many values each has few scores, whose means would be noise.
      for (const part of xs ? [] : stretches(means.map((mean, at) => [at, mean]))) {
        mark(svg, "path", { d: `M${part.map(([at, y]) => `${placeX(at)} ${placeY(y)}`).join("L")}`, fill: "none" }, { stroke: "var(--color-0)", strokeWidth: 1.6 });
      }
      scores.forEach((all, at) => all.filter(usable).forEach((score) => {
        const dot = mark(svg, "circle", { cx: placeX(at), cy: placeY(score), r: 3 }, { fill: "var(--color-1)", opacity: 0.8 });
        mark(dot, "title", {}).textContent = `${values[at]}: ${number(score)}`;
      }));
      if (!xs) means.forEach((mean, at) => { if (usable(mean)) mark(svg, "circle", { cx: placeX(at), cy: placeY(mean), r: 4 }, { fill: "var(--color-0)" }); });
    });
  }

  // The page ------------------------------------------------------------------------------------------------------

  const place = (id) => document.getElementById(`charts-${id}`);

  /** The agents by colour, above charts that several share. */
  function key(parent) {
    const made = html("div", { class: "key" });
    data.agents.forEach((label, agent) => made.append(html("span", { "data-agents": agent }, swatch(agent), label)));
    parent.append(made);
  }

  function build() {
    if (place("curves")) {
      key(place("curves"));
      data.envs.forEach((name, env) => {
        const own = data.curves.filter((it) => it.env === env);
        if (!own.length) return;
        const lines = () => shownAgents(own.map((it) => ({ agent: it.agent, series: it.by[axis] })));
        curves(place("curves"), { title: name, env, lines, xLabel: () => AXES[axis], yLabel: "greedy return" });
      });
    }
    for (const swept of data.sensitivity) study(place("sensitivity"), swept);
    place("aggregates")?.classList.add("two");
    for (const { name, better, intervals: all } of place("aggregates") ? data.aggregates : []) {
      const rows = () => shownAgents(all.map((interval, agent) => ({ agent, interval, name: data.agents[agent] })));
      intervals(place("aggregates"), { title: name, rows, xLabel: `normalised score (${better})` });
    }
    const overall = (id, xLabel, yLabel, range) => {
      if (!place(id)) return;
      place(id).classList.add("one");
      key(place(id));
      curves(place(id), { lines: () => shownAgents(data[id]), xLabel: () => xLabel, yLabel, range });
    };
    overall("profiles", "normalised score", "part of the runs above the score", [0, 1]);
    overall("efficiency", "environment steps, as a part of the smallest budget", "interquartile mean", null);
    if (place("improvements")) {
      place("improvements").classList.add("one");
      const rows = () => data.improvements.filter((it) => on.agent[it.a] && on.agent[it.b])
        .map((it) => ({ agent: it.a, interval: it.interval, name: `${data.agents[it.a]} > ${data.agents[it.b]}` }));
      intervals(place("improvements"), { rows, xLabel: "probability that a run of the first scores more", range: [0, 1], reference: 0.5 });
    }
  }

  /** Hides what is about an agent or an environment that is off, and draws the rest. */
  function update() {
    for (const kind of ["agent", "env"]) {
      for (const element of document.querySelectorAll(`[data-${kind}s]`)) {
        const whole = (name) => (element.getAttribute(`data-${name}s`) || "").split(" ").filter(Boolean).every((at) => on[name][at]);
        element.hidden = !(whole("agent") && whole("env"));
      }
    }
    tip.hidden = true;
    charts.forEach((it) => it.draw());
    // Links lead below the switches where these stay in sight.
    const switches = document.getElementById("switches");
    const fixed = getComputedStyle(switches).position === "sticky" ? switches.offsetHeight : 0;
    document.documentElement.style.scrollPaddingTop = `${fixed}px`;
  }

  function listen() {
    const switches = document.getElementById("switches");
    const read = () => {
      for (const kind of ["agent", "env"]) {
        for (const box of switches.querySelectorAll(`input[data-${kind}]`)) on[kind][box.getAttribute(`data-${kind}`)] = box.checked;
      }
      update();
    };
    switches.addEventListener("change", read);
    switches.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      for (const box of button.closest("fieldset").querySelectorAll("input")) box.checked = button.hasAttribute("data-all");
      read();
    });
    document.querySelectorAll("input[name=axis]").forEach((input) => input.addEventListener("change", () => {
      axis = Number(document.querySelector("input[name=axis]:checked").value);
      update();
    }));
    document.getElementById("copy").addEventListener("click", async (event) => {
      const command = document.getElementById("command");
      getSelection().selectAllChildren(command);
      try { await navigator.clipboard.writeText(command.textContent); } catch { document.execCommand("copy"); }
      event.target.textContent = "copied";
    });
    addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((it) => { it.open = true; }));
    read();
  }

  /** Rows by a column: numbers greatest first, texts in their order; again the other way. */
  function sortable(table) {
    table.querySelectorAll("th").forEach((head, column) => {
      const button = html("button", { type: "button" }, ...head.childNodes);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("number");
        const first = numeric ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") !== first ? first : numeric ? "ascending" : "descending";
        table.querySelectorAll("th").forEach((it) => it.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const value = (row) => Number(row.cells[column].getAttribute("data-value") ?? NaN);
        const text = (row) => row.cells[column].textContent;
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => {
          if (!numeric) return sign * text(a).localeCompare(text(b), undefined, { numeric: true });
          // What is no number comes last either way.
          if (Number.isNaN(value(a)) || Number.isNaN(value(b))) return Number.isNaN(value(a)) - Number.isNaN(value(b));
          return sign * (value(a) - value(b));
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  build();
  document.querySelectorAll("table.sortable").forEach(sortable);
  listen();
})();
