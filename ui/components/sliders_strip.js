// Pictures side by side on one canvas, each in the middle of a cell of its own, with a frame around
// the one that is "here".

import { make } from "./dom.js";
import { toImage } from "./pictures.js";

const EDGE = 1; // black pixels around each picture, so that the cells divide the canvas evenly

/**
 * @param {[number, number, number]} shape of a picture: C, H, W.
 * @param {number} count of pictures.
 * @param {object} options
 * @param {(place: number) => number[]} options.z what each picture shows.
 * @param {() => object} options.told
 * @param {number} [options.columns] pictures in a row; all of them by default.
 * @returns {{element: HTMLElement, job: object, mark: (place: number) => void,
 *   describe: (text: string) => void}} job: for `painter.js`.
 */
export function createStrip(shape, count, { z, told, columns = count }) {
  const [, height, width] = shape;
  const across = width + 2 * EDGE;
  const down = height + 2 * EDGE;
  const size = { width: columns * across, height: Math.ceil(count / columns) * down };
  const canvas = make("canvas", { ...size, role: "img" });
  const here = make("span", { class: "vl-here", hidden: true });
  here.style.width = `${100 / columns}%`;
  const element = make("div", { class: "vl-pictures" }, [canvas, here]);
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, size.width, size.height);
  const show = (picture, place) => {
    const left = (place % columns) * across + EDGE;
    const top = Math.floor(place / columns) * down + EDGE;
    context.putImageData(toImage(picture, shape), left, top);
  };
  return {
    element,
    job: { count, z, told, show, element },
    mark: (place) => {
      here.hidden = false;
      here.style.left = `${(100 * Math.min(count - 1, Math.max(0, place))) / count}%`;
    },
    describe: (text) => canvas.setAttribute("aria-label", text),
  };
}
