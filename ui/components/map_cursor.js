// The cursor of a map: the decoder draws its place, and a dot beside it adds its own picture.

import { lift } from "./map_geometry.js";

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @returns {object} goTo(place, near): to a place in map coordinates, where `near` is the dot
 *   beside it, or -1; place(): where it is; redraw(): after what is told has changed. The board
 *   hears "here", {place, picture}, "address", see `share.js`, and "dot", {label, isOriginal,
 *   picture}, or null without one.
 */
export function createCursor(part) {
  const { board, painter, scene, stored, latents, places } = part;
  const state = { place: part.data.at ?? [0, 0], near: -1 };
  const here = {
    isFirst: true,
    count: 1,
    z: () => lift(state.place, part.data.flat),
    told: part.told,
    show: (picture) => board.put("here", { place: state.place, picture }),
    element: null,
  };
  const restored = {
    count: 1,
    z: () => stored.z(latents, state.near),
    told: () => stored.told(latents, state.near, {}),
    show: (picture) => showDot(part, state.near, picture, false),
    element: null,
  };
  const goTo = (place, near) => {
    state.place = place;
    scene.marks.set("cross", { place, pulses: false });
    board.put("address", { at: place.map((value) => value.toFixed(3)).join(",") });
    painter.ask(here);
    if (near === state.near) return;
    state.near = near;
    scene.marks.set("near", near < 0 ? null : [places.xs[near], places.ys[near]]);
    if (near < 0) showDot(part, near);
    else fetchDot(part, state, () => painter.ask(restored));
  };
  scene.marks.set("cross", { place: state.place, pulses: true });
  showDot(part, -1);
  painter.ask(here);
  return { goTo, place: () => state.place, redraw: () => painter.ask(here) };
}

function showDot({ board, latents }, near, picture, isOriginal) {
  board.put("dot", near < 0 ? null : { label: latents.labels[near], picture, isOriginal });
}

/** The original of the dot or, where there is none, what the model makes of its mean. */
async function fetchDot(part, state, restore) {
  const { near } = state;
  const original = await part.originals.get(near).catch(() => null);
  if (near !== state.near || !part.isOpen()) return;
  if (original) showDot(part, near, original, true);
  else restore();
}
