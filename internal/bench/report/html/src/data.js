// What the page was given, ready to draw. All times are microseconds since the run began.
import { countFrom } from "./format.js";

const fateWords = {
  delivered: "delivered",
  lost: "lost by chance",
  cut: "cut by a partition",
  dead: "to a dead node",
  nobody: "to nobody",
  unsettled: "still under way at the end",
};

/** load parses the page's data, but for what is large and not needed at first. */
export function load() {
  const data = JSON.parse(pieces("first").join(""));
  countFrom(data.zero);
  // Nodes may take long to start. Plots begin shortly before the load; the diagram of messages goes back to the start.
  data.from = Math.max(0, data.zero - (data.length - data.zero) / 50);
  if (data.messages) data.messages = messages(data);
  data.colors = colors(data);
  return data;
}

/** pieces are those in which the page has a part of the data. */
const pieces = (name) => [...document.querySelectorAll(`script[data-part="${name}"]`)].map((piece) => piece.textContent);

/** unpack parses a part that is compressed. */
async function unpack(name) {
  const packed = Uint8Array.from(atob(pieces(name).map((piece) => JSON.parse(piece)).join("")), (c) => c.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** complete adds what follows the script, once the page has been read: messages' bodies, and elements' ways. */
export async function complete(data) {
  if (data.spread) data.spread.elements = await unpack("ways");
  if (data.messages) data.messages.bodies = await unpack("bodies");
}

/** fateName says in words what became of a message. */
export const fateName = (name) => fateWords[name] ?? name;

function messages(data) {
  const m = data.messages;
  const n = m.id.length;
  const sent = new Float64Array(n), end = new Float64Array(n), withClient = new Uint8Array(n);
  for (let i = 0, at = 0; i < n; i++) {
    at += m.sent[i];
    sent[i] = at;
    end[i] = at + m.took[i];
  }
  // Lanes: the nodes, then services and whatever else nodes sent to. Clients have none:
  // they sit beside their nodes.
  const nodes = data.nodes.length;
  const client = m.names.map((name, i) => i >= nodes && name.startsWith("c"));
  const lanes = [...m.names.keys()].filter((i) => !client[i]);
  const laneOf = new Int32Array(m.names.length).fill(-1);
  lanes.forEach((name, lane) => { laneOf[name] = lane; });
  for (let i = 0; i < n; i++) withClient[i] = client[m.src[i]] || client[m.dest[i]] ? 1 : 0;
  const all = { ...m, n, sent, end, client, lanes, laneOf, withClient, longest: longest(m.took) };
  all.indexOf = (id) => m.id.indexOf(id);
  all.body = (i) => all.bodies ? all.bodies[i] : "(the page is still being read)";
  return all;
}

function longest(took) {
  let most = 0;
  for (const t of took) most = Math.max(most, t);
  return most;
}

/** colors gives the types that servers send most a color each; the others share one. */
function colors(data) {
  const totals = new Map();
  data.traffic?.sent.names.forEach((name, i) => totals.set(name, data.traffic.sent.counts[i].reduce((a, b) => a + b, 0)));
  const ranked = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  const variable = new Map(ranked.slice(0, 6).map((name, i) => [name, `--c${i}`]));
  return { ranked, totals, of: (name) => variable.get(name) ?? "--c6", named: (name) => variable.has(name) };
}
