// Numbers of a map as people read them.

import { shown } from "./dom.js";

/**
 * @param {[number, number]} values along the map's axes.
 * @param {boolean} isStrip only the first one means something.
 * @param {number} step to round to, such as 0.01.
 * @returns {string} "(0.35, −1.20)", or "0.35" on a strip.
 */
export function pair(values, isStrip, step) {
  const texts = values.map((value) => shown(value, step));
  return isStrip ? texts[0] : `(${texts.join(", ")})`;
}

/**
 * Where a place of the map is: z itself, or z's place among the two directions that are shown.
 * @param {[number, number]} place
 * @param {{isStrip: boolean, hasMany: boolean}} about
 * @returns {string}
 */
export function placeText(place, { isStrip, hasMany }) {
  return `${hasMany ? "at" : "z ="} ${pair(place, isStrip, 0.01)}`;
}
