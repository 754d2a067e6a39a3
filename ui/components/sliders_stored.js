// The stored pictures to start from and to blend: their latents, classes, and looks.

import { loadLatents } from "./latents.js";
import { openOriginals } from "./originals.js";

/**
 * @param {object} data see `sliders.js`.
 * @returns {object} load(): Promise of the latents, fetched once; z(latents, position): number[];
 *   told(latents, position, told): what is known to be true of that picture, else as `told`;
 *   draw(decoder, position): Promise of the original or, where that is not on the server's
 *   computer, of what the model makes of its mean.
 */
export function openStored({ model, conditions }) {
  const originals = openOriginals(model);
  let loading = null;
  const load = () => {
    loading ??= loadLatents(model);
    loading.catch(() => {
      loading = null; // lost on the way: asked for again
    });
    return loading;
  };
  const z = ({ means }, position) =>
    Array.from(means.subarray(position * model.latentDim, (position + 1) * model.latentDim));
  const told = ({ labels }, position, otherwise) => {
    const knows = conditions.some(({ name }) => name === "class");
    return knows ? { ...otherwise, class: labels[position] } : otherwise;
  };
  const draw = async (decoder, position) => {
    const original = await originals.get(position);
    if (original) return original;
    const latents = await load();
    const slot = `stored ${position}`;
    return new Promise((done) => {
      decoder.draw(slot, [z(latents, position)], told(latents, position, {}), ([picture]) =>
        done(picture),
      );
    });
  };
  return { load, z, told, draw };
}
