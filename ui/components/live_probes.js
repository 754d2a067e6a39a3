// The fixed pictures, each row above its reconstructions.

import { make } from "./dom.js";

const COLUMNS = 8;

/**
 * @returns {{element: HTMLElement, dress: (data: object) => Promise<void>,
 *   show: (png: string) => Promise<void>}} dress: take the originals,
 *   null where they are not on this computer; show: the reconstructions,
 *   all in one row, as base64.
 */
export function probes() {
  const canvas = make("canvas", {
    role: "img",
    "aria-label": "Rows of originals, each above its reconstructions",
  });
  const head = make("p");
  const element = make("div", { class: "vl-probes" }, [head, canvas]);
  const state = { shape: null, originals: null, png: null };
  const draw = async (png, half) => {
    if (!png || !state.shape) return;
    const image = await decoded(png);
    if (png === (half ? state.png : state.originals)) drawRows(canvas, image, state.shape, half);
  };
  return {
    element,
    async dress({ originals, shape }) {
      if (state.shape && originals === state.originals) return;
      // Reconstructions of another size are those of the run that was here before.
      const isOther = state.shape && `${shape}` !== `${state.shape}`;
      Object.assign(state, { originals, shape, png: isOther ? null : state.png });
      head.replaceChildren(...headOf(originals));
      measure(canvas, shape);
      await Promise.all([draw(originals, 0), draw(state.png, 1)]);
    },
    async show(png) {
      state.png = png;
      await draw(png, 1);
    },
  };
}

function headOf(originals) {
  const made = make("b", { class: "reconstruction", text: "reconstructions" });
  if (!originals) return ["The same pictures at every moment: their ", made];
  return [make("b", { text: "Originals" }), ", each row above its ", made];
}

/** @returns {Promise<HTMLImageElement>} a PNG, given as base64, ready to be drawn. */
export async function decoded(png) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  return image;
}

/** Where each row of pictures begins, and how high all are: pairs stand apart. */
function rowsOf(height, gap) {
  const pair = 2 * height + gap;
  const second = pair + 2 * gap;
  return { tops: [[0, height + gap], [second, second + height + gap]], height: second + pair };
}

function measure(canvas, [, height, width]) {
  const gap = gapOf(width);
  canvas.width = COLUMNS * (width + gap) - gap;
  canvas.height = rowsOf(height, gap).height;
}

function gapOf(width) {
  return Math.max(1, Math.floor(width / 14));
}

/** Cut the row of 16 into two rows of 8: the upper (0) or the lower (1) ones of each pair. */
function drawRows(canvas, image, [, height, width], half) {
  const gap = gapOf(width);
  const { tops } = rowsOf(height, gap);
  const context = canvas.getContext("2d");
  for (let place = 0; place * width < image.naturalWidth; place += 1) {
    const x = (place % COLUMNS) * (width + gap);
    const y = tops[Math.floor(place / COLUMNS)][half];
    context.drawImage(image, place * width, 0, width, height, x, y, width, height);
  }
}
