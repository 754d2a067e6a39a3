// The stored posteriors of a model's pictures.

import { fileOf } from "./files.js";

/**
 * @param {{url: string, num: number, latentDim: number, hasSpread: boolean}} model
 * @returns {Promise<{means: Float32Array, logvars: Float32Array|null, labels: Uint8Array}>} means
 *   and logvars hold N * D numbers, picture by picture; an autoencoder has no logvars.
 */
export async function loadLatents(model) {
  const { num, latentDim, hasSpread } = model;
  const buffer = await fileOf(model, "latents");
  const size = num * latentDim;
  return {
    means: new Float32Array(buffer, 0, size),
    logvars: hasSpread ? new Float32Array(buffer, 4 * size, size) : null,
    labels: new Uint8Array(buffer, 4 * size * (hasSpread ? 2 : 1), num),
  };
}
