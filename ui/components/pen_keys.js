// A pen that keys lead over a pad.

import { make } from "./dom.js";

const STEP = 0.05; // of the pad's side
const FINE = 0.01; // with Shift
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
export const PEN_KEYS = "By keys: arrows move the pen, the space bar puts it down and lifts it";

/**
 * @param {HTMLElement} pad can have the focus.
 * @param {{isDown: () => boolean, begin: (place: [number, number]) => void,
 *   extend: (place: [number, number]) => void, end: () => void}} hands what to do; places are
 *   shares of the pad, from the top left.
 * @returns {HTMLElement} where the pen is, to lie over the pad; in sight from the first key on.
 */
export function penByKeys(pad, hands) {
  const pen = make("i", { class: "vl-pen", hidden: true });
  let place = [0.5, 0.5];
  const show = () => {
    pen.hidden = false;
    pen.classList.toggle("is-down", hands.isDown());
    [pen.style.left, pen.style.top] = place.map((share) => `${100 * share}%`);
  };
  const move = (way, size) => {
    place = place.map((share, axis) => Math.min(1, Math.max(0, share + way[axis] * size)));
    if (hands.isDown()) hands.extend(place);
  };
  const toggle = () => (hands.isDown() ? hands.end() : hands.begin(place));
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in WAYS) move(WAYS[event.key], event.shiftKey ? FINE : STEP);
    else if (event.key === " ") toggle();
    else return;
    event.preventDefault();
    show();
  });
  const leave = () => {
    if (hands.isDown()) hands.end();
    pen.hidden = true;
  };
  pad.addEventListener("blur", leave);
  pad.addEventListener("pointerdown", () => (pen.hidden = true));
  return pen;
}
