// Pixels that are hidden, as numbers and as text; what a pen hides, and how hidden ones are shown.

export const INK = [90, 160, 255, 190]; // over a picture
const OPAQUE = 255;

/** What is said of pictures with hidden pixels: black would be lost on black. */
export const TINTED = "tinted: hidden; methods get black there";

/**
 * @param {string|null} text hexadecimals, row by row, eight pixels in two letters.
 * @param {[number, number]} size height, width.
 * @returns {Uint8Array} 1 for a hidden pixel.
 */
export function maskOf(text, [height, width]) {
  const mask = new Uint8Array(height * width);
  if (!text) return mask;
  for (let pixel = 0; pixel < mask.length; pixel += 1) {
    const byte = parseInt(text.slice(2 * (pixel >> 3), 2 * (pixel >> 3) + 2), 16);
    mask[pixel] = (byte >> (7 - (pixel & 7))) & 1;
  }
  return mask;
}

/** The inverse of `maskOf`. */
export function textOf(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((isHidden, pixel) => {
    if (isHidden) bytes[pixel >> 3] |= 1 << (7 - (pixel & 7));
  });
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A picture as people see it: what is hidden is black, under ink.
 * @param {ImageData} picture is not changed.
 * @param {Uint8Array} mask see `maskOf`.
 * @returns {ImageData}
 */
export function tinted(picture, mask) {
  const seen = new ImageData(picture.data.slice(), picture.width, picture.height);
  const [red, green, blue, opacity] = INK;
  const shade = [red, green, blue].map((value) => (value * opacity) / OPAQUE);
  mask.forEach((isHidden, pixel) => {
    if (isHidden) seen.data.set([...shade, OPAQUE], 4 * pixel);
  });
  return seen;
}

/**
 * Hide every pixel whose middle lies within a pen's radius of a line.
 * @param {Uint8Array} mask is not changed.
 * @param {[number, number]} size height, width.
 * @param {[[number, number], [number, number]]} line x, y in pixels, from the upper left.
 * @param {number} radius in pixels; the pixel under the pen is hidden however fine it is.
 * @returns {Uint8Array}
 */
export function hidden(mask, [height, width], [from, to], radius) {
  const next = Uint8Array.from(mask);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const away = distance([column + 0.5, row + 0.5], from, to);
      if (away <= radius) next[row * width + column] = 1;
    }
  }
  const [x, y] = [Math.floor(to[0]), Math.floor(to[1])];
  if (x >= 0 && x < width && y >= 0 && y < height) next[y * width + x] = 1;
  return next;
}

function distance([x, y], [fromX, fromY], [toX, toY]) {
  const [right, down] = [toX - fromX, toY - fromY];
  const along = ((x - fromX) * right + (y - fromY) * down) / (right ** 2 + down ** 2 || 1);
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - share * right, y - fromY - share * down);
}
