// Stable latency of every element: when it was known, and how long after that a read still missed it.
import { scaleLinear } from "d3-scale";
import { h, lazyDetails, section, table } from "./dom.js";
import { count, list, plural, seconds } from "./format.js";
import { bands, faultRow, frame, group, narrow, size, timeAxis, tip, valueAxis } from "./frame.js";
import { color, onChange } from "./theme.js";

const top = 40, height = 260, axis = 40;
const quantileNames = new Map([[0, "min"], [0.5, "median"], [0.95, "95%"], [0.99, "99%"], [1, "max"]]);
const fateWords = ["stable", "lost", "never read"];

export class Latency {
  constructor(data, choose) {
    this.data = data;
    this.e = data.elements;
    this.choose = choose;
    this.current = -1;
    this.plot = frame("Stable latency of each element over time", { canvas: true, focusable: true, role: "application" });
    this.plot.element.id = "latency-plot";
    this.tip = tip(this.plot);
    this.detail = h("p", { class: "note", id: "element-detail", "aria-live": "polite" });
    this.order = [...this.e.known.keys()].sort((a, b) => this.e.known[a] - this.e.known[b]);
  }

  element() {
    const e = this.e, plain = this.data.spread ? " A click shows its way from node to node." : "";
    const rest = [e.lost && `${count(e.lost)} lost`, e.neverRead && `${count(e.neverRead)} never read`].filter(Boolean).join(", ");
    const thinned = e.value.length < e.total ? ` Drawn are ${count(e.value.length)} of ${count(e.total)}: all trouble first, the slowest, and a random part of the others. The quantiles are of all.` : "";
    return section("latency", "Stable latency",
      h("p", { class: "lead" }, `How long after an element was known a read still missed it. ${count(e.stable)} of ${plural(e.total, "element")} became stable`,
        rest ? `; ${rest}.` : ".", plain),
      this.plot.element,
      h("p", { class: "note" }, "× lost, ○ never read: both above the plot. Keys: ← → element by element, Enter shows its way.", thinned),
      this.detail, this.quantiles(), this.missing(),
      lazyDetails("The slowest and the lost as a table", () => this.table(), { id: "elements-table" }));
  }

  quantiles() {
    if (this.e.quantiles.length === 0) return null;
    return h("dl", { class: "figures", "aria-label": "Quantiles of stable latency", id: "quantiles" },
      this.e.quantiles.map((q) => h("div", {}, h("dt", {}, quantileNames.get(q.q) ?? `${q.q * 100}%`), h("dd", {}, `${count(q.ms)} ms`))));
  }

  missing() {
    const missing = this.e.missing;
    if (missing.length === 0) return null;
    return h("div", {}, h("h3", {}, "Missing at the end"),
      h("p", { class: "note" }, "What the last read of a node does not show, although another node may have it."),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Elements missing at the end" },
        table(`${plural(missing.length, "element")}${missing.length < 300 ? "" : " (the first 300)"}`, [
          { name: "Missing at", head: true, text: (m) => m.nodes },
          { name: "How many", number: true, text: (m) => count(m.values.length) },
          { name: "Elements", text: (m) => m.values.map((v) => [this.link(v), " "]) },
        ], this.together(missing))));
  }

  /** together puts elements that are missing at the same nodes into one row. */
  together(missing) {
    const rows = new Map();
    for (const m of missing) {
      const nodes = list(m.nodes, 20) + (m.more ? ` and ${m.more} more` : "");
      if (!rows.has(nodes)) rows.set(nodes, { nodes, values: [] });
      rows.get(nodes).values.push(m.value);
    }
    for (const row of rows.values()) row.values.sort((a, b) => Number(a) - Number(b));
    return [...rows.values()].sort((a, b) => b.values.length - a.values.length);
  }

  link(value) {
    if (!this.data.spread) return value;
    return h("button", { type: "button", class: "link", click: () => this.choose(value, true) }, value);
  }

  mount() {
    const element = this.plot.element;
    element.addEventListener("pointermove", (e) => this.hover(e));
    element.addEventListener("pointerleave", () => { this.tip.hide(); this.pick(-1); });
    element.addEventListener("click", () => { if (this.current >= 0) this.choose(this.e.value[this.current], true); });
    element.addEventListener("keydown", (e) => this.key(e));
    this.draw();
    onChange(() => this.draw());
  }

  draw() {
    const { width, context: c } = size(this.plot, top + height + axis), e = this.e;
    const left = 56, right = width - (narrow() ? 74 : 110);
    const most = Math.max(1, ...e.latency.filter((_, i) => e.fate[i] === 0));
    this.x = scaleLinear([this.data.from, this.data.length], [left, right]);
    this.y = scaleLinear([0, most], [top + height, top + 10]).nice(4);
    valueAxis(this.plot.svg, this.y, this.x, { unit: " ms" });
    timeAxis(this.plot.svg, this.x, top + height);
    bands(this.plot.svg, this.data, this.x, top, top + height);
    faultRow(this.plot.svg, this.data, this.x, 12);
    c.clearRect(0, 0, width, top + height + axis);
    c.globalAlpha = e.value.length > 1500 ? 0.45 : 0.65;
    c.fillStyle = color("--c0");
    const radius = e.value.length > 1500 ? 1.8 : 2.6;
    for (let i = 0; i < e.value.length; i++) {
      const [x, y] = this.at(i);
      if (e.fate[i] !== 0) continue;
      c.beginPath();
      c.arc(x, y, radius, 0, 7);
      c.fill();
    }
    c.globalAlpha = 0.9;
    for (let i = 0; i < e.value.length; i++) if (e.fate[i] !== 0) this.trouble(c, i);
    c.globalAlpha = 1;
    this.lines(right);
  }

  at(i) {
    const x = this.x(Math.min(this.e.known[i], this.data.length));
    return [x, this.e.fate[i] === 0 ? this.y(this.e.latency[i]) : top - 10];
  }

  trouble(c, i) {
    const [x, y] = this.at(i);
    c.strokeStyle = color("--bad");
    c.lineWidth = 1.5;
    c.beginPath();
    if (this.e.fate[i] === 1) {
      c.moveTo(x - 3.5, y - 3.5);
      c.lineTo(x + 3.5, y + 3.5);
      c.moveTo(x - 3.5, y + 3.5);
      c.lineTo(x + 3.5, y - 3.5);
    } else {
      c.arc(x, y, 3.2, 0, 7);
    }
    c.stroke();
  }

  /** lines draws the quantiles with their names at the right, none over another. */
  lines(right) {
    const g = group(this.plot.svg, "quantiles");
    let free = Infinity;
    for (const q of this.e.quantiles) {
      if (q.q === 0) continue;
      const y = this.y(q.ms), at = Math.min(y, free - 13);
      free = at;
      g.append("line").attr("class", "quantile").attr("x1", this.x.range()[0]).attr("x2", right).attr("y1", y).attr("y2", y);
      if (Math.abs(at - y) > 3) g.append("line").attr("stroke", color("--rule")).attr("x1", right).attr("x2", right + 5).attr("y1", y).attr("y2", at);
      g.append("text").attr("x", right + 7).attr("y", at).attr("dy", "0.33em").attr("class", q.q === 0.5 || q.q === 1 ? "strong" : "")
        .text(narrow() ? `${quantileNames.get(q.q)} ${count(q.ms)}` : `${quantileNames.get(q.q)} ${count(q.ms)} ms`);
    }
  }

  hover(event) {
    const box = this.plot.element.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
    let best = -1, least = 14 * 14;
    for (let i = 0; i < this.e.value.length; i++) {
      const [x, y] = this.at(i), distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance < least) { least = distance; best = i; }
    }
    this.pick(best);
    if (best < 0) this.tip.hide(); else this.tip.show(px, py, h("p", {}, this.words(best)));
  }

  words(i) {
    const e = this.e;
    const how = e.fate[i] === 0 ? `stable after ${count(e.latency[i])} ms` : fateWords[e.fate[i]];
    return `Element ${e.value[i]}: known at ${seconds(e.known[i])}, ${how}.`;
  }

  pick(i) {
    if (i === this.current) return;
    this.current = i;
    this.plot.element.style.cursor = i >= 0 && this.data.spread ? "pointer" : "";
    this.detail.textContent = i >= 0 ? this.words(i) : "";
    const g = group(this.plot.svg, "highlight");
    if (i < 0) return;
    const [x, y] = this.at(i);
    g.append("circle").attr("cx", x).attr("cy", y).attr("r", 6).attr("fill", "none").attr("stroke", color("--ink")).attr("stroke-width", 1.75);
  }

  key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) {
      event.preventDefault();
      const k = this.current < 0 ? (by > 0 ? 0 : this.order.length - 1) : this.order.indexOf(this.current) + by;
      this.pick(this.order[Math.max(0, Math.min(this.order.length - 1, k))]);
    } else if (event.key === "Enter" && this.current >= 0) {
      this.choose(this.e.value[this.current], true);
    }
  }

  table() {
    const e = this.e;
    const ranked = [...e.value.keys()].sort((a, b) => (e.fate[a] === 0) - (e.fate[b] === 0) || e.latency[b] - e.latency[a]).slice(0, 200);
    return table(`${plural(ranked.length, "element")}, those not stable first, then the slowest`, [
      { name: "Element", head: true, text: (i) => this.link(e.value[i]) },
      { name: "Known", number: true, text: (i) => seconds(e.known[i]) },
      { name: "Stable latency", number: true, text: (i) => e.fate[i] === 0 ? `${count(e.latency[i])} ms` : "" },
      { name: "Outcome", text: (i) => fateWords[e.fate[i]] },
    ], ranked);
  }
}
