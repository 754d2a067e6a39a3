// Which dots and names a map shows, and in which colours.

import { namePlaces } from "./names.js";

const RADII = [
  [3000, 3],
  [20_000, 2.25],
  [Infinity, 1.5],
]; // of the dots in pixels, for so many of them
const NAMES_REACH = 3; // heights of a name, from its class
const OPACITY = 0.8;
const OPACITY_OVER_PICTURES = 0.6;

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`; gets its `visible`.
 * @param {object} legend see `createLegend`.
 * @returns {object} only(classes): show these alone, all for an empty set; behind(isOn): whether
 *   there are pictures under the dots; isBehind(); dress(before): after the data have changed.
 */
export function createShown(part, legend) {
  const state = { visible: null, only: new Set(), isBehind: false };
  part.visible = () => state.visible;
  const names = namesOf(part);
  const draw = () => {
    const { scene, latents, places, data } = part;
    scene.dots.set({
      ...places,
      classes: latents.labels,
      palette: data.palette,
      radius: RADII.find(([num]) => data.model.num <= num)[1],
      alpha: state.isBehind ? OPACITY_OVER_PICTURES : OPACITY,
      visible: state.visible,
    });
    scene.redraw();
    const isShown = ({ label }) => !state.only.size || state.only.has(label);
    scene.marks.set("names", names.filter(isShown));
    scene.marks.set("prior", data.prior);
  };
  draw();
  return {
    only(classes) {
      const { labels } = part.latents;
      state.only = classes;
      state.visible = classes.size ? Uint8Array.from(labels, (label) => classes.has(label)) : null;
      draw();
    },
    behind(isOn) {
      state.isBehind = isOn;
      draw();
    },
    isBehind: () => state.isBehind,
    dress(before) {
      const { figure, palette } = part.data;
      legend.dress(palette);
      if (JSON.stringify(before.figure) !== JSON.stringify(figure)) part.scene.dress(figure);
      if (`${before.palette}` !== `${palette}`) draw();
    },
  };
}

/** A model that is told the class mixes the classes: their names would stand for nothing. */
function namesOf({ places, latents, data }) {
  if (data.isMixed) return [];
  const map = { limit: data.limit, reach: NAMES_REACH };
  return namePlaces(places.xs, places.ys, latents.labels, data.classNames, map)
    .map((place, label) => ({ label, place, text: data.classNames[label] }))
    .filter(({ place }) => place !== null);
}
