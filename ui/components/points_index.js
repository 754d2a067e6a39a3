// Which points are near a place: they are sorted into cells, once for each view of the map.

const CELL = 24; // pixels

/**
 * @param {{xs: Float32Array, ys: Float32Array}} points in pixels; those outside the area are left
 *   out.
 * @param {number} width of the area.
 * @param {number} height
 * @returns {(x: number, y: number, reach: number) => Iterable<number>} indices of all points that
 *   can lie within `reach`.
 */
export function createIndex({ xs, ys }, width, height) {
  const columns = Math.floor(width / CELL) + 1;
  const rows = Math.floor(height / CELL) + 1;
  const starts = new Int32Array(columns * rows + 1); // of each cell's points, among `sorted`
  const cellOf = (i) => {
    if (!(xs[i] >= 0 && ys[i] >= 0 && xs[i] <= width && ys[i] <= height)) return -1;
    return Math.floor(ys[i] / CELL) * columns + Math.floor(xs[i] / CELL);
  };
  for (let i = 0; i < xs.length; i += 1) starts[cellOf(i) + 1] += 1;
  starts[0] = 0; // those outside
  for (let cell = 1; cell < starts.length; cell += 1) starts[cell] += starts[cell - 1];
  const sorted = new Int32Array(starts.at(-1));
  const next = starts.slice();
  for (let i = 0; i < xs.length; i += 1) {
    const cell = cellOf(i);
    if (cell >= 0) sorted[next[cell]++] = i;
  }
  return function* near(x, y, reach) {
    for (let row = cellAt(y - reach, rows); row <= cellAt(y + reach, rows); row += 1) {
      const first = row * columns;
      const from = starts[first + cellAt(x - reach, columns)];
      const to = starts[first + cellAt(x + reach, columns) + 1];
      yield* sorted.subarray(from, to);
    }
  };
}

function cellAt(pixel, num) {
  return Math.min(num - 1, Math.max(0, Math.floor(pixel / CELL)));
}
