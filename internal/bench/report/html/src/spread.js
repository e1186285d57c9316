// The way of one element from node to node: a tree over time.
import { scaleLinear } from "d3-scale";
import { h, lazyDetails, section, table } from "./dom.js";
import { count, duration, list, plural, seconds } from "./format.js";
import { fateName } from "./data.js";
import { bands, faultRow, frame, group, narrow, size, tip, valueAxis } from "./frame.js";
import { axisBottom } from "d3-axis";
import { color, onChange } from "./theme.js";

const top = 24, axis = 42;

export class Spread {
  constructor(data, goTo) {
    this.data = data;
    this.s = data.spread;
    this.goTo = goTo;
    this.missing = new Map((data.elements?.missing ?? []).map((m) => [m.value, new Set(m.nodes)]));
    this.byValue = new Map(this.s.elements.map((e, i) => [e.value, i]));
    this.plot = frame("Spread of an element from node to node", { focusable: true, role: "application" });
    this.plot.element.id = "spread-plot";
    this.tip = tip(this.plot);
    this.words = h("p", { class: "note", id: "spread-words", role: "status" });
    this.detail = h("div", { class: "detail", id: "spread-detail", "aria-live": "polite" });
    this.list = lazyDetails("Node by node as a table", () => this.table(), { id: "spread-table" });
    this.row = -1;
  }

  element() {
    const button = (label, text, by) => h("button", { type: "button", "aria-label": label, title: label, click: () => this.step(by) }, text);
    this.input = h("input", { type: "text", id: "element", inputmode: "numeric", size: "9", autocomplete: "off",
      change: (e) => this.choose(e.target.value.trim(), false) });
    const notable = this.notable();
    this.select = h("select", { "aria-label": "Elements of note", id: "notable", change: (e) => { if (e.target.value) this.choose(e.target.value, false); } },
      h("option", { value: "" }, "elements of note…"),
      notable.map(([label, values]) => h("optgroup", { label }, values.map((v) => h("option", { value: v }, v)))));
    const partly = this.s.followed < this.s.begun ? `Followed are ${count(this.s.followed)} of ${plural(this.s.begun, "element")}. ` : "";
    const until = this.s.until > 0 ? `Bodies were searched until ${seconds(this.s.until, 1)}; after that there was too much to search. ` : "";
    return section("spread", "Spread of one element",
      h("p", { class: "lead" }, "Which message first brought it to each node: found by searching bodies for its number, in messages from nodes that had it. Nodes are in the order in which it came."),
      h("div", { class: "bar" }, h("label", {}, "Element ", this.input),
        h("span", { class: "group", role: "group", "aria-label": "Other elements" }, button("The element before", "←", -1), button("The next element", "→", 1)),
        notable.length > 0 && this.select),
      this.words, this.plot.element, this.detail,
      (partly || until) && h("p", { class: "note" }, partly, until), this.list);
  }

  /** notable lists elements somebody will want to look at first. */
  notable() {
    const e = this.data.elements, groups = [];
    const known = (values) => values.filter((v) => this.byValue.has(v)).slice(0, 30);
    const add = (label, values) => { const v = known(values); if (v.length > 0) groups.push([label, v]); };
    if (e) {
      add("lost", e.value.filter((_, i) => e.fate[i] === 1));
      add("missing at a node's last read", e.missing.map((m) => m.value));
      add("slowest", e.slowest);
    }
    add("dropped on the way", this.s.elements.filter((x) => x.drops.length > 0).map((x) => x.value));
    return groups;
  }

  mount() {
    const element = this.plot.element;
    element.addEventListener("pointermove", (e) => this.hover(e));
    element.addEventListener("pointerleave", () => this.tip.hide());
    element.addEventListener("click", (e) => { const r = this.rowAt(e); if (r >= 0) this.pick(r); });
    element.addEventListener("keydown", (e) => {
      const by = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (by) { e.preventDefault(); this.pick(Math.max(0, Math.min(this.rows.length - 1, this.row + by))); }
    });
    const first = this.notable()[0]?.[1][0] ?? this.s.elements[Math.floor(this.s.elements.length / 2)]?.value;
    this.choose(first, false);
    onChange(() => this.draw());
  }

  step(by) {
    const n = this.s.elements.length;
    this.choose(this.s.elements[(this.index + by + n) % n].value, false);
  }

  /** choose shows an element's way; reveal scrolls there. */
  choose(value, reveal) {
    const index = this.byValue.get(value);
    if (reveal) document.getElementById("spread").scrollIntoView();
    if (index === undefined) {
      this.words.textContent = `The report did not follow element ${value}.`;
      return;
    }
    this.index = index;
    this.input.value = value;
    if (this.select.value !== value) this.select.value = "";
    this.build();
    this.draw();
    this.row = -1;
    this.pick(-1);
    this.list.refresh();
  }

  /** build makes the rows: nodes in the order the element came, then those it never came to. */
  build() {
    const e = this.e = this.s.elements[this.index];
    const dropAt = new Map(e.drops.map((d) => [d.at, d]));
    this.rows = [...e.at.keys()].sort((a, b) => e.came[a] - e.came[b] || e.at[a] - e.at[b])
      .map((k) => ({ column: e.at[k], how: e.how[k], from: e.from[k], msg: e.msg[k], sent: e.sent[k], came: e.came[k], drop: dropAt.get(e.at[k]) }));
    this.rows.push(...e.absent.map((column) => ({ column, how: 0, drop: dropAt.get(column) })));
    this.rowOf = new Map(this.rows.map((r, i) => [r.column, i]));
    const depth = new Map();
    for (const r of this.rows) depth.set(r.column, r.how === 2 ? (depth.get(r.from) ?? 0) + 1 : 0);
    this.tell(Math.max(...depth.values(), 0));
  }

  tell(hops) {
    const e = this.e, came = this.rows.filter((r) => r.how !== 0), reads = came.filter((r) => r.how === 3).length;
    const last = came.at(-1), absent = e.absent.map((c) => this.s.columns[c]);
    const parts = [`Element ${e.value}, requested at ${seconds(e.began)}, came to ${came.length} of ${this.s.columns.length - this.idle()} nodes`];
    if (came.length > 1) parts.push(` within ${duration(last.came)}, over at most ${plural(hops, "hop")}`.replace(/, over at most 0 hops$/, ""));
    parts.push(".");
    if (absent.length > 0) parts.push(` Nothing shows that it came to ${list(absent)}.`);
    const forgot = came.filter((r) => this.forgot(r)).map((r) => this.s.columns[r.column]);
    if (forgot.length > 0) parts.push(` It came to ${list(forgot)}, but the last read there does not show it.`);
    if (reads > 0) parts.push(` At ${plural(reads, "node")} no readable message brought it: shown is the first read there that has it.`);
    this.words.textContent = parts.join("");
  }

  /** forgot tells whether a node that the element came to does not show it in the end. */
  forgot(r) { return r.how !== 0 && (this.missing.get(this.e.value)?.has(this.s.columns[r.column]) ?? false); }

  /** idle counts services that the element never came to: they are no nodes. */
  idle() { return this.s.columns.length - this.e.at.length - this.e.absent.length; }

  y(row) { return top + (row + 0.5) * this.lane; }

  draw() {
    if (!this.e) return;
    const n = this.rows.length, svg = this.plot.svg;
    this.lane = n <= 12 ? 26 : n <= 40 ? 19 : 13;
    const bottom = top + n * this.lane;
    const { width } = size(this.plot, bottom + axis);
    const longest = Math.max(...this.s.columns.map((c) => c.length), 2);
    const left = Math.min(narrow() ? 56 : 130, 16 + 7 * longest), right = width - (narrow() ? 70 : 160);
    const most = Math.max(100, ...this.rows.map((r) => r.came ?? 0), ...this.e.drops.map((d) => d.sent));
    this.x = scaleLinear([0, most * 1.02], [left, right]);
    this.axis(bottom, left, right);
    const shifted = {
      faults: this.data.faults.map((f) => ({ ...f, from: f.from - this.e.began, to: f.to - this.e.began })),
      marks: [],
    };
    bands(svg, shifted, this.x, top, bottom);
    faultRow(svg, shifted, this.x, top - 9);
    const g = group(svg, "tree");
    this.rows.forEach((r, i) => g.append("line").attr("x1", left).attr("x2", right).attr("y1", this.y(i)).attr("y2", this.y(i)).attr("stroke", color("--hair")));
    this.rows.forEach((r) => this.edge(g, r));
    this.rows.forEach((r, i) => this.node(g, r, i, left, right));
    this.mark();
  }

  axis(bottom, left, right) {
    const x = this.x, inMs = x.copy().domain(x.domain().map((us) => us / 1000));
    const g = group(this.plot.svg, "axis timeaxis").attr("transform", `translate(0,${bottom})`);
    g.call(axisBottom(inMs).ticks(Math.max(2, (right - left) / 110), ",f").tickSize(4)); // with as many digits as tell ticks apart
    g.append("text").attr("x", right).attr("y", 33).attr("text-anchor", "end").text("milliseconds since the client asked for it");
  }

  /** edge draws the message that brought the element, and the last that should have. */
  edge(g, r) {
    const line = (x1, y1, x2, y2, stroke) => g.append("line").attr("x1", x1).attr("y1", y1).attr("x2", x2).attr("y2", y2).attr("stroke", stroke).attr("stroke-width", 1.4);
    const to = this.y(this.rowOf.get(r.column));
    if (r.how === 2 && this.rowOf.has(r.from)) {
      line(this.x(r.sent), this.y(this.rowOf.get(r.from)), this.x(r.came), to, color("--c0")).attr("stroke-opacity", 0.75);
    }
    if (!r.drop) return;
    const x = this.x(Math.max(0, r.drop.sent)), from = this.rowOf.has(r.drop.from) ? this.y(this.rowOf.get(r.drop.from)) : to;
    line(x, from, x, to, color("--bad")).attr("stroke-dasharray", "2 3").attr("stroke-opacity", 0.7);
    g.append("path").attr("d", `M${x - 4},${to - 4}l8,8m0,-8l-8,8`).attr("stroke", color("--bad")).attr("stroke-width", 1.8);
  }

  node(g, r, i, left, right) {
    const y = this.y(i), name = this.s.columns[r.column], most = Math.floor((left - 12) / 6.6);
    g.append("text").attr("class", "strong").attr("x", left - 8).attr("y", y).attr("dy", "0.33em").attr("text-anchor", "end")
      .text(name.length > most ? `${name.slice(0, most - 1)}…` : name);
    if (r.how === 0) {
      g.append("text").attr("x", right + 8).attr("y", y).attr("dy", "0.33em").style("fill", color("--bad")).text("never");
      return;
    }
    const dot = g.append("circle").attr("cx", this.x(r.came)).attr("cy", y).attr("r", r.how === 1 ? 5 : 4).attr("stroke", color(r.how === 1 ? "--c1" : "--c0")).attr("stroke-width", 1.6);
    dot.attr("fill", color(r.how === 3 ? "--paper" : r.how === 1 ? "--c1" : "--c0"));
    if (this.forgot(r)) {
      g.append("text").attr("x", right + 8).attr("y", y).attr("dy", "0.33em").style("fill", color("--bad"))
        .text(narrow() ? "forgot it" : `${duration(r.came)}, not read`);
      return;
    }
    const dropped = r.drop ? `, ${count(r.drop.count)} dropped` : "";
    g.append("text").attr("x", right + 8).attr("y", y).attr("dy", "0.33em")
      .text(narrow() ? duration(r.came) : r.how === 1 ? "from a client" : `${duration(r.came)}${r.how === 3 ? ", by a read" : dropped}`);
  }

  rowAt(event) {
    const row = Math.floor((event.clientY - this.plot.element.getBoundingClientRect().top - top) / this.lane);
    return row >= 0 && row < this.rows.length ? row : -1;
  }

  hover(event) {
    const row = this.rowAt(event), box = this.plot.element.getBoundingClientRect();
    if (row < 0) { this.tip.hide(); return; }
    this.tip.show(event.clientX - box.left, event.clientY - box.top, ...this.tale(this.rows[row]).map((text) => h("p", {}, text)));
  }

  /** tale says how the element came to a row's node. */
  tale(r) {
    const name = this.s.columns[r.column], lines = [];
    if (r.how === 0) lines.push(`Nothing shows that it came to ${name}.`);
    if (r.how === 1) lines.push(`A client's request brought it to ${name} (message ${r.msg}).`);
    if (r.how === 2) lines.push(`${this.s.columns[r.from]} sent it to ${name} after ${duration(r.sent)}; it came after ${duration(r.came)} (message ${r.msg}).`);
    if (r.how === 3) lines.push(`A read at ${name} first showed it after ${duration(r.came)} (message ${r.msg}).`);
    if (this.forgot(r)) lines.push(`The last read at ${name} does not show it: ${name} took the message, and lost what was in it.`);
    if (r.drop) {
      const from = r.drop.from < 0 ? "a client" : this.s.columns[r.drop.from];
      lines.push(`× ${plural(r.drop.count, "message")} with it to ${name} not delivered; the last, ${r.drop.msg} from ${from}, after ${duration(Math.max(0, r.drop.sent))}: ${fateName(this.s.fates[r.drop.fate])}.`);
    }
    return lines;
  }

  pick(row) {
    this.row = row;
    const r = this.rows[row];
    if (!r) {
      this.detail.replaceChildren(h("p", { class: "hint" }, "Click a node, or move to it with the arrow keys, to read here how the element came to it."));
    } else {
      const ids = [r.how !== 0 && r.msg, r.drop && r.drop.msg].filter((id) => id !== false && id !== undefined && this.data.messages?.indexOf(id) >= 0);
      this.detail.replaceChildren(...this.tale(r).map((text) => h("p", {}, text)),
        h("p", {}, ids.map((id) => [h("button", { type: "button", click: () => this.goTo(id) }, `Show message ${id} in the diagram`), " "])));
    }
    this.mark();
  }

  mark() {
    const g = group(this.plot.svg, "highlight").lower();
    if (this.row < 0) return;
    g.append("rect").attr("x", 0).attr("width", "100%").attr("y", this.y(this.row) - this.lane / 2).attr("height", this.lane).attr("fill", color("--wash"));
  }

  table() {
    return table(`Element ${this.e?.value}`, [
      { name: "Node", head: true, text: (r) => this.s.columns[r.column] },
      { name: "After", number: true, text: (r) => r.how === 0 ? "" : duration(r.came) },
      { name: "How it came", text: (r) => this.tale(r).join(" ") },
    ], this.rows ?? []);
  }
}
