// The picture of updates crossing the cluster: members on a circle in an SVG, and messages as
// dots on a canvas above it. It draws what it is given, and marks what it infers.

const NS = "http://www.w3.org/2000/svg";
const travel = 900; // milliseconds that a message takes from member to member here
const mostDots = 240; // at a time
export const soon = 15; // seconds: equal members prove it from time to time only
const mostDelay = 2000; // milliseconds by which a message may be shown later than it came

function make(tag, attributes, parent) {
  const e = document.createElementNS(NS, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  if (parent) parent.append(e);
  return e;
}

function short(name, n) {
  const runes = [...name];
  return runes.length > n ? runes.slice(0, n - 1).join("") + "…" : name;
}

export class Picture {
  constructor(box, svg, canvas, picked) {
    Object.assign(this, { box, svg, canvas, picked, members: new Map(), names: [], self: "", hub: "", dots: [], rings: [], chosen: "" });
    this.infer = true;
    this.paused = false;
    this.dropped = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.orbit = make("ellipse", { class: "orbit" }, svg);
    this.links = make("g", {}, svg);
    this.nodes = make("g", {}, svg);
    new ResizeObserver(() => this.layout()).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.ink());
    box.addEventListener("keydown", (e) => this.key(e));
    this.ink();
  }

  // ink reads the colors of the scheme.
  ink() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    const repair = of("--repair");
    this.colors = { gather: of("--gather"), scatter: of("--scatter"), answer: of("--answer"), write: of("--write"), probe: repair, diff: repair, cells: repair };
  }

  // show shows the members of a state.
  show(state) {
    this.self = state.node.name;
    this.hub = state.node.hub;
    this.info = new Map(state.members.map((m) => [m.name, m]));
    const names = [this.self, ...this.info.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const changed = names.length !== this.names.length || names.some((n, i) => n !== this.names[i]);
    if (changed) {
      this.names = names;
      this.build();
    }
    for (const [name, node] of this.members) this.dress(name, node);
  }

  // build makes the elements of all members anew.
  build() {
    const focused = this.nodes.contains(document.activeElement);
    this.members.clear();
    this.links.replaceChildren();
    this.nodes.replaceChildren();
    this.dots = this.dots.filter((d) => this.names.includes(d.from) && this.names.includes(d.to));
    for (const name of this.names) {
      const g = make("g", { role: "button" }, this.nodes);
      const node = { g, link: name === this.self ? null : make("path", {}, this.links) };
      make("circle", { r: 17, class: "aim" }, g);
      make("circle", { r: 13.5, class: "hub" }, g);
      make("circle", { r: 8.5, class: "body" }, g);
      make("path", { d: "M-4-4 4 4M4-4-4 4", class: "cross" }, g);
      node.text = make("text", {}, g);
      node.label = make("tspan", {}, node.text);
      node.role = make("tspan", { class: "role" }, node.text);
      g.addEventListener("click", () => this.pick(name));
      g.addEventListener("focus", () => this.pick(name));
      this.members.set(name, node);
    }
    if (!this.members.has(this.chosen)) this.chosen = "";
    this.layout();
    if (focused && this.chosen) this.members.get(this.chosen).g.focus();
  }

  // layout puts the members on the circle.
  layout() {
    const w = this.box.clientWidth;
    if (!w || !this.names.length) return;
    const narrow = w < 480;
    const h = Math.round(Math.max(300, Math.min(540, w * 0.82)));
    this.box.style.height = h + "px";
    this.svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = w * scale;
    this.canvas.height = h * scale;
    this.scale = scale;
    const rx = Math.min(w / 2 - (narrow ? 78 : 112), h * 0.62), ry = h / 2 - 46;
    const n = this.names.length;
    for (const [k, v] of Object.entries({ cx: w / 2, cy: h / 2, rx: n > 1 ? rx : 0, ry })) this.orbit.setAttribute(k, v);
    this.names.forEach((name, i) => {
      const angle = (2 * Math.PI * i) / n - Math.PI / 2, node = this.members.get(name);
      const cos = Math.cos(angle), sin = Math.sin(angle);
      node.x = n === 1 ? w / 2 : w / 2 + rx * cos;
      node.y = n === 1 ? h / 2 : h / 2 + ry * sin;
      node.g.setAttribute("transform", `translate(${node.x.toFixed(1)} ${node.y.toFixed(1)})`);
      const side = Math.abs(cos) < 0.1 ? 0 : Math.sign(cos);
      node.text.setAttribute("text-anchor", side < 0 ? "end" : side > 0 ? "start" : "middle");
      node.text.setAttribute("x", side ? (18 * cos + 3 * side).toFixed(1) : 0);
      node.text.setAttribute("y", (side ? 4 + 18 * sin : sin < 0 ? -21 : 31).toFixed(1));
      node.side = side;
      node.wide = narrow ? 9 : 15;
    });
    for (const [name, node] of this.members) this.dress(name, node);
  }

  // dress shows how a member is.
  dress(name, node) {
    const m = this.info.get(name), isSelf = name === this.self, isHub = name === this.hub && this.names.length > 1;
    const parts = ["m"];
    if (isSelf) parts.push("self");
    else if (!m.up) parts.push("down");
    else if (m.equal) parts.push("equal");
    else if (m.behind < soon) parts.push("near");
    if (isHub) parts.push("hub");
    if (name === this.chosen) parts.push("picked");
    node.g.setAttribute("class", parts.join(" "));
    const roles = [];
    if (isSelf) roles.push("this node");
    if (isHub) roles.push("hub");
    const how = isSelf ? "" : m.up ? (m.equal ? ", up, proved equal" : m.behind < soon ? ", up, proved equal some seconds ago" : ", up, not proved equal") : ", down";
    node.g.setAttribute("aria-label", name + (roles.length ? ", " + roles.join(", ") : "") + how);
    node.g.setAttribute("tabindex", name === (this.chosen || this.self) ? 0 : -1);
    node.label.textContent = short(name, node.wide || 15);
    node.role.textContent = roles.length ? (node.side ? "" : " ") + roles.join(", ") : "";
    if (node.side && roles.length) {
      node.role.setAttribute("x", node.text.getAttribute("x"));
      node.role.setAttribute("dy", "1.2em");
    } else {
      node.role.removeAttribute("x");
      node.role.removeAttribute("dy");
    }
    if (node.link && node.x !== undefined) {
      const p = this.path(this.self, name);
      node.link.setAttribute("d", `M${p.x0} ${p.y0}L${p.x1} ${p.y1}`);
      node.link.setAttribute("class", m.connected ? "link" : "link off");
    }
  }

  pick(name) {
    if (this.chosen === name) return;
    this.chosen = name;
    for (const [n, node] of this.members) this.dress(n, node);
    this.picked(name);
  }

  key(e) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    const n = this.names.length, at = Math.max(0, this.names.indexOf(this.chosen || this.self));
    let to = at;
    if (step) to = (at + step + n) % n;
    else if (e.key === "Home") to = 0;
    else if (e.key === "End") to = n - 1;
    else if (e.key === "Escape") return this.pick("");
    else return;
    e.preventDefault();
    this.members.get(this.names[to]).g.focus();
  }

  // path returns the way of a message: a curve to the right of the straight line, so that there and
  // back are apart.
  path(from, to) {
    const a = this.members.get(from), b = this.members.get(to);
    return { x0: a.x, y0: a.y, x1: b.x, y1: b.y, cx: (a.x + b.x) / 2 - (b.y - a.y) * 0.09, cy: (a.y + b.y) / 2 + (b.x - a.x) * 0.09 };
  }

  // play shows messages in their order: what was sent after something was heard leaves this node
  // after that has come in, and what was heard after something was sent leaves its sender after that.
  play(messages) {
    if (this.paused || document.hidden) return;
    const now = performance.now();
    let heard = now;
    const sent = new Map();
    for (const m of messages) {
      if (!this.members.has(m.from) || (m.to && !this.members.has(m.to))) continue;
      if (m.kind === "write") {
        this.ring(m.from, m.kind, heard);
        continue;
      }
      const isOwn = m.from === this.self, other = isOwn ? m.to : m.from;
      const start = Math.min(now + mostDelay, Math.max(isOwn ? heard : sent.get(m.root || other) || now, now));
      this.dot(m.from, m.to, m, start, false);
      if (isOwn) sent.set(other, start + travel);
      else if (m.parts) heard = Math.max(heard, start + travel);
      if (!isOwn && m.parts) this.inferred(m, start);
    }
    this.run();
  }

  inferred(m, start) {
    if (!this.infer) return;
    const origin = m.root || m.from;
    if (!this.members.has(origin)) return;
    if (m.kind === "gather" || (m.kind === "scatter" && origin !== this.hub)) this.ring(origin, m.kind, start);
    if (m.kind !== "scatter") return;
    for (const name of this.names) {
      if (name !== this.self && name !== origin && this.info.get(name)?.up) this.dot(origin, name, m, start, true);
    }
  }

  dot(from, to, m, start, inferred) {
    if (this.dots.length >= mostDots) {
      this.dropped++;
      return;
    }
    this.dots.push({ from, to, color: this.colors[m.kind] || this.colors.scatter, size: m.parts ? Math.min(7, 3 + Math.log10(m.parts + 1)) : 2, faint: !m.parts && m.kind !== "probe", start, inferred });
  }

  ring(at, kind, start) {
    if (this.rings.length < mostDots) this.rings.push({ at, color: this.colors[kind], start });
  }

  run() {
    if (!this.running) {
      this.running = true;
      requestAnimationFrame((t) => this.frame(t));
    }
  }

  frame(now) {
    const c = this.canvas.getContext("2d");
    c.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const still = this.still.matches;
    this.dots = this.dots.filter((d) => now < d.start + travel);
    this.rings = this.rings.filter((r) => now < r.start + travel);
    for (const r of this.rings) if (now >= r.start) this.drawRing(c, r, (now - r.start) / travel, still);
    for (const d of this.dots) if (now >= d.start) this.drawDot(c, d, (now - d.start) / travel, still);
    c.globalAlpha = 1;
    if (this.dots.length || this.rings.length) {
      // Whoever wants less motion sees ways that light up, four times a second.
      if (still) setTimeout(() => requestAnimationFrame((t) => this.frame(t)), 250);
      else requestAnimationFrame((t) => this.frame(t));
    } else this.running = false;
  }

  drawRing(c, r, t, still) {
    const node = this.members.get(r.at);
    if (!node) return;
    c.globalAlpha = still ? 0.8 : (1 - t) * 0.9;
    c.strokeStyle = r.color;
    c.lineWidth = 2;
    c.setLineDash([]);
    c.beginPath();
    c.arc(node.x, node.y, still ? 20 : 10 + 24 * (1 - (1 - t) ** 3), 0, 7);
    c.stroke();
  }

  // drawTail draws what a dot leaves behind: as wide as the dot at its end, and nothing at its beginning.
  drawTail(c, d, at, from, to) {
    const steps = 12, left = [], right = [], [x0, y0] = at(from), [x1, y1] = at(to);
    for (let i = 0; i <= steps; i++) {
      const t = from + ((to - from) * i) / steps, [x, y] = at(t), [nx, ny] = at(t + 0.01);
      const length = Math.hypot(nx - x, ny - y) || 1, half = (d.size * 0.8 * i) / steps;
      left.push([x - ((ny - y) / length) * half, y + ((nx - x) / length) * half]);
      right.unshift([x + ((ny - y) / length) * half, y - ((nx - x) / length) * half]);
    }
    const fade = c.createLinearGradient(x0, y0, x1, y1);
    fade.addColorStop(0, "transparent");
    fade.addColorStop(1, d.color);
    c.globalAlpha = d.faint ? 0.3 : 0.6;
    c.fillStyle = fade;
    c.beginPath();
    for (const [x, y] of [...left, ...right]) c.lineTo(x, y);
    c.fill();
    c.fillStyle = d.color;
  }

  drawDot(c, d, t, still) {
    if (!this.members.has(d.from) || !this.members.has(d.to)) return;
    const p = this.path(d.from, d.to);
    const at = (t) => [(1 - t) ** 2 * p.x0 + 2 * t * (1 - t) * p.cx + t * t * p.x1, (1 - t) ** 2 * p.y0 + 2 * t * (1 - t) * p.cy + t * t * p.y1];
    c.strokeStyle = c.fillStyle = d.color;
    if (d.inferred) {
      c.globalAlpha = still ? 0.4 : 0.45 * Math.sin(Math.PI * t);
      c.lineWidth = 1;
      c.setLineDash([3, 4]);
      c.beginPath();
      c.moveTo(p.x0, p.y0);
      c.quadraticCurveTo(p.cx, p.cy, p.x1, p.y1);
      c.stroke();
    }
    c.setLineDash([]);
    const eased = t < 0.5 ? 2 * t * t : 1 - (2 - 2 * t) ** 2 / 2;
    if (still) {
      if (d.inferred) return;
      c.globalAlpha = d.faint ? 0.35 : 0.8;
      c.lineWidth = d.faint ? 1 : 2;
      c.beginPath();
      c.moveTo(p.x0, p.y0);
      c.quadraticCurveTo(p.cx, p.cy, p.x1, p.y1);
      c.stroke();
      return;
    }
    const [x, y] = at(eased);
    if (!d.inferred) {
      this.drawTail(c, d, at, Math.max(0, eased - 0.26), eased);
    }
    c.globalAlpha = d.faint ? 0.5 : 1;
    c.beginPath();
    c.arc(x, y, d.size, 0, 7);
    if (d.inferred) {
      c.lineWidth = 1.5;
      c.globalAlpha = 0.8;
      c.stroke();
    } else c.fill();
  }
}
