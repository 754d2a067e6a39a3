// A pad to draw on, with mouse, pen or finger; or a picture from a file.

import { pictureAsInk, strokesAsInk } from "./draw_frame.js";
import { button, make } from "./dom.js";
import { PEN_KEYS, penByKeys } from "./pen_keys.js";

export const SIDE = 200; // strokes are kept in this unit, however large the pad is shown
const PEN = 12;
// Drawn so far; the stroke under the pen, one of `strokes`, and the pointer that draws it.
const NOTHING = { strokes: [], picture: null, stroke: null, pointer: null };
const LIMITS = "A picture from a file, to 10 MiB and 25 million pixels";
const FILES = "image/png,image/jpeg,image/webp,image/gif,image/bmp";

/**
 * @param {(ink: object|null) => void} changed called with what is drawn, as `framed` takes it; null
 *   when it is empty.
 * @param {{takesFiles?: boolean}} options whether a file's picture can lie on it instead.
 * @returns {{pad: HTMLElement, canvas: HTMLCanvasElement, tools: HTMLElement, note: HTMLElement,
 *   isEmpty: () => boolean, empty: () => void}} empty: take all off, so that Undo brings it back.
 */
export function drawPad(changed, { takesFiles = true } = {}) {
  const canvas = make("canvas", { class: "vl-pad", width: SIDE, height: SIDE, tabindex: 0 });
  const label = `Drawing pad: draw with mouse, pen or finger. ${PEN_KEYS}, Ctrl+Z undoes.`;
  canvas.setAttribute("aria-label", label);
  canvas.setAttribute("role", "application");
  const invitation = make("span", { class: "vl-pad-invitation", text: "Draw here" });
  const note = make("p", { class: "vl-note", role: "alert" });
  const view = { canvas, invitation, note, changed, turn: 0, past: [], ...NOTHING };
  listen(view);
  const pen = penByKeys(canvas, handsOf(view));
  const file = make("input", { type: "file", accept: FILES, hidden: true });
  file.addEventListener("change", () => take(view, file));
  view.undo = button("Undo", () => undo(view), { title: "Take back the last change (Ctrl+Z)" });
  view.clear = button("Clear", () => clear(view));
  const upload = button("Upload", () => file.click(), { title: LIMITS });
  draw(view);
  const tools = make("div", { class: "vl-pad-tools" }, [
    view.undo,
    view.clear,
    ...(takesFiles ? [upload, file] : []),
  ]);
  for (const part of [canvas, tools]) part.addEventListener("keydown", (event) => hear(view, event));
  return {
    pad: make("div", { class: "vl-pad-frame" }, [canvas, invitation, pen]),
    canvas,
    tools,
    note,
    empty: () => clear(view),
    isEmpty: () => !view.strokes.length && !view.picture,
  };
}

function listen(view) {
  const { canvas } = view;
  const place = (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - left) / width, (event.clientY - top) / height];
    return [SIDE * x, SIDE * y];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (view.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    beginStroke(view, place(event));
    view.pointer = event.pointerId;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== view.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    view.stroke.push(...(passed.length ? passed : [event]).map(place));
    draw(view);
  });
  const lift = (event) => {
    if (event.pointerId === view.pointer) endStroke(view);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

const onPad = (place) => place.map((share) => SIDE * share);

/** Drawing by keys, whose places are shares of the pad. */
function handsOf(view) {
  return {
    isDown: () => view.stroke !== null,
    begin: (place) => beginStroke(view, onPad(place)),
    extend(place) {
      view.stroke.push(onPad(place));
      draw(view);
    },
    end: () => endStroke(view),
  };
}

function beginStroke(view, place) {
  const stroke = [place];
  change(view, { picture: null, strokes: [...view.strokes, stroke] });
  view.stroke = stroke;
  draw(view);
}

function hear(view, event) {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  undo(view);
}

/** Change what is on the pad; `undo` brings back what was there. */
function change(view, next) {
  begin(view);
  view.past.push({ strokes: view.strokes, picture: view.picture });
  Object.assign(view, next);
}

/** Something else is drawn from now on: a picture that is still being read comes too late. */
function begin(view) {
  endStroke(view);
  say(view, "");
  return (view.turn += 1);
}

function endStroke(view) {
  Object.assign(view, { stroke: null, pointer: null });
}

function undo(view) {
  begin(view);
  Object.assign(view, view.past.pop());
  draw(view);
}

function clear(view) {
  change(view, NOTHING);
  draw(view);
  view.canvas.focus({ preventScroll: true }); // the button is of no more use, and hears no keys
}

function say({ note }, text, isError = false) {
  note.textContent = text;
  note.classList.toggle("is-error", isError);
}

/** The server reads the file: it knows the limits, and what is ink. */
async function take(view, file) {
  const [chosen] = file.files;
  if (!chosen) return;
  file.value = ""; // the same file can be chosen again
  const turn = begin(view);
  say(view, "Reading the picture");
  let [picture, problem] = [null, ""];
  try {
    picture = await inkOf(chosen);
  } catch (error) {
    problem = error.message;
  }
  if (turn !== view.turn) return;
  change(view, { ...NOTHING, picture }); // without one: what is there is not what was asked for
  say(view, problem, problem !== "");
  draw(view);
}

async function inkOf(file) {
  const answer = await fetch("/api/ink", { method: "POST", body: file });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return onCanvas(await answer.blob());
}

async function onCanvas(blob) {
  const bitmap = await createImageBitmap(blob);
  const canvas = make("canvas", { width: bitmap.width, height: bitmap.height });
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  return canvas;
}

function draw(view) {
  const { canvas, strokes, picture } = view;
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, SIDE, SIDE);
  if (picture) {
    const scale = SIDE / Math.max(picture.width, picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    context.drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  }
  Object.assign(context, { lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  const ink = picture ? pictureAsInk(picture) : strokesAsInk(strokes);
  context.strokeStyle = "#fff";
  if (!picture) ink?.paint(context);
  view.invitation.hidden = ink !== null || picture !== null;
  view.undo.disabled = !view.past.length;
  view.clear.disabled = !picture && !strokes.length;
  view.changed(ink);
}
