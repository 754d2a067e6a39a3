// The numbers of one picture's way through the network, made to add up as they are shown.

import { rounded } from "./live_numbers.js";

/**
 * @param {{mean: number[], sigma: number[]|null, eps: number[]|null, z: number[]}} picture of an
 *   "anatomy" event.
 * @returns {{mean: number, sigma: number|null, eps: number|null, z: number}[]} one for each latent
 *   number, with two digits; z is the sum of what is shown.
 */
export function shownNumbers({ mean, sigma, eps, z }) {
  return mean.map((value, dim) => {
    const place = rounded(value);
    if (sigma === null) return { mean: place, sigma: null, eps: null, z: rounded(z[dim]) };
    const [spread, chance] = [rounded(sigma[dim]), rounded(eps[dim])];
    return { mean: place, sigma: spread, eps: chance, z: rounded(place + spread * chance) };
  });
}

/**
 * @param {{mean: number[], sigma: number[]|null}} picture
 * @param {number} most how many may be spelled out.
 * @returns {number[]} the latent numbers that tell the most of it, by their KL (by their size where
 *   there is no spread), in their own order.
 */
export function tellingNumbers({ mean, sigma }, most) {
  const told = mean.map((value, dim) => {
    const square = value ** 2;
    return sigma === null ? square : (square + sigma[dim] ** 2 - 1) / 2 - Math.log(sigma[dim]);
  });
  const first = mean.map((_, dim) => dim).sort((one, other) => told[other] - told[one]);
  return first.slice(0, most).sort((one, other) => one - other);
}
