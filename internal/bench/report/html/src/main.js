// Puts the report together: each section that there is something to show for.
import { h } from "./dom.js";
import { Latency } from "./latency.js";
import { Load } from "./load.js";
import { SpaceTime } from "./spacetime.js";
import { Spread } from "./spread.js";
import { load } from "./data.js";
import { overTime } from "./series.js";

function start() {
  const data = load();
  const sections = [["verdict", "Verdict"]], parts = [];
  const add = (id, title, part, element) => {
    sections.push([id, title]);
    parts.push([part, element]);
  };
  let spacetime, spread;
  if (data.messages?.n > 0) {
    spacetime = new SpaceTime(data);
    add("messages", "Messages", spacetime, spacetime.element());
  }
  if (data.elements) {
    const latency = new Latency(data, (value, reveal) => spread?.choose(value, reveal));
    add("latency", "Stable latency", latency, latency.element());
  }
  if (data.spread?.elements.length > 0) {
    spread = new Spread(data, (id) => {
      spacetime.goTo(data.messages.byId.get(id));
      document.getElementById("messages").scrollIntoView();
      spacetime.plot.element.focus({ preventScroll: true });
    });
    add("spread", "Spread", spread, spread.element());
  }
  if (data.operations?.total > 0 || data.traffic?.sent.names.length > 0) {
    const time = overTime(data);
    add("time", "Over time", time, time.element);
  }
  if (data.load.length > 0 && data.traffic?.sent.names.length > 0) {
    const table = new Load(data);
    add("load", "Load", table, table.element());
  }
  document.getElementById("plots").replaceChildren(...parts.map(([, element]) => element));
  document.getElementById("sections").append(...sections.map(([id, title]) => h("a", { href: `#${id}` }, title)));
  for (const [part] of parts) part.mount();
  document.documentElement.dataset.ready = Math.round(performance.now()); // for those who wait for it, and measure
}

start();
