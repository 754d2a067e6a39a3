// The small map of a model with two numbers: what the decoder draws at each place, and a cross
// where the sliders are. Dragging in it moves both.

import { createStrip } from "./sliders_strip.js";
import { make } from "./dom.js";
import { snap } from "./sliders_setting.js";
import { onTold } from "./sliders_told.js";

const SIDE = 12;
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @returns {{element: HTMLElement, trace: (ends: number[][], path: number[][]) => void}} trace: a
 *   path over the map, from a picture A to a picture B.
 */
export function placeMap(part) {
  const { data, setting, painter } = part;
  const limit = data.mapLimit;
  const sheet = createStrip(data.model.shape, SIDE ** 2, {
    columns: SIDE,
    z: (cell) => centre(cell, limit),
    told: () => setting.now().told,
  });
  const marks = overlay(limit);
  sheet.element.append(marks.element);
  sheet.element.classList.add("vl-place-sheet");
  const caption = make("figcaption", { class: "vl-muted" }, [
    make("b", { class: "vl-z", text: "Drag the cross" }),
    ": z1 to the right, z2 upwards.",
  ]);
  onTold(part, (words) => {
    const told = words ? `, told ${words}` : "";
    sheet.describe(`What the decoder draws at each place${told}; a cross where the sliders are`);
  });
  const follow = () => marks.move(setting.now().z);
  drag(sheet.element, (x, y) => {
    const clamp = (value, dim) => {
      const { step } = data.limits[dim];
      return snap(value, { low: -limit, high: limit, step });
    };
    setting.change({ z: [clamp((2 * x - 1) * limit, 0), clamp((1 - 2 * y) * limit, 1)] });
  }, setting.release);
  setting.onChange((now, before) => {
    follow();
    if (now.told !== before.told) painter.ask(sheet.job);
  });
  follow();
  painter.ask(sheet.job);
  const element = make("figure", { class: "vl-place" }, [sheet.element, caption]);
  return { element, trace: marks.trace };
}

/** z in the middle of a cell, row by row from the top left. */
function centre(cell, limit) {
  const x = ((cell % SIDE) + 0.5) / SIDE;
  const y = (Math.floor(cell / SIDE) + 0.5) / SIDE;
  return [(2 * x - 1) * limit, (1 - 2 * y) * limit];
}

function within(value) {
  return Math.min(1, Math.max(0, value));
}

/** Call move(x, y), from 0 to 1 from the top left, while a pointer is down; then end(). */
function drag(element, move, end) {
  const report = (event) => {
    const box = element.getBoundingClientRect();
    const x = within((event.clientX - box.left) / box.width);
    move(x, within((event.clientY - box.top) / box.height));
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    report(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) report(event);
  });
  element.addEventListener("lostpointercapture", end);
}

/** SVG in map coordinates, y upwards: a cross, and a path with its ends. */
function overlay(limit) {
  const element = document.createElementNS(SVG, "svg");
  element.setAttribute("viewBox", `${-limit} ${-limit} ${2 * limit} ${2 * limit}`);
  element.setAttribute("aria-hidden", "true");
  const shape = (tag, name) => {
    const one = document.createElementNS(SVG, tag);
    one.setAttribute("class", name);
    element.append(one);
    return one;
  };
  const path = [shape("path", "vl-path halo"), shape("path", "vl-path")];
  const letters = [0, 1].map(() => {
    const text = shape("text", "vl-letter");
    text.setAttribute("font-size", 0.13 * limit);
    return text;
  });
  const cross = [shape("path", "vl-cross halo"), shape("path", "vl-cross")];
  const arm = 0.07 * limit;
  return {
    element,
    move: ([x, y]) => {
      const d = `M${x - arm} ${-y}h${2 * arm}M${x} ${-y - arm}v${2 * arm}`;
      for (const one of cross) one.setAttribute("d", d);
    },
    trace: (ends, points) => {
      const d = points.map(([x, y], place) => `${place ? "L" : "M"}${x} ${-y}`).join("");
      for (const one of path) one.setAttribute("d", d);
      letters.forEach((text, which) => {
        text.textContent = "AB"[which];
        text.setAttribute("x", ends[which][0]);
        text.setAttribute("y", -ends[which][1]);
      });
    },
  };
}
