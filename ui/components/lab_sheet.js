// The server's answers as pictures: one PNG holds a row of them for each method.

import { maskOf, tinted } from "./lab_mask.js";

/**
 * @param {object} answer see `answered` in `ui/api/restoring.py`.
 * @returns {Promise<object>} the answer with `rows`: Map of name -> {pictures: ImageData[], spread:
 *   ImageData[]|null, seen: ImageData[], ...its numbers}; seen: the pictures with hidden pixels
 *   tinted.
 */
export async function readSheet(answer) {
  const image = new Image();
  image.src = `data:image/png;base64,${answer.sheet}`;
  await image.decode();
  const [, height, width] = answer.shape;
  const context = contextOf(image);
  const pictures = new Map(
    answer.rows.map((name, row) => [
      name,
      Array.from({ length: answer.num }, (_, place) =>
        context.getImageData(place * width, row * height, width, height),
      ),
    ]),
  );
  const rows = new Map();
  for (const [name, found] of pictures) {
    if (name.endsWith("/spread")) continue;
    const spread = pictures.get(`${name}/spread`) ?? null;
    const seen = name === "damaged" ? seenOf(found, answer.hidden) : found;
    rows.set(name, { pictures: found, seen, spread, ...answer.numbers[name] });
  }
  return { ...answer, rows };
}

/** hidden: a text for each picture, see `maskOf`; none where nothing can be. */
function seenOf(pictures, hidden) {
  if (!hidden) return pictures;
  return pictures.map((picture, place) =>
    tinted(picture, maskOf(hidden[place], [picture.height, picture.width])),
  );
}

function contextOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context;
}

/** Pixels between the pictures of a strip: nothing is drawn there. */
export const gapOf = (width) => (width < 16 ? 1 : 2);

/**
 * Draw pictures side by side.
 * @param {HTMLCanvasElement} canvas gets their size.
 * @param {ImageData[]} pictures
 */
export function paintStrip(canvas, pictures) {
  const [{ width, height }] = pictures;
  const step = width + gapOf(width);
  const full = pictures.length * step - gapOf(width);
  if (canvas.width !== full || canvas.height !== height) {
    canvas.width = full;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  pictures.forEach((picture, place) => context.putImageData(picture, place * step, 0));
}

/** Draw one picture; the canvas gets its size. Nothing is left of another where there is none. */
export function paintOne(canvas, picture) {
  if (!picture) {
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    return;
  }
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  canvas.getContext("2d").putImageData(picture, 0, 0);
}
