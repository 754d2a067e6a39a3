// The map of a training: dots that glide, over what the decoder makes of each place.

import { createAxes } from "./axes.js";
import { figureOf, readFrame } from "./live_frame.js";
import { createMarks } from "./live_marks.js";
import { decoded } from "./live_probes.js";
import { createTween } from "./live_tween.js";
import { createPoints } from "./points.js";
import { make } from "./dom.js";
import { namePlaces } from "./names.js";

const NAMES_REACH = 1.5; // heights of a name, from its class

/**
 * @returns {object} element, where `data-step` is the step of the frame whose dots have arrived and
 *   `data-frames` counts frames; dress(data): take over what `live.py` says; show(frame, ms): a
 *   frame, as the "frame" event gives it, to which the dots glide for so long; mark(pictures,
 *   picked): where a batch's pictures fall;
 *   cover(isOn): whether the decoder's pictures lie behind; close().
 */
export function liveMap() {
  const behind = make("canvas", { class: "vl-behind" });
  const label = "Map of the pictures by what the network makes of them";
  const element = make("div", { class: "vl-map", role: "img", "aria-label": label }, [behind]);
  element.dataset.frames = 0;
  const view = { element, behind, data: null, frame: null, axes: null, layer: null, isOpen: true };
  view.tween = createTween((xs, ys) => drawDots(view, xs, ys));
  view.marks = createMarks();
  return {
    element,
    dress: (data) => dress(view, data),
    show: (frame, ms) => show(view, readFrame(frame), ms),
    mark: view.marks.batch,
    cover(isOn) {
      view.isCovered = isOn;
      drawBehind(view);
    },
    close() {
      view.isOpen = false;
      view.tween.close();
      view.layer?.destroy();
      view.axes?.destroy();
    },
  };
}

async function dress(view, data) {
  view.data = data;
  if (view.axes) {
    await view.axes.setFigure(figureOf(data.figure, view.frame));
    return;
  }
  view.opening ??= createAxes(view.element, { ...data, figure: figureOf(data.figure, view.frame) });
  const axes = await view.opening;
  if (!view.isOpen) axes.destroy();
  if (!view.isOpen || view.axes) return;
  view.axes = axes;
  view.layer = createPoints(view.element);
  view.element.append(view.marks.element); // over the dots
  axes.onChange(() => place(view));
  await axes.setFigure(figureOf(view.data.figure, view.frame)); // a frame came while it opened
}

function show(view, frame, ms) {
  const before = view.frame;
  view.frame = frame;
  view.element.dataset.frames = Number(view.element.dataset.frames) + 1;
  if (!view.axes) return;
  if (axesOf(before) !== axesOf(frame)) view.axes.setFigure(figureOf(view.data.figure, frame));
  view.tween.to(frame.xs, frame.ys, ms);
  nameClasses(view);
  drawBehind(view);
}

function axesOf(frame) {
  return JSON.stringify([frame?.limit, frame?.axis_labels]);
}

/** The axes are where they were not before: everything over them follows. */
function place(view) {
  view.marks.place(view.axes);
  if (!view.frame) return;
  view.tween.to(view.frame.xs, view.frame.ys, 0);
  nameClasses(view);
  drawBehind(view);
}

function drawDots(view, xs, ys) {
  const { frame, layer, axes, data, element } = view;
  layer.set({ xs, ys, classes: frame.classes, palette: data.palette });
  layer.draw(axes);
  if (xs === frame.xs) element.dataset.step = frame.step;
}

function nameClasses({ frame, data, marks }) {
  const { xs, ys, classes, limit } = frame;
  const names = data.classNames;
  const map = { limit, reach: NAMES_REACH };
  marks.names(data.isMixed ? [] : namePlaces(xs, ys, classes, names, map), names, limit);
}

/** The decoder's pictures, with an edge where the axes go beyond what an earlier map showed. */
async function drawBehind(view) {
  const { behind, axes, frame, isCovered } = view;
  behind.hidden = !isCovered || !frame?.manifold;
  if (behind.hidden || !axes) return;
  const image = await decoded(frame.manifold);
  if (view.frame !== frame || !view.isOpen) return; // a newer one is on its way
  paintManifold(behind, image, view.data.shape);
  const { left, top, width, height } = axes.box();
  const share = (frame.manifold_limit ?? frame.limit) / frame.limit;
  const sizes = { left, top, width, height, borderWidth: (width * (1 - share)) / 2 };
  for (const [name, pixels] of Object.entries(sizes)) behind.style[name] = `${pixels}px`;
}

/** Small pictures fill their frame: a black edge on every side keeps neighbours apart. */
function paintManifold(canvas, image, [, height, width]) {
  const edge = width < 16 ? 1 : 0;
  const [columns, rows] = [image.naturalWidth / width, image.naturalHeight / height];
  const [across, down] = [width + 2 * edge, height + 2 * edge];
  [canvas.width, canvas.height] = [columns * across, rows * down];
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (let cell = 0; cell < columns * rows; cell += 1) {
    const [column, row] = [cell % columns, Math.floor(cell / columns)];
    const from = [column * width, row * height, width, height];
    context.drawImage(image, ...from, column * across + edge, row * down + edge, width, height);
  }
}
