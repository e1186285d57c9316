// Counts over time, stacked: operations by how they ended, messages by type.
import { scaleLinear } from "d3-scale";
import { area, curveStepAfter } from "d3-shape";
import { h, lazyDetails, section, swatch, table } from "./dom.js";
import { count, duration, plural, seconds } from "./format.js";
import { bands, faultRow, frame, group, size, timeAxis, tip, valueAxis } from "./frame.js";
import { color, onChange } from "./theme.js";

const top = 24, height = 130, axis = 40, wide = 7; // pixels of a bin at least

/** Stacked is one plot: layers is [{name, variable, counts}], bins are width microseconds wide. */
export class Stacked {
  constructor(data, label, width, layers) {
    this.data = data;
    this.width = width;
    this.layers = layers.map((l) => ({ ...l, total: l.counts.reduce((a, b) => a + b, 0) })).filter((l) => l.total > 0);
    this.plot = frame(label, {});
    this.tip = tip(this.plot);
    this.label = label;
  }

  elements() {
    const legend = h("p", { class: "bar" }, this.layers.map((l) => h("span", { class: "keys" }, h("span", {}, swatch(l.variable), " ", l.name, " ", h("span", { class: "n" }, count(l.total))))));
    return [legend, this.plot.element, lazyDetails(`${this.label} as a table`, () => this.table())];
  }

  mount() {
    this.plot.element.addEventListener("pointermove", (e) => this.hover(e));
    this.plot.element.addEventListener("pointerleave", () => { this.tip.hide(); group(this.plot.svg, "highlight"); });
    this.draw();
    onChange(() => this.draw());
  }

  /** rebin joins bins to steps of at least so many microseconds. */
  rebin(least) {
    const by = Math.max(1, Math.ceil(least / this.width)), step = by * this.width;
    const bins = Math.ceil(this.data.length / step) || 1;
    const layers = this.layers.map((l) => {
      const sums = new Array(bins).fill(0);
      l.counts.forEach((n, i) => { sums[Math.min(bins - 1, Math.floor(i / by))] += n; });
      return sums;
    });
    return { step, bins, layers };
  }

  draw() {
    const { width } = size(this.plot, top + height + axis), svg = this.plot.svg;
    const left = 56, right = width - 10;
    this.x = scaleLinear([this.data.from, this.data.length], [left, right]).clamp(true);
    this.binned = this.rebin((this.data.length - this.data.from) * wide / (right - left));
    const { step, bins, layers } = this.binned, perSecond = 1e6 / step;
    const totals = Array.from({ length: bins }, (_, i) => layers.reduce((sum, l) => sum + l[i], 0) * perSecond);
    const y = scaleLinear([0, Math.max(1, ...totals)], [top + height, top + 6]).nice(3);
    valueAxis(svg, y, this.x, { ticks: 3 }).append("text").attr("x", -left + 2).attr("y", top - 8).attr("text-anchor", "start").text("a second");
    timeAxis(svg, this.x, top + height);
    const g = group(svg, "layers"), base = new Array(bins + 1).fill(0);
    layers.forEach((l, k) => {
      const lower = [...base];
      l.forEach((n, i) => { base[i] += n * perSecond; });
      base[bins] = base[bins - 1];
      const shape = area().x((_, i) => this.x(Math.min(i * step, this.data.length))).y0((_, i) => y(i < bins ? lower[i] : lower[bins - 1])).y1((n) => y(n)).curve(curveStepAfter);
      g.append("path").attr("d", shape(base)).attr("fill", color(this.layers[k].variable)).attr("fill-opacity", 0.85);
    });
    bands(svg, this.data, this.x, top, top + height);
    faultRow(svg, this.data, this.x, top - 9 < 12 ? 12 : top - 9);
    svg.selectAll("g.faultrow").attr("transform", "translate(0,2)");
  }

  hover(event) {
    const box = this.plot.element.getBoundingClientRect(), px = event.clientX - box.left, py = event.clientY - box.top;
    const { step, bins, layers } = this.binned, i = Math.floor(this.x.invert(px) / step);
    const g = group(this.plot.svg, "highlight");
    if (i < 0 || i >= bins) { this.tip.hide(); return; }
    g.append("line").attr("x1", this.x((i + 0.5) * step)).attr("x2", this.x((i + 0.5) * step)).attr("y1", top).attr("y2", top + height).attr("stroke", color("--soft")).attr("stroke-opacity", 0.5);
    this.tip.show(px, py, h("p", {}, h("b", {}, `${seconds(i * step, 2)}, in ${duration(step)}`)),
      ...this.layers.map((l, k) => layers[k][i] > 0 && h("p", {}, `${l.name}: ${count(layers[k][i])}`)).filter(Boolean));
  }

  table() {
    const { step, bins, layers } = this.rebin(Math.max(1e6, this.data.length / 100));
    return table(`${this.label}, in steps of ${duration(step)}`, [
      { name: "From", head: true, text: (i) => seconds(i * step, 1) },
      ...this.layers.map((l, k) => ({ name: l.name, number: true, text: (i) => count(layers[k][i]) })),
    ], Array.from({ length: bins }, (_, i) => i));
  }
}

/** overTime makes the section with both plots. */
export function overTime(data) {
  const parts = [], plots = [];
  const add = (title, plot, ...more) => {
    plots.push(plot);
    parts.push(h("h3", {}, title), plot.elements(), more);
  };
  const ops = data.operations;
  if (ops && ops.total > 0) {
    const variables = ["--c2", "--bad", "--fault"], names = ["ok", "failed", "outcome unknown"];
    add("Operations", new Stacked(data, "Operations invoked over time", ops.series.width,
      ops.series.counts.map((counts, i) => ({ name: names[i], variable: variables[i], counts }))), troubles(data));
  }
  const sent = data.traffic?.sent;
  if (sent && sent.names.length > 0) {
    const layers = [], others = { name: "other types", variable: "--c6", counts: [] };
    data.colors.ranked.forEach((name) => {
      const counts = sent.counts[sent.names.indexOf(name)];
      if (data.colors.named(name)) layers.push({ name, variable: data.colors.of(name), counts });
      else counts.forEach((n, i) => { others.counts[i] = (others.counts[i] ?? 0) + n; });
    });
    for (let i = 0; i < others.counts.length; i++) others.counts[i] ??= 0;
    add("Messages between nodes", new Stacked(data, "Messages sent over time", sent.width, [...layers, others]));
    const undelivered = data.traffic.undelivered;
    if (undelivered.counts[0].length > 0) {
      add("Messages not delivered", new Stacked(data, "Messages not delivered over time", undelivered.width,
        [{ name: "not delivered", variable: "--bad", counts: undelivered.counts[0] }]));
    }
  }
  return { element: () => section("time", "Over time", parts), mount: () => plots.forEach((p) => p.mount()) };
}

function troubles(data) {
  const ops = data.operations;
  if (ops.trouble === 0) return null;
  return lazyDetails(`${plural(ops.trouble, "operation")} that did not end well`, () => table(
    ops.troubles.length < ops.trouble ? `The first ${count(ops.troubles.length)} of ${count(ops.trouble)}` : "All of them", [
      { name: "Invoked", number: true, text: (o) => seconds(o.invoked) },
      { name: "Process", number: true, text: (o) => count(o.process) },
      { name: "Node", text: (o) => o.node },
      { name: "Operation", text: (o) => `${o.f} ${o.value}` },
      { name: "Outcome", text: (o) => o.outcome === "info" ? "unknown" : "failed" },
      { name: "After", number: true, text: (o) => duration(o.took) },
      { name: "Error", text: (o) => o.error },
    ], ops.troubles), { id: "troubles" });
}
