// Puts the report together: each section that there is something to show for.
import { h } from "./dom.js";
import { Latency } from "./latency.js";
import { Load } from "./load.js";
import { SpaceTime } from "./spacetime.js";
import { Spread } from "./spread.js";
import { complete, load } from "./data.js";
import { overTime } from "./series.js";

function start() {
  const data = load(), at = (id) => document.getElementById(id);
  const sections = []; // each with a function that makes what it shows
  const add = (id, title, make) => sections.push({ id, title, make });
  let spacetime, spread;
  if (data.messages?.n > 0) add("messages", "Messages", () => spacetime = new SpaceTime(data));
  if (data.elements) add("latency", "Stable latency", () => new Latency(data, (value, reveal) => spread?.choose(value, reveal)));
  if (data.spread?.followed > 0) {
    add("spread", "Spread", () => spread = new Spread(data, (id) => {
      spacetime.goTo(data.messages.indexOf(id));
      at("messages").scrollIntoView();
      spacetime.plot.element.focus({ preventScroll: true });
    }));
  }
  if (data.operations?.total > 0 || data.traffic?.sent.names.length > 0) add("time", "Over time", () => overTime(data));
  if (data.load.length > 0 && data.traffic?.sent.names.length > 0) add("load", "Load", () => new Load(data));
  at("sections").append(...[{ id: "verdict", title: "Verdict" }, ...sections].map(({ id, title }) => h("a", { href: `#${id}` }, title)));
  at("plots").replaceChildren();
  show(sections[0]);
  document.documentElement.dataset.ready = Math.round(performance.now()); // for those who wait for it, and measure
  const rest = () => showAll(data, sections.slice(1));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", rest, { once: true }); else rest();
}

function show(section) {
  if (!section) return;
  const part = section.make();
  document.getElementById("plots").append(part.element());
  part.mount();
}

/** showAll shows sections one by one, in the time that drawing leaves. */
async function showAll(data, sections) {
  await complete(data);
  for (const section of sections) {
    show(section);
    await new Promise((done) => setTimeout(done));
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  document.documentElement.dataset.whole = Math.round(performance.now());
}

start();
