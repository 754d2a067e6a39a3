// A path drawn over the map: pictures at equal distances along it.

import { alongPath, lift as toLatent } from "./map_geometry.js";

const NUM_PICTURES = 12;

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @returns {object} extend(place, isFirst); lift(): the path is complete; drop(): forget it;
 *   redraw(): after what is told has changed. The board hears "path": {pictures, along(num) -> zs,
 *   told}, or null without a path.
 */
export function createPath(part) {
  const { board, painter, scene } = part;
  const state = { points: [], films: [], pictures: [] };
  const mark = () => scene.marks.set("path", state.points.length ? { ...state } : null);
  const along = (num) =>
    alongPath(state.points, num).map((place) => toLatent(place, part.data.flat));
  const strip = {
    count: NUM_PICTURES,
    z: (place) => toLatent(state.films[place] ?? [0, 0], part.data.flat), // dropped meanwhile
    told: part.told,
    show(picture, place) {
      state.pictures[place] = picture;
      const isDone = place === NUM_PICTURES - 1 && state.films.length;
      if (isDone) board.put("path", { pictures: [...state.pictures], along, told: part.told });
    },
    element: null,
  };
  const drop = () => {
    Object.assign(state, { points: [], films: [], pictures: [] });
    mark();
    board.put("path", null);
  };
  const redraw = () => {
    if (state.films.length) painter.ask(strip);
  };
  const lift = () => {
    if (state.points.length < 2) return drop();
    state.films = alongPath(state.points, NUM_PICTURES);
    mark();
    redraw();
  };
  const extend = (place, isFirst) => {
    if (isFirst) drop();
    state.points.push(place);
    mark();
  };
  drop();
  return { extend, lift, drop, redraw };
}
