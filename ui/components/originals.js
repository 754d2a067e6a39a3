// The data set's pictures behind the stored latents: fetched in sheets of 256 when first needed.

import { fromImage } from "./pictures.js";

const SIDE = 16;
const MAX_SHEETS = 48;

/**
 * @param {{url: string, shape: [number, number, number], hasOriginals: boolean}} model
 * @returns {{get: (position: number) => Promise<Float32Array|null>}} null where the data set is
 *   not on the server's computer.
 */
export function openOriginals(model) {
  const sheets = new Map();
  const sheet = (number) => {
    if (!sheets.has(number)) {
      if (sheets.size >= MAX_SHEETS) sheets.delete(sheets.keys().next().value);
      const loading = load(`${model.url}/pictures/${number}.png`);
      sheets.set(number, loading);
      loading.catch(() => sheets.delete(number)); // lost on the way: asked for again
    }
    return sheets.get(number);
  };
  return {
    async get(position) {
      if (!model.hasOriginals) return null;
      const context = await sheet(Math.floor(position / SIDE ** 2));
      const cell = position % SIDE ** 2;
      const [, height, width] = model.shape;
      const left = (cell % SIDE) * width;
      const top = Math.floor(cell / SIDE) * height;
      return fromImage(context.getImageData(left, top, width, height), model.shape);
    },
  };
}

async function load(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context;
}
