// Where the classes' names go on a map: at their medians, or beside them where two would overlap.
// While classes still lie in a heap, some have no place; a key beside the map names them all.

/** The height of a name, in limits of the map. */
export const NAME_SIZE = 0.075;
const TOGETHER = 0.02; // a cloud smaller than this, in limits, has no places for names
const STEP = 0.5; // from one ring of other places to the next, in heights of a name
const TURNS = 16;

/**
 * @param {Float32Array} xs of the dots, N.
 * @param {Float32Array} ys
 * @param {Uint8Array} classes
 * @param {string[]} names of the classes.
 * @param {{limit: number, reach: number}} map it spans -limit to limit; a name may go `reach`
 *   heights of it away from its class.
 * @returns {([number, number]|null)[]} the middle of each name; null for a class that is not there
 *   or has no free place; empty while all dots lie together, since no name belongs there.
 */
export function namePlaces(xs, ys, classes, names, { limit, reach }) {
  if (Math.max(spread(xs), spread(ys)) < TOGETHER * limit) return [];
  const centres = names.map((_, label) => centre(xs, ys, classes, label));
  const here = centres.filter((place) => place !== null);
  const extent = (axis) => {
    const values = here.map((place) => place[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  if (here.length > 1 && Math.max(extent(0), extent(1)) < NAME_SIZE * limit) return [];
  const nudges = nudgesWithin(reach);
  const places = [];
  centres.forEach((at, label) => {
    const options = at && nudges.map(([x, y]) => [at[0] + x * limit, at[1] + y * limit]);
    places.push(options && firstFree(options, names[label], places, names, limit));
  });
  return places;
}

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

/** Where else a name may go, in limits of the map, nearest first. */
function nudgesWithin(reach) {
  const nudges = [[0, 0]];
  for (let radius = STEP; radius <= reach; radius += STEP) {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const angle = (2 * Math.PI * turn) / TURNS;
      const away = radius * NAME_SIZE;
      nudges.push([away * Math.sin(angle), away * Math.cos(angle)]);
    }
  }
  return nudges;
}

function firstFree(options, name, taken, names, limit) {
  const isFree = (option) =>
    taken.every((other, place) => !other || !touch(option, name, other, names[place], limit));
  return options.find(isFree) ?? null;
}

function touch(place, name, other, otherName, limit) {
  const half = (text) => 0.3 * Math.max(text.length, 1.5) * NAME_SIZE * limit;
  const isApart = Math.abs(place[0] - other[0]) >= half(name) + half(otherName);
  return !isApart && Math.abs(place[1] - other[1]) < NAME_SIZE * limit;
}
