// The mathematics of a map: from latents to places and back, ellipses, areas, and paths.

const JITTER = 0.35; // how far the dots of a strip reach up and down, in limits of the map
const GOLDEN = 0.618034; // multiples of it, less their whole parts, fill an interval evenly

/**
 * Places of latents on a map: (z - origin) @ axes.
 * @param {Float32Array} means N * D numbers, latent by latent.
 * @param {object} flat
 * @param {number[]} flat.origin D numbers.
 * @param {[number, number][]} flat.axes D rows.
 * @param {boolean} flat.isStrip one number only: the height is a jitter, without meaning.
 * @param {number} flat.limit the map spans -limit to limit.
 * @returns {{xs: Float32Array, ys: Float32Array}}
 */
export function placesOf(means, { origin, axes, isStrip, limit }) {
  const size = origin.length;
  const num = means.length / size;
  const [xs, ys] = [new Float32Array(num), new Float32Array(num)];
  for (let i = 0; i < num; i += 1) {
    for (let dim = 0; dim < size; dim += 1) {
      const away = means[i * size + dim] - origin[dim];
      xs[i] += away * axes[dim][0];
      ys[i] += away * axes[dim][1];
    }
    if (isStrip) ys[i] = (2 * ((i * GOLDEN) % 1) - 1) * JITTER * limit;
  }
  return { xs, ys };
}

/** The nearest z in the map's plane: origin + point @ axes.T. */
export function lift([x, y], { origin, axes }) {
  return origin.map((start, dim) => start + x * axes[dim][0] + y * axes[dim][1]);
}

/**
 * A diagonal Gaussian as the map shows it: axes.T @ diag(exp(logvar)) @ axes.
 * @param {ArrayLike<number>} logvar D numbers.
 * @param {[number, number][]} axes
 * @returns {{spread: [number, number], major: number, minor: number, angle: number}} spread along
 *   the map's axes; half axes of the ellipse of one sigma, and the turn of its major one, in
 *   radians against the clock.
 */
export function gaussianOnMap(logvar, axes) {
  let [xx, xy, yy] = [0, 0, 0];
  axes.forEach(([right, up], dim) => {
    const variance = Math.exp(logvar[dim]);
    xx += variance * right * right;
    xy += variance * right * up;
    yy += variance * up * up;
  });
  const middle = (xx + yy) / 2;
  const apart = Math.hypot((xx - yy) / 2, xy);
  return {
    spread: [Math.sqrt(xx), Math.sqrt(yy)],
    major: Math.sqrt(middle + apart),
    minor: Math.sqrt(Math.max(0, middle - apart)),
    angle: Math.atan2(2 * xy, xx - yy) / 2,
  };
}

/**
 * Which points lie within a closed outline (even-odd rule).
 * @param {Float32Array} xs
 * @param {Float32Array} ys
 * @param {[number, number][]} outline
 * @returns {number[]} their positions.
 */
export function within(xs, ys, outline) {
  const found = [];
  for (let i = 0; i < xs.length; i += 1) if (isWithin(xs[i], ys[i], outline)) found.push(i);
  return found;
}

function isWithin(x, y, outline) {
  let inside = false;
  let [fromX, fromY] = outline.at(-1);
  for (const [toX, toY] of outline) {
    const crosses = fromY > y !== toY > y;
    if (crosses && x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX)) inside = !inside;
    [fromX, fromY] = [toX, toY];
  }
  return inside;
}

/**
 * Places at equal distances along a path, its ends among them.
 * @param {[number, number][]} path two points or more.
 * @param {number} num
 * @returns {[number, number][]}
 */
export function alongPath(path, num) {
  const reached = [0];
  for (let i = 1; i < path.length; i += 1) {
    const step = Math.hypot(path[i][0] - path[i - 1][0], path[i][1] - path[i - 1][1]);
    reached.push(reached[i - 1] + step);
  }
  let part = 1;
  return Array.from({ length: num }, (_, place) => {
    const wanted = (reached.at(-1) * place) / (num - 1);
    while (part < path.length - 1 && reached[part] < wanted) part += 1;
    const share = (wanted - reached[part - 1]) / (reached[part] - reached[part - 1] || 1);
    const [[fromX, fromY], [toX, toY]] = [path[part - 1], path[part]];
    return [fromX + share * (toX - fromX), fromY + share * (toY - fromY)];
  });
}
