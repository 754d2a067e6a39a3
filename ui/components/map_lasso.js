// A lasso: the dots within a drawn outline, their mean picture, and how many there are of a class.

import { within } from "./map_geometry.js";

const MAX_ORIGINALS = 1000; // that go into the mean, evenly chosen
const MAX_DECODES = 200; // without originals
const FEWEST = 3; // points of an outline

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @returns {object} extend(place, isFirst); lift(): the outline is complete; drop(): forget it;
 *   close(). The board hears "selection": {num, counts: dots of each class, numUsed: of the mean,
 *   isOriginal, z: mean of the latents, outline, picture}, picture null until it is there; or null
 *   without a selection. It hears "groups", to mark them.
 */
export function createLasso(part) {
  const { board, scene, latents, places } = part;
  const state = { outline: [], found: null };
  const mean = meanOfDecoded(part);
  const drop = () => {
    Object.assign(state, { outline: [], found: null });
    scene.marks.set("lasso", null);
    board.put("selection", null);
  };
  const extend = (place, isFirst) => {
    if (isFirst) drop();
    state.outline.push(place);
    scene.marks.set("lasso", state.outline);
  };
  const lift = async () => {
    const visible = part.visible();
    const inside = state.outline.length < FEWEST ? [] : within(places.xs, places.ys, state.outline);
    const found = inside.filter((position) => visible === null || visible[position]);
    if (!found.length) return drop();
    state.found = found;
    const isOriginal = part.data.model.hasOriginals;
    const used = evenly(found, isOriginal ? MAX_ORIGINALS : MAX_DECODES);
    const counts = countClasses(found, latents.labels, part.data.classNames.length);
    const { outline } = state;
    const z = meanCode(part, found);
    const told = { num: found.length, counts, numUsed: used.length, isOriginal, z, outline };
    const show = (picture) => {
      if (state.found === found && part.isOpen()) board.put("selection", { ...told, picture });
    };
    show(null);
    if (isOriginal) show(await meanOfOriginals(part, used));
    else mean(used, show);
  };
  drop();
  const close = board.on("groups", (groups) => scene.marks.set("groups", groups));
  return { extend, lift, drop, close };
}

/** The mean of some latents, D numbers. */
function meanCode({ latents, data }, positions) {
  const { latentDim } = data.model;
  return Array.from({ length: latentDim }, (_, dim) => {
    const sum = positions.reduce((total, one) => total + latents.means[one * latentDim + dim], 0);
    return sum / positions.length;
  });
}

function evenly(positions, num) {
  if (positions.length <= num) return positions;
  return Array.from({ length: num }, (_, i) => positions[Math.floor((i * positions.length) / num)]);
}

function countClasses(positions, labels, num) {
  const counts = Array.from({ length: num }, () => 0);
  for (const position of positions) counts[labels[position]] += 1;
  return counts;
}

/** Null when not all of them arrived. */
async function meanOfOriginals({ originals }, positions) {
  try {
    return meanOf(await Promise.all(positions.map(originals.get)));
  } catch {
    return null;
  }
}

function meanOf(pictures) {
  const sum = new Float32Array(pictures[0].length);
  for (const picture of pictures) for (let i = 0; i < sum.length; i += 1) sum[i] += picture[i];
  return sum.map((value) => value / pictures.length);
}

/** The mean of what the model makes of some means: a function (positions, show). */
function meanOfDecoded({ painter, stored, latents }) {
  return (positions, show) => {
    const pictures = [];
    const ofClass = Map.groupBy(positions, (position) => latents.labels[position]);
    for (const some of ofClass.values()) {
      painter.ask({
        count: some.length,
        z: (place) => stored.z(latents, some[place]),
        told: () => stored.told(latents, some[0], {}), // one class is told the same
        show(picture) {
          pictures.push(picture);
          if (pictures.length === positions.length) show(meanOf(pictures));
        },
        element: null,
      });
    }
  };
}
