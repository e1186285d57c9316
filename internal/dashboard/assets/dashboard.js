// The dashboard: a stream of states and flows, shown. Names come from clients and other members: they are
// put into the page as text only.
import { Picture, soon } from "./picture.js";

const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const NS = "http://www.w3.org/2000/svg";

// Numbers and times as people read them.
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const number = (n) => (n !== 0 && Math.abs(n) < 10 ? tenth : whole).format(n);
const compact = (n) => (n < 100000 ? number(n) : new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 }).format(n));
const clock = (ms) => new Date(ms).toLocaleTimeString("en-GB");
const of = (n, one, many = one + "s") => `${whole.format(n)} ${n === 1 ? one : many}`;

function bytes(n) {
  let unit = "B";
  for (const next of ["KiB", "MiB", "GiB", "TiB"]) {
    if (n < 1024) break;
    n /= 1024;
    unit = next;
  }
  return `${unit === "B" || n >= 100 ? whole.format(n) : tenth.format(n)} ${unit}`;
}

function span(s) {
  if (s < 1) return `${whole.format(s * 1000)} ms`;
  if (s < 60) return `${s < 10 ? tenth.format(s) : whole.format(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

const millis = (ms) => (ms < 1000 ? `${ms < 10 ? tenth.format(ms) : whole.format(ms)} ms` : span(ms / 1000));

// The page is changed only where it says something else: focus and selection stay.
function text(e, value) {
  if (e.textContent !== value) e.textContent = value;
}

function tag(name, className, content) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (content !== undefined) e.textContent = content;
  return e;
}

// fill fills a container with an element for each item: make(item) makes one, and its key tells whether
// that is still right.
function fill(parent, items, make, key = JSON.stringify) {
  items.forEach((item, i) => {
    const k = key(item), old = parent.children[i];
    if (old && old.dataKey === k) return;
    const e = make(item);
    e.dataKey = k;
    if (old) old.replaceWith(e);
    else parent.append(e);
  });
  while (parent.children.length > items.length) parent.lastElementChild.remove();
}

// rows fills a table. A cell is a text, an element, or [text, class].
function rows(body, list, columns, empty) {
  if (!list.length && empty) {
    return fill(body, [empty], () => {
      const tr = tag("tr"), td = tag("td", "none", empty);
      td.colSpan = columns;
      tr.append(td);
      return tr;
    });
  }
  fill(body, list, (cells) => {
    const tr = tag("tr");
    cells.forEach((cell, i) => {
      const [content, className] = Array.isArray(cell) ? cell : [cell, ""];
      const isHead = body.tagName === "THEAD", td = tag(i && !isHead ? "td" : "th", className);
      if (isHead) td.scope = "col";
      else if (!i) td.scope = "row";
      if (Array.isArray(content)) td.append(...content.flatMap((p) => (typeof p === "string" ? p : p.tag ? [" ", tag("span", "tag", p.tag)] : kindDot(p.kind))));
      else if (content && content.spark) td.append(spark(content.spark, "spark", content.about));
      else if (content && content.track) td.append(track(content.track));
      else td.textContent = content;
      tr.append(td);
    });
    return tr;
  });
}

function kindDot(kind) {
  const e = tag("i", `dot k-${kind}`);
  e.setAttribute("aria-hidden", "true");
  return e;
}

// spark draws values as a line with an area.
function spark(values, className, about) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 100 20");
  svg.setAttribute("preserveAspectRatio", "none");
  if (className) svg.setAttribute("class", className);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", about);
  if (values.length > 1) {
    const low = Math.min(...values), high = Math.max(...values), range = high - low || 1;
    const points = values.map((v, i) => `${((100 * i) / (values.length - 1)).toFixed(2)} ${(18.5 - (17 * (v - low)) / range).toFixed(2)}`);
    for (const [name, d] of [["area", `M0 20L${points.join("L")}L100 20Z`], ["line", `M${points.join("L")}`]]) {
      const path = document.createElementNS(NS, "path");
      path.setAttribute("class", name);
      path.setAttribute("d", d);
      svg.append(path);
    }
  }
  return svg;
}

// scale is where a latency is between 0.1 ms and 100 s, from 0 to 1.
const scale = (ms) => Math.max(0, Math.min(1, Math.log10(Math.max(ms, 0.1) / 0.1) / 6));

function track([from, to]) {
  const e = tag("span", "track"), bar = tag("i");
  bar.style.setProperty("--from", `${(scale(from) * 100).toFixed(1)}%`);
  bar.style.setProperty("--width", `${((scale(to) - scale(from)) * 100).toFixed(1)}%`);
  e.append(bar);
  e.setAttribute("role", "presentation");
  return e;
}

const picture = new Picture($("picture"), $("ring"), $("dots"), () => who());
let state = null;

// What the page shows of a state, section by section.

function figures(n, c) {
  const list = [
    ["Commands a second", compact(Math.round(n.commands)), n.rates.length > 1 ? { spark: n.rates, about: `the last ${of(n.rates.length, "second")}` } : `${compact(n.processed)} in all`],
    ["Elements", compact(c.elements), `in ${of(c.count, "collection")}`],
    ["Memory", bytes(n.memory), n.memoryLimit ? { meter: n.memory / n.memoryLimit, about: `${Math.round((100 * n.memory) / n.memoryLimit)}% of ${bytes(n.memoryLimit)}` } : "no limit"],
    ["Store", n.durable === "no" ? "none" : bytes(n.log + n.snapshot), n.durable === "no" ? "updates end with the process" : n.durable === "always" ? "on disk before the reply" : "on disk a second later"],
    ["Clients", compact(n.clients), `of ${whole.format(n.maxClients)} at most`],
    ["Up for", span(n.uptime), n.version],
  ];
  if (n.view) list.splice(4, 0, ["Pending", compact(n.pending), n.pending ? "not told to everyone yet" : "everyone was told"]);
  fill($("figures"), list, ([name, value, more]) => {
    const div = tag("div"), dd = tag("dd", "more", typeof more === "string" ? more : "");
    div.append(tag("dt", "", name), tag("dd", "value", value), dd);
    if (more.spark) {
      dd.remove();
      div.append(spark(more.spark, "", more.about));
    } else if (more.about) {
      dd.textContent = more.about;
      const meter = tag("meter");
      Object.assign(meter, { min: 0, max: 1, high: 0.9, low: 0.75, optimum: 0, value: more.meter });
      meter.setAttribute("aria-label", name);
      div.append(meter);
    }
    return div;
  });
}

function summary(s) {
  const n = s.node, up = s.members.filter((m) => m.up).length, equal = s.members.filter((m) => m.up && (m.equal || m.behind < soon)).length;
  const parts = [n.ready ? "Ready." : `Not ready: ${n.why}.`];
  if (s.members.length) {
    parts.push(`${up === s.members.length ? (up === 1 ? "The other member is" : `All ${up} other members are`) : `${up} of ${s.members.length} other members are`} up, ${equal === up && up ? (up === 1 ? "and proved equal" : "all proved equal") : `${equal} proved equal`}.`);
    parts.push(n.hub === n.name ? "This node is the hub." : `The hub is ${n.hub}.`);
  } else parts.push("No other member is known.");
  text($("summary"), parts.join(" "));
  text($("name"), n.name);
  text($("where"), n.cluster);
  document.title = `${n.ready ? "" : "! "}${n.name} · gsetd`;
  root.dataset.ready = n.ready ? "yes" : "no";
  text($("foot"), `gsetd ${n.version}. Clients connect to ${n.serves}${n.address ? `, members to ${n.address}` : ""}.${n.roundTrip ? ` Round trip to members: ${millis(n.roundTrip)}, smoothed.` : ""}`);
}

// equality tells what a member has proved.
function equality(m) {
  if (m.equal) return ["proved", "good"];
  if (!m.up) return ["not proved", "soft"];
  return m.behind < soon ? [`proved, but for the last ${span(m.behind)}`, "good"] : [`not proved for ${span(Math.floor(m.behind))}`, "unsure"];
}

function members(s) {
  const n = s.node;
  const list = [[[[n.name, { tag: "this node" }, ...(n.hub === n.name && s.members.length ? [{ tag: "hub" }] : [])]], [`up ${span(n.uptime)}`, "good nowrap"], ["itself", "soft"], ["", "num"], ["", "num"], [n.incarnation, "mono"], [n.address, "mono"]]];
  for (const m of s.members) {
    list.push([
      [[m.name, ...(n.hub === m.name ? [{ tag: "hub" }] : [])]],
      [`${m.up ? "up" : "down"} ${span(Math.floor(m.since))}${m.up && !m.connected ? ", no link" : ""}`, m.up ? (m.connected ? "good nowrap" : "unsure") : "bad nowrap"],
      equality(m),
      [m.waiting ? bytes(m.waiting) : "0", "num"], [bytes(m.sent), "num"], [m.life, "mono"], [m.address, "mono"],
    ]);
  }
  rows(document.querySelector("#members tbody"), list, 7);
  const problems = s.members.filter((m) => m.problem && !m.connected).map((m) => `${m.name}: ${m.problem}.`);
  text($("members-words"), s.members.length
    ? `What this node knows of the others.${s.more ? ` ${of(s.more, "more member")} not shown.` : ""} ${problems.slice(0, 3).join(" ")}`
    : "This node is alone.");
}

function latency(s) {
  const table = document.querySelector("#latency table"), list = s.latency;
  const to = [...new Set(list.map((l) => l.to))].sort(), from = [...new Set(list.map((l) => l.from))].sort();
  const only = from.length === 1;
  text($("latency-words"), !list.length ? "No update has been timed yet."
    : only ? "How long updates of this node took from its disk until a member was proved to hold them, timed from time to time by this node’s clock. This is one row of a matrix: messages carry no times, so what others have timed is known to them alone. Their own pages have it, and gset_replication_latency_seconds of all members in Prometheus."
    : "How long updates of a member (row) took from its disk until another (column) was proved to hold them: for half of them, and for 99 of 100, at most.");
  table.className = only ? "" : "matrix";
  table.hidden = !list.length;
  if (!table.tHead) table.append(tag("thead"), tag("tbody"));
  if (only) {
    rows(table.tHead, [["Member", ["last", "num"], ["half within", "num"], ["99 of 100 within", "num"], ["timed", "num"], ["missed", "num"], ["0.1 ms to 100 s", "track-cell"]]], 7);
    rows(table.tBodies[0], list.map((l) => [l.to, [millis(l.last), "num"], [millis(l.p50), "num"], [millis(l.p99), "num"], [compact(l.count), "num"], [compact(l.missed), l.missed ? "num unsure" : "num"], [{ track: [l.p50, l.p99] }, "track-cell"]]), 7);
    return;
  }
  const at = new Map(list.map((l) => [JSON.stringify([l.from, l.to]), l]));
  rows(table.tHead, [["", ...to]], to.length + 1);
  rows(table.tBodies[0], from.map((f) => [f, ...to.map((t) => {
    const l = at.get(JSON.stringify([f, t]));
    return l ? [`${millis(l.p50)} / ${millis(l.p99)}`, "heat"] : ["·", "heat soft"];
  })]), to.length + 1);
  from.forEach((f, i) => to.forEach((t, j) => {
    const l = at.get(JSON.stringify([f, t])), cell = table.tBodies[0].rows[i]?.cells[j + 1];
    if (l && cell) cell.style.setProperty("--heat", `${Math.round(scale(l.p99) * 60)}%`);
  }));
}

// at is an address beside the page. The page's own may have a name and a password in it, which fetch refuses.
const at = (path) => new URL(path, location.origin + location.pathname);

// Collections: the largest, or what a search has found.

let search = null; // { name, found, looked, cursor }

const sizes = (c) => {
  let sum = 0;
  return c.growth.map((d) => (sum += d));
};

const thousands = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

function collections(c) {
  const list = search ? search.found : c.shown;
  const minutes = c.every; // 60 sizes
  rows(document.querySelector("#collections tbody"), list.map((x) => {
    const history = sizes(x), last = history.length - 1;
    return [x.name, x.kind, [x.kind === "counter" ? thousands(x.value) : whole.format(x.size), "num"], [last > 0 ? (x.rate ? (x.rate > 0 ? "+" : "−") + number(Math.abs(x.rate)) : "0") : "", "num"],
      last > 0 ? { spark: history, about: `from ${whole.format(history[0])} to ${whole.format(history[last])}` } : ""];
  }), 5, search ? "No such name." : "There are none yet. A client makes one by SADD or INCR.");
  text($("collections-words"), search ? "Names that have what you look for."
    : c.count > c.shown.length ? `The largest ${c.shown.length} of ${whole.format(c.count)}${c.scanned < 0.995 ? `, of those looked at so far (${Math.floor(100 * c.scanned)}%)` : ""}, and their growth over the last ${number(minutes)} minutes at most.`
    : `All of them, and their growth over the last ${number(minutes)} minutes at most.`);
  text($("found"), search ? (search.problem || `${of(search.found.length, "collection")} found, ${of(search.looked, "name")} looked at.`) : "");
  if (!search?.cursor && document.activeElement === $("further")) $("filter").focus();
  $("further").hidden = !search?.cursor;
}

async function look(name, cursor = "") {
  const mine = cursor && search ? search : { name, found: [], looked: 0, cursor: "" };
  search = mine;
  try {
    const response = await fetch(at(`collections?${new URLSearchParams({ name, cursor })}`));
    if (!response.ok) throw new Error((await response.text()).trim());
    const found = await response.json();
    mine.found = mine.found.concat(found.collections).slice(0, 500);
    mine.looked += found.looked;
    mine.cursor = found.cursor;
    mine.problem = "";
  } catch (e) {
    mine.problem = `The search failed: ${e.message}.`;
    mine.cursor = cursor;
  }
  if (search === mine && state) collections(state.collections);
}

let typing = 0;
$("filter").addEventListener("input", () => {
  clearTimeout(typing);
  const name = $("filter").value;
  if (name) typing = setTimeout(() => look(name), 200);
  else {
    search = null;
    if (state) collections(state.collections);
  }
});
$("filter").form.addEventListener("submit", (e) => e.preventDefault());
$("further").addEventListener("click", () => look(search.name, search.cursor));

function repairs(s) {
  text($("repairs-words"), !s.members.length ? "A node alone has nobody to be equal to."
    : s.repairs.length ? "Exchanges by which this node and a member became equal after messages were lost, or either was away."
    : "No repair since this node started: all updates came by gathers and scatters.");
  rows($("repair-table").tBodies[0], s.repairs.map((r) => [[clock(r.began), "nowrap"], r.peer, [span(r.took), "num"], [whole.format(r.messages), "num"], [bytes(r.sent), "num"], [bytes(r.heard), "num"],
    r.end === "equal" ? ["equal", "good"] : r.end ? [r.end, "soft"] : ["under way", "unsure nowrap"]]), 7, "None.");
  rows($("view-table").tBodies[0], s.views.map((v) => [[clock(v.at), "nowrap"], v.view, v.hub]), 3, "None.");
}

function log(s) {
  fill($("events"), s.events, (e) => {
    const li = tag("li"), time = tag("time", "", clock(e.at));
    li.append(time, tag("span", { good: "good", warn: "bad" }[e.level] || "", `${e.peer ? e.peer + " " : ""}${e.text}${e.count > 1 ? ` (${whole.format(e.count)} times)` : ""}`));
    return li;
  });
}

function traffic(s) {
  rows($("traffic").tBodies[0], s.traffic.map((t) => [[[{ kind: t.kind }, ` ${t.kind}`]], [whole.format(t.sent), "num"], [bytes(t.sentBytes), "num"], [whole.format(t.heard), "num"], [bytes(t.heardBytes), "num"]]), 5, "None: this node is alone.");
}

// who tells about the member that was picked in the picture.
function who() {
  if (!state) return;
  const name = picture.chosen, n = state.node, m = state.members.find((x) => x.name === name);
  const isSelf = name === n.name;
  const list = isSelf ? [["Updates by clients", whole.format(n.updates)], ["Pending", whole.format(n.pending)], ["View", n.view || "none"], ["Incarnation", n.incarnation || "none"]]
    : m ? [[m.up ? "Up" : "Down", "for " + span(Math.floor(m.since))], ["Equal to this node", equality(m)[0]], ["Link", m.connected ? "open" : m.problem || "none"], ["Sent to it", bytes(m.sent)], ["Waiting", bytes(m.waiting)]]
    : [];
  const l = m && state.latency.find((x) => x.from === n.name && x.to === name);
  if (l) list.push(["Latency to it", `${millis(l.last)} at last`]);
  fill($("who"), [[name, list]], ([name, list]) => {
    const box = tag("div");
    if (!list.length) {
      box.append(tag("p", "soft", "Point at a member, or go to the picture by Tab and from member to member by arrow keys, to read what this node knows of it."));
      return box;
    }
    const dl = tag("dl");
    for (const [k, v] of list) dl.append(tag("dt", "", k), tag("dd", "", v));
    const h = tag("h3", "", name);
    box.append(h, dl);
    return box;
  });
}

// What has just happened, in words.
let latest = [];

function tick(flow) {
  const self = state?.node.name;
  for (const m of flow.messages) {
    const updates = m.parts - (m.beacons || 0);
    const parts = [updates || !m.beacons ? (updates ? of(updates, "update") : "no updates") : "", m.beacons ? of(m.beacons, "beacon") : ""].filter(Boolean).join(" and ");
    const what = m.kind === "write" ? `${parts} written here`
      : `${m.kind}${m.count > 1 ? ` ×${m.count}` : ""} ${m.from === self ? `to ${m.to}` : `from ${m.from}`}${m.root && m.root !== m.from ? ` of ${m.root}` : ""}, ${parts}`;
    latest.unshift({ kind: m.kind, what, at: clock(m.at) });
  }
  latest = latest.slice(0, 9);
  $("ticker-none").hidden = latest.length > 0;
  fill($("ticker"), latest, (m) => {
    const li = tag("li"), what = tag("span", "what", m.what);
    what.title = m.what;
    li.append(kindDot(m.kind), what, tag("time", "", m.at));
    return li;
  });
  const dropped = picture.dropped + (flow.missed || 0);
  picture.dropped = 0;
  if (dropped) text($("dropped"), `${of(dropped, "message")} more than the picture holds`);
  else if (flow.messages.length) text($("dropped"), "");
}

$("pause").addEventListener("click", () => {
  picture.paused = !picture.paused;
  $("pause").setAttribute("aria-pressed", String(picture.paused));
  text($("pause"), picture.paused ? "Go on" : "Pause");
});
$("infer").addEventListener("change", () => (picture.infer = $("infer").checked));

// The stream.

let stream = null, heard = 0, seen = 0;

function show(s) {
  state = s;
  seen = Date.now();
  picture.show(s);
  summary(s);
  figures(s.node, s.collections);
  traffic(s);
  members(s);
  latency(s);
  collections(s.collections);
  repairs(s);
  log(s);
  who();
  root.dataset.first ??= String(Math.round(performance.now()));
}

function live(yes, why) {
  root.dataset.live = yes ? "yes" : "no";
  text($("live"), yes ? "Live" : `${why}${seen ? ` This is as of ${clock(seen)}.` : ""}`);
}

function receive(event) {
  const u = JSON.parse(event.data);
  heard = Date.now();
  if (u.state) show(u.state);
  if (u.error) return live(false, `No news: ${u.error}.`);
  if (state) live(true);
  if (u.flow && state) {
    picture.play(u.flow.messages);
    if (!picture.paused) tick(u.flow);
    root.dataset.flows = String(Number(root.dataset.flows || 0) + 1);
  }
}

function open() {
  stream?.close();
  stream = new EventSource("events");
  stream.onmessage = receive;
  stream.onerror = () => {
    live(false, "No connection to the node.");
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => !document.hidden && open(), 5000);
  };
}

setInterval(() => {
  if (stream && heard && Date.now() - heard > 4000) live(false, "No news from the node.");
}, 1000);

// A page that nobody looks at asks for nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else if (!stream) {
    heard = 0;
    open();
  }
});
open();
