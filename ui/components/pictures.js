// Pictures as numbers, (C, H, W) in [0, 1], onto canvases. Always as they are, never inverted; the
// style sheet enlarges them without blurring.

/**
 * Draw one picture; the canvas gets its size in pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} picture C * H * W numbers, cut off at 0 and 1.
 * @param {[number, number, number]} shape C (1 or 3), H, W.
 */
export function paint(canvas, picture, shape) {
  const [, height, width] = shape;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d").putImageData(toImage(picture, shape), 0, 0);
}

/**
 * Draw several pictures of one shape, row by row, on black.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array[]} pictures
 * @param {[number, number, number]} shape of each.
 * @param {number} columns pictures in a row.
 * @param {number} gap black pixels between them.
 */
export function paintSheet(canvas, pictures, shape, columns, gap = 0) {
  const [, height, width] = shape;
  const rows = Math.ceil(pictures.length / columns);
  canvas.width = columns * (width + gap) - gap;
  canvas.height = rows * (height + gap) - gap;
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, canvas.width, canvas.height);
  pictures.forEach((picture, place) => {
    const left = (place % columns) * (width + gap);
    const top = Math.floor(place / columns) * (height + gap);
    context.putImageData(toImage(picture, shape), left, top);
  });
}

/**
 * @param {Float32Array} picture
 * @param {[number, number, number]} shape
 * @returns {ImageData}
 */
export function toImage(picture, [channels, height, width]) {
  const image = new ImageData(width, height);
  const size = height * width;
  for (let pixel = 0; pixel < size; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const value = picture[(channels === 3 ? channel * size : 0) + pixel];
      image.data[4 * pixel + channel] = Math.round(255 * value); // clamped by its type
    }
    image.data[4 * pixel + 3] = 255;
  }
  return image;
}

/**
 * The inverse of `toImage`.
 * @param {ImageData} image
 * @param {[number, number, number]} shape
 * @returns {Float32Array}
 */
export function fromImage(image, [channels, height, width]) {
  const size = height * width;
  const picture = new Float32Array(channels * size);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let pixel = 0; pixel < size; pixel += 1) {
      picture[channel * size + pixel] = image.data[4 * pixel + channel] / 255;
    }
  }
  return picture;
}
