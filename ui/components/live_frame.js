// A frame of a training, as the "frame" event gives it, in the numbers that a map is drawn from.

import { ticksOf } from "./axes_ticks.js";

/**
 * @param {object} frame
 * @returns {object} the frame with xs, ys: Float32Array(N) and classes: Uint8Array(N).
 */
export function readFrame(frame) {
  const points = new Float32Array(bytes(frame.points).buffer);
  const every = (axis) => points.filter((_, place) => place % 2 === axis);
  return { ...frame, xs: every(0), ys: every(1), classes: bytes(frame.labels) };
}

/**
 * The axes of a frame's map.
 * @param {object} figure Plotly's, of `ui/charts.py axes_figure`.
 * @param {{limit: number, axis_labels: [string, string]}|null} frame null leaves it as it is.
 * @returns {object}
 */
export function figureOf(figure, frame) {
  if (!frame) return figure;
  const { layout } = figure;
  const [across, up] = frame.axis_labels;
  const axes = {
    xaxis: axisOf(layout.xaxis, across, frame.limit),
    yaxis: axisOf(layout.yaxis, up, frame.limit),
  };
  return { ...figure, layout: { ...layout, ...axes } };
}

function axisOf(axis, label, limit) {
  const text = /^z\d/.test(label) ? `number ${label.slice(1)} (${label})` : label;
  const ticks = label ? ticksOf([-limit, limit]) : { tickvals: [], ticktext: [] };
  const named = { title: { ...axis.title, text }, zeroline: label !== "" };
  return { ...axis, ...ticks, ...named, range: [-limit, limit] };
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0));
}
