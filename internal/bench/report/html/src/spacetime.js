// The space-time diagram: a lane for each node, time to the right, a line for each message.
import { bisector } from "d3-array";
import { brushX } from "d3-brush";
import { scaleLinear } from "d3-scale";
import { area } from "d3-shape";
import { zoom, zoomIdentity } from "d3-zoom";
import { h, lazyDetails, section, table } from "./dom.js";
import { count, duration, plural, seconds } from "./format.js";
import { fateName } from "./data.js";
import { bands, faultRow, frame, group, narrow, size, timeAxis, tip } from "./frame.js";
import { Filters, describe, thinning } from "./messages.js";
import { color, onChange } from "./theme.js";

const top = 26, axis = 40, stripHeight = 46;
const near = 9; // pixels from the pointer to a message that it is taken to mean
const readable = 260; // messages in view at first
const rows = 200; // of the table of messages

export class SpaceTime {
  constructor(data) {
    this.data = data;
    this.m = data.messages;
    this.filters = new Filters(data);
    this.current = -1;
    this.pinned = false;
    this.plot = frame("Space-time diagram of messages", { canvas: true, focusable: true, role: "application" });
    this.plot.element.id = "spacetime";
    this.plot.element.setAttribute("aria-describedby", "spacetime-keys");
    this.strip = frame("Messages over the whole run; the part in view is marked", {});
    this.tip = tip(this.plot);
    this.detail = h("div", { class: "detail", id: "message", "aria-live": "polite" });
    this.status = h("p", { class: "note", id: "inview", role: "status" });
    this.list = lazyDetails("Messages in view as a table", () => this.table(), { id: "messages-table" });
    this.pick(-1);
  }

  element() {
    const button = (label, text, click) => h("button", { type: "button", "aria-label": label, title: label, click }, text);
    const note = thinning(this.m), [types, ...others] = this.filters.controls(() => this.filtered());
    return section("messages", "Messages in space and time",
      h("p", { class: "lead" }, "Each lane is a node, each line a message from its sender, when it was sent, to its receiver, when it was delivered. ",
        this.m.dropped.all > 0 ? "A red × is a message that was not delivered. " : "Every message was delivered. ",
        this.data.faults.length > 0 ? "Bands are faults." : ""),
      h("div", { class: "bar" }, types),
      h("div", { class: "bar" }, others,
        h("span", { class: "group", role: "group", "aria-label": "Zoom and pan" },
          button("Earlier", "←", () => this.pan(-0.5)), button("Zoom in", "+", () => this.zoomBy(2)),
          button("Zoom out", "−", () => this.zoomBy(0.5)), button("Later", "→", () => this.pan(0.5)),
          h("button", { type: "button", id: "whole", click: () => this.show(0, this.data.length) }, "Whole run")),
        this.m.dropped.all > 0 && h("button", { type: "button", id: "next-drop", click: () => this.nextDrop() }, "Next not delivered")),
      this.plot.element, this.strip.element, this.status, this.detail,
      h("p", { class: "note", id: "spacetime-keys" }, "Drag to pan, Ctrl and the wheel or two fingers to zoom, drag in the strip to choose a part of the run. ",
        "Keys in the diagram: ← → go from message to message, ↑ ↓ to other nodes' messages, + − zoom, Shift with ← → pans, D goes to the next message that was not delivered, Home shows all, Esc lets go."),
      note && h("p", { class: "note" }, note), this.list);
  }

  mount() {
    this.zoom = zoom().filter((e) => e.type === "wheel" ? e.ctrlKey || e.metaKey : !e.button)
      .on("zoom", (e) => { this.transform = e.transform; this.moved(e.sourceEvent); });
    this.transform = zoomIdentity;
    this.plot.svg.call(this.zoom).on("dblclick.zoom", null).style("touch-action", "pan-y").style("cursor", "crosshair");
    const element = this.plot.element;
    element.addEventListener("pointermove", (e) => { if (e.pointerType !== "touch") this.hover(e); });
    element.addEventListener("pointerleave", () => { this.tip.hide(); if (!this.pinned) this.pick(-1); });
    element.addEventListener("click", (e) => this.click(e));
    element.addEventListener("keydown", (e) => this.key(e));
    this.shown = this.filters.shown();
    this.layout();
    this.show(...this.firstWindow());
    onChange(() => { const window = this.window(); this.layout(); this.show(...window); });
  }

  /** firstWindow is where there is something to see: around the first message that a fault stopped, else where nodes begin to talk. */
  firstWindow() {
    const m = this.m;
    let first = -1, talk = -1;
    for (let i = 0; i < m.n; i++) {
      if (!m.withClient[i] && talk < 0) talk = i;
      if (m.fate[i] === 0) continue;
      if (first < 0) first = i; // lost by chance, as long as no fault has struck
      if (m.fates[m.fate[i]] !== "lost") { first = i; break; }
    }
    const focus = first >= 0 ? first : Math.max(talk, 0);
    if (m.n <= readable) return [this.data.from, this.data.length];
    const from = Math.max(0, focus - (first >= 0 ? readable / 2 : 0)), to = Math.min(m.n - 1, from + readable);
    const margin = Math.max(2000, (m.sent[to] - m.sent[from]) * 0.04);
    return [Math.max(0, m.sent[from] - margin), Math.min(this.data.length, m.sent[to] + margin)];
  }

  layout() {
    const lanes = this.m.lanes, n = lanes.length;
    this.lane = n <= 8 ? 34 : n <= 16 ? 26 : n <= 32 ? 20 : n <= 60 ? 13 : 9;
    const names = lanes.map((i) => this.m.names[i]);
    const longest = Math.max(...names.map((name) => name.length), 2);
    this.left = Math.min(narrow() ? 56 : 130, 16 + 7 * longest);
    this.bottom = top + this.lane * n;
    const { width, context } = size(this.plot, this.bottom + axis);
    this.context = context;
    this.width = width;
    this.x0 = scaleLinear([0, this.data.length], [this.left, width - 10]);
    this.zoom.scaleExtent([1, Math.max(2, this.data.length / 2000)])
      .extent([[this.left, 0], [width - 10, this.bottom]]).translateExtent([[this.left, 0], [width - 10, this.bottom]]);
    const labels = group(this.plot.svg, "lanes"), every = Math.ceil(12 / this.lane), most = Math.floor((this.left - 12) / 6.6);
    names.forEach((name, lane) => {
      if (lane % every) return;
      labels.append("text").attr("x", this.left - 8).attr("y", this.y(lane)).attr("dy", "0.33em").attr("text-anchor", "end")
        .text(name.length > most ? `${name.slice(0, most - 1)}…` : name);
    });
    this.layoutStrip(width);
  }

  y(lane) { return top + (lane + 0.5) * this.lane; }

  layoutStrip(width) {
    const svg = this.strip.svg;
    size(this.strip, stripHeight + 12);
    const right = width - 10, bins = Math.round((right - this.left) / 3), step = this.data.length / bins;
    const all = new Float64Array(bins), drops = new Float64Array(bins);
    for (let i = 0; i < this.m.n; i++) {
      const bin = Math.min(bins - 1, Math.floor(this.m.sent[i] / step));
      all[bin]++;
      if (this.m.fate[i] !== 0) drops[bin]++;
    }
    const y = scaleLinear([0, Math.max(...all, 1)], [stripHeight, 6]);
    const shape = area().x((_, i) => this.x0((i + 0.5) * step)).y0(stripHeight).y1((n) => y(n));
    const g = group(svg, "strip");
    g.append("path").attr("d", shape(all)).attr("fill", color("--faint")).attr("fill-opacity", 0.45);
    g.append("path").attr("d", shape(drops)).attr("fill", color("--bad")).attr("fill-opacity", 0.75);
    g.append("line").attr("x1", this.left).attr("x2", right).attr("y1", stripHeight).attr("y2", stripHeight).attr("stroke", color("--rule"));
    bands(svg, this.data, this.x0, 2, stripHeight);
    this.brush = brushX().extent([[this.left, 2], [right, stripHeight]]).on("brush end", (e) => this.brushed(e));
    this.brushGroup = group(svg, "brush").call(this.brush);
  }

  brushed(event) {
    if (!event.sourceEvent || this.syncing) return;
    if (!event.selection) { // a click: move the window there
      const at = this.x0.invert(event.sourceEvent.clientX - this.strip.element.getBoundingClientRect().left);
      const [from, to] = this.window();
      this.show(at - (to - from) / 2, at + (to - from) / 2);
      return;
    }
    this.syncing = true;
    this.show(...event.selection.map(this.x0.invert));
    this.syncing = false;
  }

  /** show puts a part of the run into view. */
  show(from, to) {
    const least = this.data.length / this.zoom.scaleExtent()[1];
    const span = Math.min(this.data.length, Math.max(to - from, least));
    from = Math.max(0, Math.min(from, this.data.length - span));
    const k = this.data.length / span;
    this.plot.svg.call(this.zoom.transform, zoomIdentity.translate(this.left - k * this.x0(from), 0).scale(k));
  }

  window() { return this.x?.domain() ?? [0, this.data.length]; }
  zoomBy(factor) { this.plot.svg.call(this.zoom.scaleBy, factor); }
  pan(part) { const [from, to] = this.window(); this.show(from + (to - from) * part, to + (to - from) * part); }

  filtered() {
    this.shown = this.filters.shown();
    if (this.current >= 0 && !this.shown.includes(this.current)) { this.pinned = false; this.pick(-1); }
    this.draw();
  }

  moved(source) {
    this.x = this.transform.rescaleX(this.x0);
    if (!this.syncing && this.brush) {
      this.syncing = true;
      this.brushGroup.call(this.brush.move, this.window().map(this.x0));
      this.syncing = false;
    }
    if (!source) { this.draw(); return; }
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /** inView returns the range of this.shown that may touch the window. */
  inView() {
    const [from, to] = this.window(), sent = this.m.sent;
    const by = bisector((i) => sent[i]);
    return [by.left(this.shown, from - this.m.longest), by.right(this.shown, to)];
  }

  draw() {
    const c = this.context, m = this.m;
    c.clearRect(0, 0, this.width, this.bottom + axis);
    this.drawLanes(c);
    const [first, last] = this.inView(), [from, to] = this.window();
    const paths = new Map(), drops = [];
    let seen = 0;
    for (let k = first; k < last; k++) {
      const i = this.shown[k];
      if (m.end[i] < from) continue;
      seen++;
      if (m.fate[i] !== 0) { drops.push(i); continue; }
      const key = m.withClient[i] ? "--faint" : this.data.colors.of(m.types[m.type[i]]);
      if (!paths.has(key)) paths.set(key, []);
      paths.get(key).push(i);
    }
    c.save();
    c.beginPath();
    c.rect(this.left, 0, this.width - this.left - 10, this.bottom);
    c.clip();
    c.globalAlpha = Math.min(0.9, Math.max(0.07, 1.6 / Math.sqrt(seen / 150 + 1)));
    c.lineWidth = seen > 3000 ? 0.75 : 1.15;
    for (const [key, list] of paths) this.drawLines(c, color(key), list);
    c.globalAlpha = Math.max(0.35, c.globalAlpha);
    this.drawDrops(c, drops);
    c.restore();
    timeAxis(this.plot.svg, this.x, this.bottom);
    bands(this.plot.svg, { faults: [], marks: this.data.marks }, this.x, top, this.bottom);
    faultRow(this.plot.svg, this.data, this.x, top - 9);
    this.highlight();
    this.status.textContent = `In view: ${plural(seen, "message")}${drops.length ? `, ${count(drops.length)} of them not delivered` : ""}, from ${seconds(from)} to ${seconds(to)}. The test ended at ${seconds(this.data.length, 1)}.`;
    this.list.refresh();
  }

  drawLanes(c) {
    const right = this.width - 10, clamp = (v) => Math.max(this.left, Math.min(right, v));
    for (const f of this.data.faults) {
      const from = clamp(this.x(f.from)), width = clamp(this.x(f.to)) - from;
      if (width <= 0) continue;
      c.fillStyle = color("--fault");
      if (!["kill", "pause"].includes(f.kind) || f.nodes.length === 0) {
        c.globalAlpha = 0.1;
        c.fillRect(from, top, width, this.bottom - top);
      }
      c.globalAlpha = 0.22;
      this.m.lanes.forEach((name, lane) => {
        if (f.nodes.includes(this.m.names[name])) c.fillRect(from, top + lane * this.lane, width, this.lane);
      });
    }
    c.globalAlpha = 1;
    c.strokeStyle = color("--rule");
    c.lineWidth = 1;
    c.beginPath();
    this.m.lanes.forEach((_, lane) => {
      const y = Math.round(this.y(lane)) + 0.5;
      c.moveTo(this.left, y);
      c.lineTo(right, y);
    });
    c.stroke();
  }

  /** ends returns where a message's line begins and ends; a client's message is a tick at its node's lane. */
  ends(i) {
    const m = this.m, src = m.laneOf[m.src[i]], dest = m.laneOf[m.dest[i]];
    const x1 = this.x(m.sent[i]), x2 = this.x(m.end[i]), tick = Math.min(7, this.lane * 0.36);
    if (src < 0 && dest < 0) return [x1, top, x2, top];
    if (src < 0) return [x1, this.y(dest) - tick, x2, this.y(dest)];
    if (dest < 0) return [x1, this.y(src), x2, this.y(src) + tick];
    if (src === dest) return [x1, this.y(src) - 2, x2, this.y(src) + 2];
    return [x1, this.y(src), x2, this.y(dest)];
  }

  /** stopped returns where on its line a message that was not delivered ends. */
  stopped(i) {
    const [x1, y1, x2, y2] = this.ends(i), length = Math.hypot(x2 - x1, y2 - y1);
    const part = this.m.fates[this.m.fate[i]] === "lost" ? Math.min(1, 16 / Math.max(length, 1)) : 0.86;
    return [x1, y1, x1 + (x2 - x1) * part, y1 + (y2 - y1) * part];
  }

  drawLines(c, stroke, list) {
    c.strokeStyle = stroke;
    c.beginPath();
    for (const i of list) {
      const [x1, y1, x2, y2] = this.ends(i);
      c.moveTo(x1, y1);
      c.lineTo(x2, y2);
    }
    c.stroke();
  }

  drawDrops(c, list) {
    c.strokeStyle = color("--bad");
    const arm = list.length > 1500 ? 2 : 3.5;
    c.beginPath();
    for (const i of list) {
      const [x1, y1, x2, y2] = this.stopped(i);
      c.moveTo(x1, y1);
      c.lineTo(x2, y2);
      c.moveTo(x2 - arm, y2 - arm);
      c.lineTo(x2 + arm, y2 + arm);
      c.moveTo(x2 - arm, y2 + arm);
      c.lineTo(x2 + arm, y2 - arm);
    }
    c.stroke();
  }

  /** nearest returns the message whose line is nearest to a point, -1 if none is near. */
  nearest(px, py) {
    const [first, last] = this.inView();
    let best = -1, least = near * near;
    for (let k = first; k < last; k++) {
      const i = this.shown[k];
      const [x1, y1, x2, y2] = this.m.fate[i] === 0 ? this.ends(i) : this.stopped(i);
      const dx = x2 - x1, dy = y2 - y1, square = dx * dx + dy * dy;
      const t = square === 0 ? 0 : Math.max(0, Math.min(1, ((px - x1) * dx + (py - y1) * dy) / square));
      const ex = px - x1 - t * dx, ey = py - y1 - t * dy, distance = ex * ex + ey * ey;
      if (distance < least) { least = distance; best = i; }
    }
    return best;
  }

  at(event) {
    const box = this.plot.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  hover(event) {
    if (event.buttons) { this.tip.hide(); return; }
    const [x, y] = this.at(event), i = y < this.bottom ? this.nearest(x, y) : -1;
    if (i < 0) { this.tip.hide(); } else { this.tip.show(x, y, ...describe(this.data, i)); }
    if (!this.pinned) this.pick(i);
  }

  click(event) {
    const i = this.nearest(...this.at(event));
    this.pinned = i >= 0;
    this.pick(i);
  }

  /** pick marks a message and tells of it below the plot. */
  pick(i) {
    if (i === this.current && this.detail.firstChild) return;
    this.current = i;
    this.detail.replaceChildren(...(i >= 0 ? describe(this.data, i) :
      [h("p", { class: "hint" }, "Point at a message, or move to it with the arrow keys, to read its body here; a click keeps it.")]));
    if (this.x) this.highlight();
  }

  highlight() {
    const g = group(this.plot.svg, "highlight");
    if (this.current < 0) return;
    const [x1, y1, x2, y2] = this.m.fate[this.current] === 0 ? this.ends(this.current) : this.stopped(this.current);
    const stroke = color(this.m.fate[this.current] === 0 ? "--ink" : "--bad");
    g.append("line").attr("x1", x1).attr("y1", y1).attr("x2", x2).attr("y2", y2).attr("stroke", stroke).attr("stroke-width", 2.25);
    g.append("circle").attr("cx", x1).attr("cy", y1).attr("r", 3.5).attr("fill", color("--paper")).attr("stroke", stroke).attr("stroke-width", 1.5);
    if (this.m.fate[this.current] === 0) g.append("circle").attr("cx", x2).attr("cy", y2).attr("r", 3.5).attr("fill", stroke);
  }

  /** goTo marks a message and brings it into view. */
  goTo(i) {
    if (i < 0) return;
    this.pinned = true;
    this.tip.hide();
    this.pick(i);
    const [from, to] = this.window(), span = to - from;
    if (this.m.sent[i] < from || this.m.end[i] > to) this.show(this.m.sent[i] - span * 0.4, this.m.sent[i] + span * 0.6);
    this.highlight();
  }

  /** place returns where in this.shown the marked message is, or where the window begins. */
  place() {
    const by = bisector((i) => this.m.sent[i]);
    if (this.current < 0) return by.left(this.shown, this.window()[0]) - 1;
    let k = by.left(this.shown, this.m.sent[this.current]);
    while (k < this.shown.length && this.shown[k] !== this.current) k++;
    return k;
  }

  step(by) {
    const k = Math.max(0, Math.min(this.shown.length - 1, this.place() + by));
    if (this.shown.length > 0) this.goTo(this.shown[k]);
  }

  nextDrop() {
    for (let k = this.place() + 1; k < this.shown.length; k++) {
      if (this.m.fate[this.shown[k]] !== 0) { this.goTo(this.shown[k]); return; }
    }
    this.status.textContent = "No later message that was not delivered is drawn.";
  }

  /** otherLane marks the message next in time of a lane above or below. */
  otherLane(by) {
    if (this.current < 0) { this.step(1); return; }
    const m = this.m, at = m.sent[this.current];
    const laneOf = (i) => Math.max(m.laneOf[m.src[i]], m.withClient[i] ? m.laneOf[m.dest[i]] : -1);
    const want = laneOf(this.current) + by;
    let best = -1;
    for (const i of this.shown) {
      if (laneOf(i) === want && (best < 0 || Math.abs(m.sent[i] - at) < Math.abs(m.sent[best] - at))) best = i;
    }
    this.goTo(best);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = {
      ArrowRight: () => event.shiftKey ? this.pan(0.25) : this.step(1),
      ArrowLeft: () => event.shiftKey ? this.pan(-0.25) : this.step(-1),
      ArrowDown: () => this.otherLane(1),
      ArrowUp: () => this.otherLane(-1),
      "+": () => this.zoomBy(2), "=": () => this.zoomBy(2), "-": () => this.zoomBy(0.5),
      0: () => this.show(0, this.data.length), Home: () => this.show(0, this.data.length),
      d: () => this.nextDrop(), D: () => this.nextDrop(),
      Escape: () => { this.pinned = false; this.tip.hide(); this.pick(-1); },
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  table() {
    const m = this.m, [first, last] = this.inView(), [from] = this.window();
    const list = [];
    for (let k = first; k < last && list.length < rows; k++) if (m.end[this.shown[k]] >= from) list.push(this.shown[k]);
    return table(`The first ${plural(list.length, "message")} in view that pass the filters`, [
      { name: "Sent", number: true, text: (i) => seconds(m.sent[i]) },
      { name: "From", text: (i) => m.names[m.src[i]] },
      { name: "To", text: (i) => m.names[m.dest[i]] },
      { name: "Type", text: (i) => m.types[m.type[i]] },
      { name: "Took", number: true, text: (i) => m.fate[i] === 0 ? duration(m.took[i]) : "" },
      { name: "Fate", text: (i) => [fateName(m.fates[m.fate[i]]), m.reasons[m.reason[i]]].filter(Boolean).join(": ") },
      { name: "Body", class: "mono", text: (i) => m.body(i) },
    ], list);
  }
}
