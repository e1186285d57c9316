// Colors come from the style sheet's variables, so that canvases follow light and dark.

const cache = new Map();
const listeners = [];

/** color returns the value of a variable of the style sheet. */
export function color(variable) {
  if (!cache.has(variable)) {
    cache.set(variable, getComputedStyle(document.documentElement).getPropertyValue(variable).trim());
  }
  return cache.get(variable);
}

/** onChange calls back when the page's size or its colors have changed. */
export function onChange(redraw) { listeners.push(redraw); }

const changed = () => {
  cache.clear();
  listeners.forEach((redraw) => redraw());
};

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
let width = document.documentElement.clientWidth, pending = 0;
addEventListener("resize", () => {
  if (document.documentElement.clientWidth === width) return; // a phone's address bar came or went
  width = document.documentElement.clientWidth;
  cancelAnimationFrame(pending);
  pending = requestAnimationFrame(changed);
});
