// A map as it is drawn: axes, dots, marks, and pictures behind them, which pan and zoom as one.

import { createAxes } from "./axes.js";
import { createMarks } from "./map_marks.js";
import { createPoints } from "./points.js";
import { make } from "./dom.js";

const FARTHEST = 4; // zoomed out, as a multiple of the map's limit
const NEAREST = 0.01; // zoomed in

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} surface takes pointers and keys; it is laid over the plotting area.
 * @param {{plotlyUrl: string, figure: object, limit: number}} data see `latent_map.py`.
 * @param {Function} [openAxes] other axes than Plotly's, see `axes_plain.js`.
 * @returns {Promise<object>} dots: see `createPoints`; marks: see `createMarks`; behind: an element
 *   under the dots; redraw(): after dots.set; size() of the plotting area in pixels; range(); and
 *   in pixels of the surface: point(px, py) -> [x, y]; pixel(x, y) -> [px, py];
 *   nearest(px, py, reach) -> index of a dot, or -1; pan(right, down); zoom(px, py, factor);
 *   reset(); onMove(listener) after any of these; dress(figure) for another theme; close().
 */
export async function createScene(host, surface, data, openAxes = createAxes) {
  const { limit } = data;
  const axes = await openAxes(host, data);
  const behind = make("div", { class: "vl-behind" });
  host.append(behind);
  const dots = createPoints(host);
  const marks = createMarks();
  surface.append(marks.element);
  host.append(surface);
  const listeners = new Set();
  const view = { axes, dots, marks, behind, surface, limit, listeners, range: null, frame: 0 };
  axes.onChange(() => place(view));
  place(view);
  return { dots, marks, behind, ...looks(view), ...moves(view) };
}

function looks({ axes, dots }) {
  const onSurface = ([px, py]) => [px - axes.box().left, py - axes.box().top];
  return {
    redraw: () => dots.draw(axes),
    size: () => axes.box().width,
    range: axes.range,
    point: (px, py) => axes.toData(px + axes.box().left, py + axes.box().top),
    pixel: (x, y) => onSurface(axes.toPixel(x, y)),
    nearest: (px, py, reach) =>
      dots.nearest(axes, px + axes.box().left, py + axes.box().top, reach),
    dress: axes.setFigure,
  };
}

function moves(view) {
  const goTo = (centre, half) => {
    const [x, y] = centre.map((middle) => [middle - half, middle + half]);
    view.range = { x, y };
    view.frame ||= requestAnimationFrame(() => {
      view.frame = 0;
      view.axes.setRange(view.range.x, view.range.y);
    });
  };
  return {
    pan(right, down) {
      const [x, y] = pointOf(view, -right, -down);
      const half = halfOf(view);
      goTo([x + half, y - half], half);
    },
    zoom(px, py, factor) {
      const fixed = pointOf(view, px, py);
      const before = halfOf(view);
      const wanted = before / factor;
      const half = Math.min(FARTHEST * view.limit, Math.max(NEAREST * view.limit, wanted));
      const middle = [view.range.x, view.range.y].map(([from, to]) => (from + to) / 2);
      goTo(middle.map((m, axis) => fixed[axis] + ((m - fixed[axis]) * half) / before), half);
    },
    reset: () => goTo([0, 0], view.limit),
    onMove: (listener) => view.listeners.add(listener),
    close() {
      cancelAnimationFrame(view.frame);
      view.axes.destroy();
      view.dots.destroy();
      view.behind.remove();
    },
  };
}

const halfOf = ({ range }) => (range.x[1] - range.x[0]) / 2;

/** As `point`, but on the way to a range that the axes do not have yet. */
function pointOf({ axes, range: { x, y } }, px, py) {
  const { width, height } = axes.box();
  return [x[0] + (px / width) * (x[1] - x[0]), y[1] - (py / height) * (y[1] - y[0])];
}

/** The axes have moved, or are of another size: all that lies over them follows. */
function place(view) {
  const { axes, dots, marks, behind, surface } = view;
  const { left, top, width, height } = axes.box();
  if (!view.frame) view.range = axes.range();
  for (const element of [behind, surface]) {
    Object.assign(element.style, { left: `${left}px`, top: `${top}px` });
    Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
  }
  dots.draw(axes);
  const [from, to] = axes.range().x;
  marks.place({ pixel: looks(view).pixel, unit: width / (to - from), size: [width, height] });
  view.listeners.forEach((listener) => listener());
}
