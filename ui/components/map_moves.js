// An arrow over a map's dots, in pixels: from where a clean picture lies to where the damaged one
// does, and on to the restored one.

import { svg } from "./svg.js";

const RADIUS = 6;
const HEAD = 8; // of an arrow, long and half as wide

/**
 * @param {{clean: [number, number], damaged: [number, number], restored: [number, number]}} moves
 * @param {object} view see `map_marks.js`.
 * @returns {SVGElement[]}
 */
export function movesShapes({ clean, damaged, restored }, { pixel }) {
  const [start, middle, end] = [clean, damaged, restored].map((place) => pixel(...place));
  return [
    ...arrow(start, middle, "is-damaging"),
    ...arrow(middle, end, "is-restoring"),
    ...disc(middle, "is-damaged"),
    ...disc(start, "is-clean"),
    ...disc(end, "is-restored"),
  ];
}

/** A line that ends at the edge of a disc, with a head; nothing where both ends touch. */
function arrow([fromX, fromY], [toX, toY], name) {
  const length = Math.hypot(toX - fromX, toY - fromY);
  if (length < 2 * RADIUS + HEAD) return [];
  const [right, down] = [(toX - fromX) / length, (toY - fromY) / length];
  const at = (along, aside) =>
    `${(fromX + along * right - aside * down).toFixed(1)} ` +
    `${(fromY + along * down + aside * right).toFixed(1)}`;
  const tip = length - RADIUS - 1;
  const d =
    `M${at(RADIUS, 0)}L${at(tip, 0)}M${at(tip - HEAD, HEAD / 2)}L${at(tip, 0)}` +
    `L${at(tip - HEAD, -HEAD / 2)}`;
  return ["halo", name].map((kind) => svg("path", { class: kind, d }));
}

function disc([cx, cy], name) {
  const circle = { cx, cy, r: RADIUS };
  return [svg("circle", { class: "halo", ...circle }), svg("circle", { class: name, ...circle })];
}
