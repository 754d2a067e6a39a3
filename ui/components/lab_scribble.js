// A scribble by hand: pixels that a pen hides, on the large picture, in all pictures alike.

import { button, choices, make } from "./dom.js";
import { pictureOf } from "./lab_picture.js";
import { INK, hidden, maskOf, textOf } from "./lab_mask.js";
import { paintOne } from "./lab_sheet.js";
import { PEN_KEYS, penByKeys } from "./pen_keys.js";

const PENS = [
  ["0.4", "Fine"],
  ["0.05", "Medium"],
  ["0.1", "Thick"],
]; // radius: of the finest in pixels, of the others in widths of the picture

/**
 * @param {object} part see `lab.js`.
 * @param {HTMLElement} wipe the large picture's element, which the pad covers.
 * @returns {HTMLElement} its controls; hidden for other damage.
 */
export function scribbleTools(part, wipe) {
  const [, height, width] = part.data.model.shape;
  const view = { part, wipe, size: [height, width], pen: PENS[1][0], past: [], isOpen: false };
  view.last = null; // place of the pen that keys have put down
  view.under = make("canvas", { width, height, "aria-hidden": "true" });
  view.canvas = make("canvas", { class: "vl-lab-ink", width, height, "aria-hidden": "true" });
  const attributes = { class: "vl-lab-pad", role: "application", tabindex: 0, hidden: true };
  view.pad = make("div", attributes, [view.under, view.canvas]);
  view.pad.setAttribute("aria-label", `Pad: draw over the pixels to hide. ${PEN_KEYS}.`);
  view.pad.append(penByKeys(view.pad, handsOf(view)));
  wipe.append(view.pad);
  const pens = choices("Pen", PENS, (pen) => {
    view.pen = pen;
  });
  pens.select(view.pen);
  view.begin = button("Scribble by hand", () => open(view));
  view.random = button("At random", () => close(view, true));
  view.undo = button("Undo", () => undo(view));
  view.clear = button("Clear", () => clear(view));
  view.done = button("Done", () => close(view, false), { class: "vl-button first" });
  const invitation = make("small", { text: "Draw on the picture: what you cover is hidden." });
  const tools = [invitation, pens, view.undo, view.clear, view.done];
  view.drawing = make("div", { class: "vl-lab-drawing" }, tools);
  view.element = make("div", { class: "vl-lab-scribble" }, [view.begin, view.random, view.drawing]);
  listen(view);
  part.setting.onChange(() => follow(view));
  part.onSeen(() => follow(view));
  follow(view);
  return view.element;
}

/** Nothing is hidden until something is drawn. */
function open(view) {
  view.isOpen = true;
  if (!view.part.setting.now().hidden) put(view, maskOf(null, view.size));
  follow(view);
  view.pad.focus({ preventScroll: true }); // the button that had the focus is gone
}

function close(view, isRandom) {
  Object.assign(view, { isOpen: false, past: isRandom ? [] : view.past });
  if (isRandom) view.part.steps.hidden(null);
  follow(view);
  view.begin.focus({ preventScroll: true });
}

function follow(view) {
  const { part, pad, wipe, size } = view;
  const { kind, hidden: text } = part.setting.now();
  if (kind !== "scribble" || text === null) Object.assign(view, { isOpen: false, past: [] });
  view.element.hidden = kind !== "scribble";
  pad.hidden = !view.isOpen;
  wipe.classList.toggle("is-pad", view.isOpen);
  view.begin.hidden = view.isOpen;
  view.begin.textContent = text === null ? "Scribble by hand" : "Scribble on";
  view.random.hidden = view.isOpen || text === null;
  view.drawing.hidden = !view.isOpen;
  view.undo.disabled = !view.past.length;
  if (!view.isOpen) return;
  paintOne(view.under, pictureOf(part, "clean"));
  paint(view.canvas, maskOf(text, size));
}

function paint(canvas, mask) {
  const image = new ImageData(canvas.width, canvas.height);
  mask.forEach((isHidden, pixel) => {
    if (isHidden) image.data.set(INK, 4 * pixel);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function put(view, mask) {
  view.part.steps.hidden(textOf(mask));
}

function undo(view) {
  const before = view.past.pop();
  if (before !== undefined) view.part.steps.hidden(before);
}

function clear(view) {
  remember(view);
  put(view, maskOf(null, view.size));
}

function remember(view) {
  view.past.push(view.part.setting.now().hidden);
}

function listen(view) {
  const { pad } = view;
  let last = null;
  const place = (event) => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    const [rows, columns] = view.size;
    return [
      ((event.clientX - left) / width) * columns,
      ((event.clientY - top) / height) * rows,
    ];
  };
  const draw = (event) => {
    const passed = event.getCoalescedEvents?.() ?? [];
    const places = (passed.length ? passed : [event]).map(place);
    cover(view, [last ?? places[0], ...places]);
    last = places.at(-1);
  };
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    pad.setPointerCapture(event.pointerId);
    remember(view);
    last = null;
    draw(event);
  });
  pad.addEventListener("pointermove", (event) => {
    if (pad.hasPointerCapture(event.pointerId)) draw(event);
  });
}

/** Hide what a pen covers on its way through places, in pixels of the picture. */
function cover(view, places) {
  const [, columns] = view.size;
  const radius = view.pen === PENS[0][0] ? Number(view.pen) : Number(view.pen) * columns;
  let mask = maskOf(view.part.setting.now().hidden, view.size);
  for (let to = 1; to < places.length; to += 1) {
    mask = hidden(mask, view.size, places.slice(to - 1, to + 1), radius);
  }
  put(view, mask);
}

/** Drawing by keys, whose places are shares of the pad. */
function handsOf(view) {
  const [rows, columns] = view.size;
  const go = ([x, y]) => {
    const place = [x * columns, y * rows];
    cover(view, [view.last ?? place, place]);
    view.last = place;
  };
  return {
    isDown: () => view.last !== null,
    begin(place) {
      remember(view);
      go(place);
    },
    extend: go,
    end: () => (view.last = null),
  };
}
