// What the filters let through, and the words for one message.
import { h, swatch } from "./dom.js";
import { bytes, count, duration, seconds } from "./format.js";
import { fateName } from "./data.js";

const togglesShown = 8;

/** filters holds what the reader wants to see of the messages. */
export class Filters {
  constructor(data) {
    this.data = data;
    this.m = data.messages;
    this.hidden = new Set(); // keys of toggles that are off
    this.node = -1;
    this.undelivered = false;
    this.text = "";
    const named = data.colors.ranked.slice(0, togglesShown);
    this.toggles = named.map((name) => ({ key: name, label: name, n: data.colors.totals.get(name), variable: data.colors.of(name) }));
    const others = data.colors.ranked.slice(togglesShown);
    if (others.length > 0) {
      const n = others.reduce((sum, name) => sum + data.colors.totals.get(name), 0);
      this.toggles.push({ key: "\0other", label: `${others.length} other types`, n, variable: "--c6" });
    }
    if (this.m.clients.all > 0) this.toggles.push({ key: "\0client", label: "clients' requests and replies", n: this.m.clients.all, variable: "--faint" });
    const keyOfType = this.m.types.map((name) => named.includes(name) ? name : "\0other");
    this.key = (i) => this.m.withClient[i] ? "\0client" : keyOfType[this.m.type[i]];
  }

  /** shown lists the messages that pass, in the order sent. */
  shown() {
    const m = this.m, list = [], text = this.text.toLowerCase();
    for (let i = 0; i < m.n; i++) {
      if (this.undelivered && m.fate[i] === 0) continue;
      if (this.node >= 0 && m.src[i] !== this.node && m.dest[i] !== this.node) continue;
      if (this.hidden.has(this.key(i))) continue;
      if (text && !m.body(i).toLowerCase().includes(text)) continue;
      list.push(i);
    }
    return Int32Array.from(list);
  }

  /** controls makes the filters' form; changed is called after each change. */
  controls(changed) {
    const types = h("fieldset", { class: "keys", id: "types" }, h("legend", { class: "hidden" }, "Types of messages shown"),
      this.toggles.map((t) => h("label", {},
        h("input", { type: "checkbox", checked: true, "data-key": t.key.replace("\0", "+"), change: (e) => {
          if (e.target.checked) this.hidden.delete(t.key); else this.hidden.add(t.key);
          changed();
        } }), swatch(t.variable), t.label, h("span", { class: "n" }, count(t.n)))),
      this.m.dropped.all > 0 && h("label", {},
        h("input", { type: "checkbox", id: "undelivered", change: (e) => { this.undelivered = e.target.checked; changed(); } }),
        h("span", { class: "swatch cross", "aria-hidden": "true" }, "×"), "only those not delivered", h("span", { class: "n" }, count(this.m.dropped.all))));
    const node = h("select", { id: "node", change: (e) => { this.node = Number(e.target.value); changed(); } },
      h("option", { value: "-1" }, "every node"),
      this.m.lanes.map((name) => h("option", { value: name }, this.m.names[name])));
    const text = h("input", { type: "search", id: "text", placeholder: "body contains", "aria-label": "Body contains",
      input: (e) => { this.text = e.target.value; changed(); } });
    return [types, h("label", {}, "To or from ", node), text];
  }
}

/** describe says one message in elements: a line, why it was not delivered, and its body. */
export function describe(data, i) {
  const m = data.messages, fate = m.fates[m.fate[i]];
  const because = m.reasons[m.reason[i]] || (fate === "cut" ? inForce(data, m.end[i]) : "");
  const took = fate === "delivered" ? `took ${duration(m.took[i])}` : "";
  return [
    h("p", {}, h("b", {}, `${m.names[m.src[i]]} → ${m.names[m.dest[i]]}`), ` ${m.types[m.type[i]]}`,
      ` · sent at ${seconds(m.sent[i])}`, took && ` · ${took}`, ` · ${bytes(m.size[i])} · message ${m.id[i]}`),
    fate !== "delivered" && h("p", { class: "why" }, `× ${fateName(fate)}${because ? `: ${because}` : ""}`),
    h("code", { class: "body" }, m.body(i) || "(no body kept)"),
  ].filter(Boolean);
}

/** inForce names the partitions at a time. */
function inForce(data, at) {
  return data.faults.filter((f) => f.kind === "partition" && f.from <= at && at <= f.to).map((f) => f.words).join("; ");
}

/** thinning says what part of the messages is drawn; "" if all are. */
export function thinning(m) {
  const part = (t, what) => t.shown < t.all ? `${count(t.shown)} of ${count(t.all)} ${what}` : "";
  const parts = [part(m.delivered, "messages between nodes"), part(m.clients, "clients' messages"), part(m.dropped, "messages not delivered")].filter(Boolean);
  return parts.length ? `Thinned out at random: drawn are ${parts.join(", ")}. Counts in the filters and all other plots are of all messages; messages.jsonl.gz has every one.` : "";
}
