// What each pixel costs to be redrawn, as a picture in the colour of the reconstruction.

import { fixed } from "./live_numbers.js";
import { make } from "./dom.js";

const WAYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {{recon: number[][]}} data nats of each pixel, row by row.
 * @param {(parts: (Node|string)[]|null) => void} tell what the pixel under the pointer costs; null
 *   for none.
 * @returns {HTMLElement}
 */
export function pixelPicture({ recon }, tell) {
  const [height, width] = [recon.length, recon[0].length];
  const canvas = make("canvas", { width, height, tabindex: 0, role: "application" });
  const label = "What each pixel costs to be redrawn, in nats. Arrow keys go from pixel to pixel.";
  canvas.setAttribute("aria-label", label);
  const all = recon.flat();
  const [least, most] = [Math.min(0, ...all), Math.max(...all)];
  requestAnimationFrame(() => paint(canvas, recon, least, most)); // its colour is known in the page
  let place = [Math.floor(height / 2), Math.floor(width / 2)];
  const goTo = (row, column) => {
    const cost = recon[row]?.[column];
    if (cost === undefined) return;
    place = [row, column];
    const value = make("b", { class: "reconstruction", text: `${fixed(cost)} nats` });
    tell([`Pixel ${column + 1} of row ${row + 1}: `, value]);
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * width);
    goTo(Math.floor(((event.clientY - box.top) / box.height) * height), column);
  };
  canvas.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    goTo(...place.map((one, axis) => one + way[axis]));
  });
  canvas.addEventListener("blur", () => tell(null));
  canvas.addEventListener("pointermove", at);
  canvas.addEventListener("pointerdown", at);
  canvas.addEventListener("pointerleave", () => tell(null));
  const spread = make("i", { class: "vl-scale" });
  const caption = ["a pixel: ", fixed(least, 1), spread, `${fixed(most, 1)} nats`];
  return make("figure", { class: "vl-bill-pixels" }, [canvas, make("figcaption", {}, caption)]);
}

/** The dearer, the stronger the colour, whatever the theme: its strength is the opacity. */
function paint(canvas, recon, least, most) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const [red, green, blue] = colourOf(canvas);
  recon.flat().forEach((nats, pixel) => {
    const share = (nats - least) / (most - least || 1);
    image.data.set([red, green, blue, 255 * share], 4 * pixel);
  });
  context.putImageData(image, 0, 0);
}

function colourOf(element) {
  const text = getComputedStyle(element).getPropertyValue("--vl-reconstruction").trim();
  return [1, 3, 5].map((start) => parseInt(text.slice(start, start + 2), 16));
}
