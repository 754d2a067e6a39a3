// The shapes of a map's marks, in pixels. Mean, spread and z are ring, ellipse and cross.

import { movesShapes } from "./map_moves.js";
import { svg } from "./svg.js";

const RING = 7;
const ARM = 9;
const EDGE = 14; // from the map's edge, an arrow to what lies beyond
const CHIP = 12; // under a group's letter
const [START, STOP] = [6, 3.5]; // of a film's first picture, and of the others
const THINNEST = 2; // half of an ellipse that has no height, such as on a strip
const SIGMAS = [2, 1];

export { svg };

/**
 * For each kind of mark, lowest first, a function (value, view) -> SVGElement[]; points are [x, y]
 * in map coordinates, view as in `map_marks.js`.
 */
export const DRAWINGS = {
  prior,
  lasso: (points, view) => line(points, view, "Z"),
  path,
  picked,
  names: (names, view) => names.map((name) => nameOf(name, view)),
  groups: (groups, view) => groups.flatMap((group) => outlined(group, view)),
  drawn,
  near,
  moves: movesShapes,
  cross,
};

/** Value: the prior's mean. Circles of 1 and 2 of its spreads. */
function prior(mean, { pixel, unit }) {
  const [cx, cy] = pixel(...mean);
  return SIGMAS.flatMap((times) =>
    ["halo", ""].map((name) => svg("circle", { class: name, cx, cy, r: times * unit })),
  );
}

/** Value: {points, films}: a drawn path, and the places of its film's pictures. */
function path({ points, films }, view) {
  const stops = films.map((place, which) => {
    const [cx, cy] = view.pixel(...place);
    return svg("circle", { cx, cy, r: which ? STOP : START });
  });
  return [...line(points, view, ""), ...stops];
}

/** {letter, outline}: a kept group of dots; its letter sits on top of it, off its class's name. */
function outlined({ letter, outline }, view) {
  const place = outline.reduce((top, point) => (point[1] > top[1] ? point : top));
  const [cx, cy] = view.pixel(...place);
  const chip = svg("circle", { class: "chip", cx, cy, r: CHIP });
  return [...line(outline, view, "Z"), chip, nameOf({ text: letter, place }, view)];
}

function line(points, { pixel }, end) {
  const d = `M${points.map((point) => pixel(...point).map((px) => px.toFixed(1))).join("L")}${end}`;
  return [svg("path", { class: "halo", d }), svg("path", { d })];
}

/** Value: {mean, gaussian}: a ring, and around it 1 and 2 spreads; gaussian null without them. */
function picked({ mean, gaussian }, { pixel, unit }) {
  const [cx, cy] = pixel(...mean);
  const ellipses = SIGMAS.flatMap((times) => {
    if (!gaussian) return [];
    const size = {
      rx: times * gaussian.major * unit,
      ry: Math.max(THINNEST, times * gaussian.minor * unit),
    };
    const turned = `rotate(${(-180 * gaussian.angle) / Math.PI} ${cx} ${cy})`;
    const place = { cx, cy, ...size, transform: turned };
    return [
      svg("ellipse", { class: "halo", ...place }),
      svg("ellipse", { class: `sigma-${times}`, ...place }),
    ];
  });
  const ring = { cx, cy, r: RING };
  return [...ellipses, svg("circle", { class: "halo", ...ring }), svg("circle", ring)];
}

/** Value: {trail, gaussian}: the places of a drawing at each stroke, and where it is now. */
function drawn({ trail, gaussian }, view) {
  return [...line(trail, view, ""), ...picked({ mean: trail.at(-1), gaussian }, view)];
}

/** {text, place} */
function nameOf({ text, place }, { pixel }) {
  const [x, y] = pixel(...place);
  const element = svg("text", { x, y });
  element.textContent = text;
  return element;
}

/** Value: the dot under the cursor. */
function near(place, { pixel }) {
  const [cx, cy] = pixel(...place);
  const ring = { cx, cy, r: RING - 1 };
  return [svg("circle", { class: "halo", ...ring }), svg("circle", ring)];
}

/** Value: {place, pulses}: where z is. */
function cross({ place, pulses }, { pixel, size }) {
  const [x, y] = pixel(...place);
  if ([x, y].some((at, axis) => at < 0 || at > size[axis])) return beyond([x, y], size);
  const d = `M${x - ARM} ${y}h${2 * ARM}M${x} ${y - ARM}v${2 * ARM}`;
  const lines = [svg("path", { class: "halo", d }), svg("path", { d })];
  if (!pulses) return lines;
  return [svg("circle", { class: "vl-pulse", cx: x, cy: y, r: 2 * ARM }), ...lines];
}

/** An arrow at the map's edge, to what lies outside of it. */
function beyond(spot, size) {
  const [x, y] = spot.map((at, axis) => Math.min(size[axis] - EDGE, Math.max(EDGE, at)));
  const turned = (180 / Math.PI) * Math.atan2(spot[1] - y, spot[0] - x);
  const d = `M${-ARM} ${-ARM}L${ARM} 0L${-ARM} ${ARM}`;
  const transform = `translate(${x} ${y}) rotate(${turned})`;
  const lines = ["halo", ""].map((name) => svg("path", { class: name, d, transform }));
  const isLeft = x < size[0] / 2;
  const text = svg("text", {
    x: x + (isLeft ? 1 : -1) * 2 * ARM,
    y: Math.min(size[1] - ARM, Math.max(2 * ARM, y)),
    "text-anchor": isLeft ? "start" : "end",
  });
  text.textContent = "outside this map";
  return [...lines, text];
}
