// Where the classes' names go on a map: at their medians, or beside them where two would overlap.
// While classes still lie in a heap, some have no place; the key under the map names them all.

const SIZE = 0.075; // of a name, in limits of the map
const TOGETHER = 0.02; // a cloud smaller than this, in limits, has no places for names

const NUDGES = [[0, 0]]; // where else a name may go, in limits, nearest first
for (const radius of [0.5, 1, 1.5]) {
  for (let turn = 0; turn < 16; turn += 1) {
    const angle = (Math.PI * turn) / 8;
    NUDGES.push([radius * SIZE * Math.sin(angle), radius * SIZE * Math.cos(angle)]);
  }
}

/**
 * @param {Float32Array} xs of the dots, N.
 * @param {Float32Array} ys
 * @param {Uint8Array} classes
 * @param {string[]} names of the classes.
 * @param {number} limit the map spans -limit to limit.
 * @returns {([number, number]|null)[]} the middle of each name; null for a class that is not there
 *   or has no free place; empty while all dots lie together, since no name belongs there.
 */
export function namePlaces(xs, ys, classes, names, limit) {
  if (Math.max(spread(xs), spread(ys)) < TOGETHER * limit) return [];
  const centres = names.map((_, label) => centre(xs, ys, classes, label));
  const here = centres.filter((place) => place !== null);
  const reach = (axis) => {
    const values = here.map((place) => place[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  if (here.length > 1 && Math.max(reach(0), reach(1)) < SIZE * limit) return [];
  const places = [];
  centres.forEach((at, label) => {
    places.push(at && freePlace(at, names[label], places, names, limit));
  });
  return places;
}

/** The height of a name, in limits of the map. */
export const NAME_SIZE = SIZE;

function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

function centre(xs, ys, classes, label) {
  const mine = (_, place) => classes[place] === label;
  const [x, y] = [xs.filter(mine), ys.filter(mine)];
  return x.length ? [median(x), median(y)] : null;
}

function median(values) {
  return values.sort()[Math.floor((values.length - 1) / 2)];
}

function freePlace([x, y], name, taken, names, limit) {
  const options = NUDGES.map(([right, up]) => [x + right * limit, y + up * limit]);
  const isFree = (option) =>
    taken.every((other, place) => !other || !touch(option, name, other, names[place], limit));
  return options.find(isFree) ?? null;
}

function touch(place, name, other, otherName, limit) {
  const half = (text) => 0.3 * Math.max(text.length, 1.5) * SIZE * limit;
  const isApart = Math.abs(place[0] - other[0]) >= half(name) + half(otherName);
  return !isApart && Math.abs(place[1] - other[1]) < SIZE * limit;
}
