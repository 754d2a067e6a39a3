// The picked dot: its marks on the map, its pictures, its mean and spread.

import { gaussianOnMap } from "./map_geometry.js";

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @returns {object} pick(position); position(); redraw(): after what is told has changed. The board
 *   hears "picked" once both pictures are there: {label, place, spread, original, picture}, where
 *   spread is null for an autoencoder and original where it is not here.
 */
export function createPicked(part) {
  const { board, painter, scene, stored, latents } = part;
  const state = { position: -1, original: null, isReady: false };
  const restored = {
    count: 1,
    z: () => stored.z(latents, state.position),
    told: part.told,
    show: (picture) => board.put("picked", { ...described(part, state), picture }),
    element: null,
  };
  const pick = async (position) => {
    if (position === state.position) return;
    Object.assign(state, { position, isReady: false });
    const { place, gaussian } = described(part, state);
    scene.marks.set("picked", { mean: place, gaussian });
    const original = await part.originals.get(position).catch(() => null);
    if (position !== state.position || !part.isOpen()) return;
    Object.assign(state, { original, isReady: true });
    painter.ask(restored);
  };
  const redraw = () => {
    if (state.isReady) painter.ask(restored);
  };
  return { pick, position: () => state.position, redraw };
}

function described({ latents, places, data }, { position, original }) {
  const size = data.flat.origin.length;
  const { logvars, labels } = latents;
  const logvar = logvars?.subarray(position * size, (position + 1) * size);
  const gaussian = logvar ? gaussianOnMap(logvar, data.flat.axes) : null;
  return {
    label: labels[position],
    place: [places.xs[position], places.ys[position]],
    spread: gaussian?.spread ?? null,
    gaussian,
    original,
  };
}
