// Pictures behind the dots: what the decoder draws at each place of the map, on the map's own axes.

import { lift } from "./map_geometry.js";
import { toImage } from "./pictures.js";
import { make } from "./dom.js";

const SIDE = 12; // pictures in a row
const EDGE = 1; // black pixels around a small picture, which keep neighbours apart
const SMALL = 16;
const PAUSE_MS = 150; // the map has come to rest

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @returns {object} show(isOn); redraw(): after what is told has changed; close(). The pictures
 *   move with the map at once, and are drawn anew, each at the middle of its cell, once it rests.
 */
export function createBehind(part) {
  const { scene, painter } = part;
  const canvas = make("canvas", { hidden: true });
  scene.behind.append(canvas);
  const state = { isOn: false, extent: null, timer: 0 };
  const cells = cellsOf(part.data.model.shape);
  const job = {
    count: SIDE ** 2,
    z: (cell) => lift(centreOf(cell, state.extent), part.data.flat),
    told: part.told,
    show: (picture, cell) => cells.show(canvas, picture, cell),
    element: canvas,
  };
  const redraw = () => {
    if (!state.isOn) return;
    cells.move(canvas, state.extent, scene.range());
    state.extent = scene.range();
    stretch(canvas, state.extent, scene);
    painter.ask(job);
  };
  scene.onMove(() => {
    if (!state.isOn) return;
    stretch(canvas, state.extent, scene);
    clearTimeout(state.timer);
    state.timer = setTimeout(redraw, PAUSE_MS);
  });
  return {
    show(isOn) {
      state.isOn = isOn;
      canvas.hidden = !isOn;
      redraw();
    },
    redraw,
    close: () => clearTimeout(state.timer),
  };
}

/** The middle of a cell in map coordinates, row by row from the top left. */
function centreOf(cell, { x, y }) {
  const across = ((cell % SIDE) + 0.5) / SIDE;
  const down = (Math.floor(cell / SIDE) + 0.5) / SIDE;
  return [x[0] + across * (x[1] - x[0]), y[1] - down * (y[1] - y[0])];
}

/** The canvas covers the part of the map that its pictures were drawn for. */
function stretch(canvas, { x, y }, { pixel }) {
  const [left, top] = pixel(x[0], y[1]);
  const [right, bottom] = pixel(x[1], y[0]);
  Object.assign(canvas.style, { left: `${left}px`, top: `${top}px` });
  Object.assign(canvas.style, { width: `${right - left}px`, height: `${bottom - top}px` });
}

function cellsOf(shape) {
  const [, height, width] = shape;
  const edge = width < SMALL ? EDGE : 0;
  const [across, down] = [width + 2 * edge, height + 2 * edge];
  const size = [SIDE * across, SIDE * down];
  return {
    show(canvas, picture, cell) {
      const context = canvas.getContext("2d");
      const left = (cell % SIDE) * across;
      const top = Math.floor(cell / SIDE) * down;
      context.fillRect(left, top, across, down);
      context.putImageData(toImage(picture, shape), left + edge, top + edge);
    },
    /** Old pictures stay, where they belong now, until new ones take their place. */
    move(canvas, before, now) {
      const old = before && canvas.width === size[0] ? copyOf(canvas) : null;
      [canvas.width, canvas.height] = size;
      const context = canvas.getContext("2d");
      context.fillRect(0, 0, ...size);
      if (!old) return;
      context.imageSmoothingEnabled = false;
      const scale = size.map((pixels, axis) => {
        const name = "xy"[axis];
        return pixels / (now[name][1] - now[name][0]);
      });
      const left = (before.x[0] - now.x[0]) * scale[0];
      const top = (now.y[1] - before.y[1]) * scale[1];
      const wide = (before.x[1] - before.x[0]) * scale[0];
      const high = (before.y[1] - before.y[0]) * scale[1];
      context.drawImage(old, left, top, wide, high);
    },
  };
}

function copyOf(canvas) {
  const copy = make("canvas", { width: canvas.width, height: canvas.height });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  return copy;
}
