// Two pictures, one over the other, and a divider that is dragged or moved by keys.

import { make } from "./dom.js";

const STEP = 2; // per cent for an arrow key, five times as much with Shift
const KEYS = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP };

/**
 * @param {[number, number]} size height, width of the pictures.
 * @returns {{element: HTMLElement, canvases: [HTMLCanvasElement, HTMLCanvasElement],
 *   name: (text: string) => void, set: (share: number) => void}} canvases: left and right of the
 *   divider; name: what it is called; set: its place, 0 to 100 per cent from the left.
 */
export function createWipe([height, width]) {
  const canvases = ["left", "right"].map((side) =>
    make("canvas", { class: `vl-lab-${side}`, height, width, "aria-hidden": "true" }),
  );
  const divider = make("div", { class: "vl-lab-divider", role: "slider", tabindex: 0 });
  divider.setAttribute("aria-valuemin", 0);
  divider.setAttribute("aria-valuemax", 100);
  const element = make("div", { class: "vl-lab-wipe" }, [...canvases, divider]);
  let place = 50;
  const set = (share) => {
    place = Math.min(100, Math.max(0, share));
    element.style.setProperty("--place", `${place}%`);
    divider.setAttribute("aria-valuenow", Math.round(place));
  };
  drag(element, divider, set);
  divider.addEventListener("keydown", (event) => {
    const by = KEYS[event.key];
    const ends = { Home: 0, End: 100 };
    if (by === undefined && !(event.key in ends)) return;
    event.preventDefault();
    set(by === undefined ? ends[event.key] : place + by * (event.shiftKey ? 5 : 1));
  });
  set(50);
  return { element, canvases, set, name: (text) => divider.setAttribute("aria-label", text) };
}

/** The divider follows the pointer wherever on the picture it is pressed. */
function drag(element, divider, set) {
  const follow = (event) => {
    const { left, width } = element.getBoundingClientRect();
    set((100 * (event.clientX - left)) / width);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || element.classList.contains("is-pad")) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true });
    follow(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId) && !element.classList.contains("is-pad")) {
      follow(event);
    }
  });
}
