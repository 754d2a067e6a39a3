// Where a picture is wrong: its difference from the clean one, pixel by pixel.

import { make } from "./dom.js";

const BRIGHT = [255, 150, 30]; // too bright by all that there is
const DARK = [60, 150, 255];
const LEGENDS = {
  signed: ["too dark", "vl-lab-scale is-signed", "too bright", "black is right"],
  absolute: ["right", "vl-lab-scale is-absolute", "entirely wrong", ""],
};

/** What can be chosen: of a setting's `errors`, with its name. */
export const HOW = [
  ["off", "Hidden"],
  ["signed", "Bright or dark"],
  ["absolute", "How far off"],
];

/**
 * @param {ImageData} picture
 * @param {ImageData} clean
 * @param {string} how "signed": orange where it is too bright, blue where too dark; "absolute": the
 *   more wrong, the whiter. Black is right, the full colour is off by all that there is.
 * @returns {ImageData}
 */
export function errorMap(picture, clean, how) {
  const image = new ImageData(picture.width, picture.height);
  const { data } = image;
  for (let at = 0; at < data.length; at += 4) {
    const off = greyOf(picture.data, at) - greyOf(clean.data, at);
    const [red, green, blue] = how === "signed" ? (off > 0 ? BRIGHT : DARK) : [255, 255, 255];
    const share = Math.abs(off) / 255;
    data[at] = share * red;
    data[at + 1] = share * green;
    data[at + 2] = share * blue;
    data[at + 3] = 255;
  }
  return image;
}

const greyOf = (data, at) => (data[at] + data[at + 1] + data[at + 2]) / 3;

/** What the colours mean; nothing while errors are off. */
export function legendOf(how) {
  if (!(how in LEGENDS)) return [];
  const [from, scale, to, note] = LEGENDS[how];
  return [from, make("i", { class: scale }), note ? `${to}; ${note}` : to];
}
