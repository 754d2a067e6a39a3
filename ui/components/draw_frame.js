// A drawing laid in its frame as the pictures of a data set are: scaled to their size, and centred.

const FINER = 4; // pixels of the working canvas for one of the picture
const LARGEST = 0.03; // share of the picture that one unit of a stroke may become: a dot stays small
const FAINT = 0.2; // ink that counts for the box

/**
 * Strokes, which are scaled as lines: the pen stays as wide as in the data.
 * @param {[number, number][][]} strokes points, in pixels of a pad of about 200.
 * @returns {object|null} for `framed`; null without any.
 */
export function strokesAsInk(strokes) {
  if (!strokes.length) return null;
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const [x, y] of strokes.flat()) reach(box, x, y, 0);
  return { box, pen: true, paint: (context) => paintStrokes(context, strokes) };
}

function reach(box, x, y, size) {
  box.left = Math.min(box.left, x);
  box.right = Math.max(box.right, x + size);
  box.top = Math.min(box.top, y);
  box.bottom = Math.max(box.bottom, y + size);
}

function paintStrokes(context, strokes) {
  const path = new Path2D();
  for (const [first, ...rest] of strokes) {
    path.moveTo(...first);
    path.lineTo(...first); // a dot
    for (const point of rest) path.lineTo(...point);
  }
  context.stroke(path);
}

/**
 * A picture of light ink on black, as the server reads it from a file.
 * @param {HTMLCanvasElement} canvas
 * @returns {object|null} for `framed`; null without ink.
 */
export function pictureAsInk(canvas) {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const box = { left: width, right: -1, top: height, bottom: -1 };
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    if (data[4 * pixel] >= 255 * FAINT) reach(box, pixel % width, Math.floor(pixel / width), 1);
  }
  if (box.right < 0) return null;
  return { box, pen: false, paint: (context) => context.drawImage(canvas, 0, 0) };
}

/**
 * @param {object} ink see `strokesAsInk`, `pictureAsInk`.
 * @param {{box: number, pen: number, byMass: boolean, middle: number}} framing see
 *   `vae_core/data/framing.py`.
 * @param {[number, number, number]} shape C, H, W of the data's pictures.
 * @param {number} levels of their grey values.
 * @returns {Float32Array} the picture, C * H * W numbers in [0, 1].
 */
export function framed(ink, framing, shape, levels) {
  const [channels, height, width] = shape;
  const middle = [framing.middle * width, framing.middle * height];
  let grey = drawn(ink, framing, shape, middle);
  if (framing.byMass) {
    const [x, y] = massOf(grey, width);
    grey = drawn(ink, framing, shape, [2 * middle[0] - x, 2 * middle[1] - y]);
  }
  const picture = new Float32Array(channels * height * width);
  for (let place = 0; place < picture.length; place += 1) {
    picture[place] = Math.round(grey[place % grey.length] * (levels - 1)) / (levels - 1);
  }
  return picture;
}

/** Grey values in [0, 1] with the middle of the ink's box at a place of the picture. */
function drawn({ box, pen, paint }, framing, [, height, width], middle) {
  const canvas = new OffscreenCanvas(width * FINER, height * FINER);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const longer = Math.max(box.right - box.left, box.bottom - box.top);
  const room = framing.box - (pen ? framing.pen : 0);
  const scale = Math.min(room / Math.max(longer, 1e-6), pen ? LARGEST * width : Infinity);
  context.scale(FINER, FINER);
  context.translate(...middle);
  context.scale(scale, scale);
  context.translate(-(box.left + box.right) / 2, -(box.top + box.bottom) / 2);
  context.imageSmoothingQuality = "high";
  const round = { lineWidth: framing.pen / scale, lineCap: "round", lineJoin: "round" };
  Object.assign(context, round, { strokeStyle: "#fff" });
  paint(context);
  return averaged(context.getImageData(0, 0, canvas.width, canvas.height), width, height);
}

/** Ink is white: what a pixel holds is its red, times how much it covers. */
function averaged({ data }, width, height) {
  const grey = new Float32Array(width * height);
  for (let y = 0; y < height * FINER; y += 1) {
    for (let x = 0; x < width * FINER; x += 1) {
      const at = 4 * (y * width * FINER + x);
      const place = Math.floor(y / FINER) * width + Math.floor(x / FINER);
      grey[place] += (data[at] * data[at + 3]) / (255 * 255 * FINER * FINER);
    }
  }
  return grey;
}

/** Where the ink's mass lies, in pixels from the left and the top. */
function massOf(grey, width) {
  let [sum, x, y] = [1e-9, 0, 0];
  grey.forEach((value, place) => {
    sum += value;
    x += value * ((place % width) + 0.5);
    y += value * (Math.floor(place / width) + 0.5);
  });
  return [x / sum, y / sum];
}
