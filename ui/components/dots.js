// Many dots into one picture, blended in the order given. A canvas draws 60,000 discs in 140 ms and
// more without a graphics card; this needs 10 to 20.

const STEPS = 4; // places within a pixel that a dot can have along each axis

/**
 * Which pixels a disc covers, and how much of each, for each of the places that its centre can have
 * within a pixel.
 * @param {number} radius in pixels.
 * @returns {{reach: number, masks: object[]}} reach: no pixel lies farther away; masks: STEPS *
 *   STEPS of {right, down, share}, one entry for each pixel, counted from the centre's own.
 */
export function discs(radius) {
  const reach = Math.ceil(radius + 1);
  const masks = [];
  for (let down = 0; down < STEPS; down += 1) {
    for (let right = 0; right < STEPS; right += 1) {
      masks.push(disc(reach, (right + 0.5) / STEPS - 0.5, (down + 0.5) / STEPS - 0.5, radius));
    }
  }
  return { reach, masks };
}

function disc(reach, x, y, radius) {
  const pixels = [];
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = -reach; right <= reach; right += 1) {
      const share = Math.min(1, radius + 0.5 - Math.hypot(right - x, down - y));
      if (share > 0) pixels.push({ right, down, share });
    }
  }
  return {
    right: Int32Array.from(pixels, (pixel) => pixel.right),
    down: Int32Array.from(pixels, (pixel) => pixel.down),
    share: Float32Array.from(pixels, (pixel) => pixel.share),
  };
}

/**
 * Blend dots over each other.
 * @param {ImageData} image is written over.
 * @param {Float32Array} sums scratch space, 4 numbers a pixel.
 * @param {{xs: Float32Array, ys: Float32Array, classes: Uint8Array, visible: Uint8Array|null}} dots
 *   centres in pixels of the image.
 * @param {number[][]} colours red, green, blue of each class, 0 to 255.
 * @param {number} alpha
 * @param {{reach: number, masks: object[]}} stamp see `discs`.
 */
export function blend(image, sums, dots, colours, alpha, stamp) {
  sums.fill(0);
  const { xs, ys, classes, visible } = dots;
  for (let i = 0; i < xs.length; i += 1) {
    if (visible === null || visible[i]) {
      stampOne(sums, image, xs[i], ys[i], colours[classes[i] % colours.length], alpha, stamp);
    }
  }
  develop(image.data, sums);
}

function stampOne(sums, { width, height }, x, y, [red, green, blue], alpha, { reach, masks }) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < -reach || row < -reach || column >= width + reach || row >= height + reach) return;
  const place = Math.floor((y - row) * STEPS) * STEPS + Math.floor((x - column) * STEPS);
  const { right, down, share } = masks[place];
  for (let i = 0; i < share.length; i += 1) {
    const [left, top] = [column + right[i], row + down[i]];
    if (left >= 0 && top >= 0 && left < width && top < height) {
      const at = 4 * (top * width + left);
      const weight = alpha * share[i];
      const rest = 1 - weight;
      sums[at] = sums[at] * rest + red * weight;
      sums[at + 1] = sums[at + 1] * rest + green * weight;
      sums[at + 2] = sums[at + 2] * rest + blue * weight;
      sums[at + 3] = sums[at + 3] * rest + weight;
    }
  }
}

/** From colours times opacity, as they add up, to the colours that a canvas expects. */
function develop(data, sums) {
  for (let at = 0; at < data.length; at += 4) {
    const opacity = sums[at + 3];
    data[at + 3] = 255 * opacity;
    if (opacity > 0) {
      data[at] = sums[at] / opacity;
      data[at + 1] = sums[at + 1] / opacity;
      data[at + 2] = sums[at + 2] / opacity;
    }
  }
}
