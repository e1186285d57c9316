// Load by node and type, as a table whose cells hold bars.
import { h, lazyDetails, section, swatch, table } from "./dom.js";
import { bytes, count } from "./format.js";

export class Load {
  constructor(data) {
    this.data = data;
    this.types = data.traffic.sent.names;
    this.order = data.colors.ranked.map((name) => this.types.indexOf(name));
    this.rows = data.load.map((l, i) => ({ ...l, i, sentTotal: sum(l.sent), receivedTotal: sum(l.received) }));
    this.most = Math.max(1, ...this.rows.flatMap((r) => [r.sentTotal, r.receivedTotal]));
    this.columns = [
      { name: "Node", key: (r) => -r.i, head: true },
      { name: "Sent", key: (r) => r.sentTotal, number: true },
      { name: "", bars: "sent" },
      { name: "Received", key: (r) => r.receivedTotal, number: true },
      { name: "", bars: "received" },
      { name: "Bytes sent", key: (r) => r.sentBytes, number: true, optional: true },
      { name: "Bytes received", key: (r) => r.receivedBytes, number: true, optional: true },
    ];
    this.sorted = { column: 0, descending: true };
    this.scroll = h("div", { class: "scroll load", tabindex: "0", role: "region", "aria-label": "Load by node" });
  }

  element() {
    const named = this.data.colors.ranked.filter(this.data.colors.named);
    const more = this.data.colors.ranked.length - named.length;
    return section("load", "Load by node and type",
      h("p", { class: "lead" }, "Messages between nodes and services that each sent and received. A click on a column's name sorts by it."),
      h("p", { class: "bar" }, named.map((name) => h("span", { class: "keys" }, h("span", {}, swatch(this.data.colors.of(name)), " ", name))), more > 0 && h("span", { class: "keys" }, h("span", {}, swatch("--c6"), " other types"))),
      this.scroll,
      lazyDetails("By type, in numbers", () => table("Messages sent and received, by node and type", [
        { name: "Node", head: true, text: (r) => r.name },
        ...this.order.map((t) => ({ name: this.types[t], number: true, text: (r) => `${count(r.sent[t])} / ${count(r.received[t])}` })),
      ], this.rows), { id: "load-table" }));
  }

  mount() { this.fill(); }

  fill() {
    const { column, descending } = this.sorted, key = this.columns[column].key;
    const rows = [...this.rows].sort((a, b) => (descending ? key(b) - key(a) : key(a) - key(b)) || a.i - b.i);
    const heads = this.columns.map((c, i) => {
      const props = { scope: "col", class: [c.number && "num", c.optional && "optional"].filter(Boolean).join(" ") || null };
      if (!c.key) return h("td", props);
      if (i === column) props["aria-sort"] = (c.head ? !descending : descending) ? "descending" : "ascending";
      return h("th", props, h("button", { type: "button", click: () => this.sort(i) }, c.name));
    });
    this.scroll.replaceChildren(h("table", {}, h("caption", { class: "hidden" }, "Load by node"),
      h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows.map((r) => this.row(r)))));
  }

  sort(column) {
    this.sorted = { column, descending: this.sorted.column === column ? !this.sorted.descending : true };
    this.fill();
    this.scroll.querySelectorAll("th button")[this.columns.filter((c, i) => c.key && i < column).length]?.focus();
  }

  row(r) {
    return h("tr", {}, h("th", { scope: "row" }, r.name),
      h("td", { class: "num" }, count(r.sentTotal)), this.bars(r.sent),
      h("td", { class: "num" }, count(r.receivedTotal)), this.bars(r.received),
      h("td", { class: "num optional" }, bytes(r.sentBytes)), h("td", { class: "num optional" }, bytes(r.receivedBytes)));
  }

  /** bars draws counts by type, the types sent most first. */
  bars(counts) {
    const stack = h("div", { class: "stack" });
    for (const t of this.order) {
      if (counts[t] === 0) continue;
      const bar = h("i", { title: `${this.types[t]}: ${count(counts[t])}` });
      bar.style.width = `${100 * counts[t] / this.most}%`;
      bar.style.background = `var(${this.data.colors.of(this.types[t])})`;
      stack.append(bar);
    }
    return h("td", { class: "wide", "aria-hidden": "true" }, stack);
  }
}

function sum(list) { return list.reduce((a, b) => a + b, 0); }
