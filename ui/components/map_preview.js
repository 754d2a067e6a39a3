// Above a finger, which hides what it points at: what the decoder draws there.

import { paint } from "./pictures.js";
import { make } from "./dom.js";

const SIDE = 96; // in pixels, as in the style sheet
const ABOVE = 36;

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @param {HTMLElement} surface
 * @returns {{show: (px: number, py: number) => void, hide: () => void, close: () => void}}
 */
export function createPreview({ board, data }, surface) {
  const canvas = make("canvas", { class: "vl-preview", hidden: true, "aria-hidden": "true" });
  surface.append(canvas);
  const off = board.on("here", (here) => {
    if (here) paint(canvas, here.picture, data.model.shape);
  });
  return {
    show(px, py) {
      const left = Math.min(surface.clientWidth - SIDE, Math.max(0, px - SIDE / 2));
      canvas.style.transform = `translate(${left}px, ${py - SIDE - ABOVE}px)`;
      canvas.hidden = false;
    },
    hide() {
      canvas.hidden = true;
    },
    close: off,
  };
}
