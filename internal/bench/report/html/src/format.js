import { format } from "d3-format";

const grouped = format(",d");

/** count writes a whole number with its thousands apart. */
export const count = (n) => grouped(n);

/** plural writes a number of things. */
export const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;

let zero = 0;

/** countFrom has times be shown as what they are after one on the run's clock. */
export const countFrom = (us) => { zero = us; };

/** inSeconds turns a time in microseconds on the run's clock into seconds after the zero. */
export const inSeconds = (us) => (us - zero) / 1e6;

/** seconds writes a time in microseconds on the run's clock. */
export const seconds = (us, digits = 3) => `${inSeconds(us).toFixed(digits).replace(/^-(0\.?0*)$/, "$1")} s`;

/** duration writes a span in microseconds. */
export function duration(us) {
  if (us < 1000) return `${us} µs`;
  if (us < 10_000) return `${(us / 1000).toFixed(1)} ms`;
  if (us < 10_000_000) return `${count(Math.round(us / 1000))} ms`;
  return `${(us / 1e6).toFixed(1)} s`;
}

/** bytes writes a size. */
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)} kB`;
  return `${(n / 1e6).toFixed(1)} MB`;
}

/** list writes names, as many as fit, and how many more there are. */
export function list(names, most = 8) {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
