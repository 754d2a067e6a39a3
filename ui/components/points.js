// The points of a map: one canvas over the axes' plotting area, and the question which is nearest.

import { blend, discs } from "./dots.js";
import { createIndex } from "./points_index.js";

/**
 * @param {HTMLElement} host of the axes (see `createAxes`).
 * @returns {object} set({xs, ys, classes, palette, radius, alpha, visible}): map coordinates of N
 *   points, class of each, CSS colours (#rrggbb), radius in CSS pixels, 1 or 0 for each point that
 *   is drawn or hidden (null draws all); draw(axes); nearest(axes, px, py, maxPx) -> index of the
 *   nearest visible point, or -1; destroy(). `canvas` is where they are drawn.
 */
export function createPoints(host) {
  const canvas = host.ownerDocument.createElement("canvas");
  canvas.className = "vl-points";
  host.append(canvas);
  const layer = { canvas, points: null, placed: null, index: null, stamp: null, sums: null };
  return {
    canvas,
    set(points) {
      const before = layer.points;
      layer.points = { radius: 3, alpha: 0.8, visible: null, ...points };
      layer.index = null;
      if (before?.radius !== layer.points.radius) layer.stamp = null;
    },
    draw: (axes) => draw(layer, axes),
    nearest: (axes, px, py, maxPx) => nearest(layer, axes, px, py, maxPx),
    destroy: () => canvas.remove(),
  };
}

function draw(layer, axes) {
  if (!layer.points) return;
  const box = axes.box();
  const ratio = window.devicePixelRatio || 1;
  const size = fit(layer, box, ratio);
  place(layer, axes, box);
  const { xs, ys } = layer.placed;
  const scaled = {
    xs: ratio === 1 ? xs : xs.map((x) => x * ratio),
    ys: ratio === 1 ? ys : ys.map((y) => y * ratio),
    classes: layer.points.classes,
    visible: layer.points.visible,
  };
  layer.stamp ??= discs(layer.points.radius * ratio);
  const colours = layer.points.palette.map(rgb);
  const context = layer.canvas.getContext("2d");
  const image = context.createImageData(...size);
  blend(image, layer.sums, scaled, colours, layer.points.alpha, layer.stamp);
  context.putImageData(image, 0, 0);
}

/** The canvas covers the plotting area, so that nothing is drawn beyond it. */
function fit(layer, { left, top, width, height }, ratio) {
  const { canvas } = layer;
  const size = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  if (layer.ratio !== ratio) layer.stamp = null;
  layer.ratio = ratio;
  const places = { left, top, width, height };
  for (const [name, value] of Object.entries(places)) canvas.style[name] = `${value}px`;
  if (layer.sums?.length !== 4 * size[0] * size[1]) {
    layer.sums = new Float32Array(4 * size[0] * size[1]);
  }
  return size;
}

/** Where the points are in CSS pixels of the plotting area. */
function place(layer, axes, { width, height }) {
  const { xs, ys } = layer.points;
  const { x: across, y: up } = axes.range();
  const right = width / (across[1] - across[0]);
  const down = height / (up[1] - up[0]);
  if (layer.placed?.xs.length !== xs.length) {
    layer.placed = { xs: new Float32Array(xs.length), ys: new Float32Array(xs.length) };
  }
  for (let i = 0; i < xs.length; i += 1) {
    layer.placed.xs[i] = (xs[i] - across[0]) * right;
    layer.placed.ys[i] = (up[1] - ys[i]) * down;
  }
  layer.index = null;
}

function nearest(layer, axes, px, py, maxPx) {
  if (!layer.placed) return -1;
  const { left, top, width, height } = axes.box();
  layer.index ??= createIndex(layer.placed, width, height);
  const [x, y] = [px - left, py - top];
  const { visible } = layer.points;
  let found = -1;
  let closest = maxPx * maxPx;
  for (const i of layer.index(x, y, maxPx)) {
    const distance = (layer.placed.xs[i] - x) ** 2 + (layer.placed.ys[i] - y) ** 2;
    // Of two in one place the later one is seen: it was drawn last.
    if (distance <= closest && (visible === null || visible[i])) [found, closest] = [i, distance];
  }
  return found;
}

function rgb(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}
