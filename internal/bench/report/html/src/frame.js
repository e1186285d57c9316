// What all plots over time have in common: a canvas below an SVG, axes, faults as bands.
import { axisBottom, axisLeft } from "d3-axis";
import { select } from "d3-selection";
import { color } from "./theme.js";
import { inSeconds } from "./format.js";
import { h } from "./dom.js";

/** narrow tells whether the page is as narrow as a phone's. */
export const narrow = () => document.documentElement.clientWidth < 640;

/** frame makes a plot's element with a canvas and an SVG on it. */
export function frame(label, { canvas = false, focusable = false, role = "img" } = {}) {
  const element = h("div", { class: "plot", role, "aria-label": label, tabindex: focusable ? "0" : null });
  const surface = canvas ? h("canvas", { "aria-hidden": "true" }) : null;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  element.append(...[surface, svg].filter(Boolean));
  return { element, canvas: surface, svg: select(svg) };
}

/** size fits a frame to its width and the given height, and returns the canvas's context. */
export function size(f, height) {
  const width = Math.max(240, f.element.parentElement.clientWidth);
  f.element.style.height = `${height}px`;
  f.svg.attr("width", width).attr("height", height);
  if (!f.canvas) return { width, context: null };
  const ratio = Math.min(devicePixelRatio || 1, 2);
  f.canvas.width = Math.round(width * ratio);
  f.canvas.height = Math.round(height * ratio);
  f.canvas.style.width = `${width}px`;
  f.canvas.style.height = `${height}px`;
  const context = f.canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { width, context };
}

/** group returns the group of that class, made anew and empty. */
export function group(svg, name) {
  svg.selectAll(`g.${name.split(" ").join(".")}`).remove();
  return svg.append("g").attr("class", name);
}

/** timeAxis draws the axis of seconds. */
export function timeAxis(svg, x, y, { label = true } = {}) {
  const [left, right] = x.range();
  const ticks = Math.max(2, Math.round((right - left) / 90));
  const scale = x.copy().domain(x.domain().map(inSeconds));
  const g = group(svg, "axis timeaxis").attr("transform", `translate(0,${y})`).call(axisBottom(scale).ticks(ticks).tickSize(4));
  g.selectAll("line").attr("stroke", color("--rule"));
  if (label) g.append("text").attr("x", right).attr("y", 32).attr("text-anchor", "end").text("seconds since all nodes were up");
}

/** valueAxis draws an axis at the left with a grid across the plot. Its numbers have as many digits as tell ticks apart. */
export function valueAxis(svg, y, x, { unit = "", ticks = 4 } = {}) {
  const [left, right] = x.range();
  const digits = y.tickFormat(ticks, ",f");
  const g = group(svg, "axis grid").attr("transform", `translate(${left},0)`);
  g.call(axisLeft(y).ticks(ticks).tickSize(-(right - left)).tickPadding(7).tickFormat((n) => digits(n) + unit));
  return g;
}

/** bands draws faults as bands and marks as lines from top to bottom. */
export function bands(svg, data, x, top, bottom) {
  const g = group(svg, "bands").lower();
  const [left, right] = x.range();
  const clamp = (v) => Math.max(left, Math.min(right, v));
  for (const f of data.faults) {
    const from = clamp(x(f.from)), to = clamp(x(f.to));
    if (to > from) g.append("rect").attr("class", "fault").attr("x", from).attr("y", top).attr("width", Math.max(1, to - from)).attr("height", bottom - top);
  }
  for (const m of data.marks) {
    const at = x(m.at);
    if (at >= left && at <= right) g.append("line").attr("class", "markline").attr("x1", at).attr("x2", at).attr("y1", top).attr("y2", bottom);
  }
}

/** faultRow names the faults above a plot, where there is room for the name. */
export function faultRow(svg, data, x, y) {
  const g = group(svg, "faultrow");
  const [left, right] = x.range();
  let free = left;
  const put = (at, text, name) => {
    const room = right - at, need = text.length * 6.2;
    if (at < free || room < need) return;
    g.append("text").attr("class", name).attr("x", at + 2).attr("y", y).text(text);
    free = at + need + 6;
  };
  const labels = [
    ...data.faults.map((f) => ({ from: f.from, to: f.to, text: f.kind, name: "faulttext" })),
    ...data.marks.map((m) => ({ from: m.at, to: m.at, text: m.words, name: "" })),
  ].sort((a, b) => a.from - b.from);
  for (const l of labels) {
    if (x(l.to) >= left && x(l.from) <= right) put(Math.max(left, x(l.from)), l.text, l.name);
  }
}

/** tip makes the box that shows what lies under the pointer. */
export function tip(f) {
  const box = h("div", { class: "tip", hidden: true });
  f.element.append(box);
  return {
    show(x, y, ...content) {
      box.replaceChildren(...content);
      box.hidden = false;
      const width = f.element.clientWidth;
      box.style.left = `${Math.max(0, Math.min(x + 14, width - box.offsetWidth))}px`;
      const below = y + 16, over = y - box.offsetHeight - 12;
      box.style.top = `${over > -40 && below + box.offsetHeight > f.element.clientHeight ? over : below}px`;
    },
    hide() { box.hidden = true; },
  };
}
