// One picture's place in numbers: z = mean + spread × eps.

import { fixed } from "./live_numbers.js";
import { shownNumbers, tellingNumbers } from "./live_step_numbers.js";
import { make } from "./dom.js";

const MOST = 2;

/**
 * @param {object} picture of an "anatomy" event.
 * @param {number} place among its columns.
 * @returns {HTMLElement[]} a line that says the formula, and a line for each number.
 */
export function stepSums(picture, place) {
  const all = shownNumbers(picture);
  const dims = tellingNumbers(picture, MOST);
  const some = all.length > MOST ? ` The ${MOST} of its ${all.length} numbers that tell most:` : "";
  const head = make("p", {}, [
    make("b", { text: `Picture ${place + 1}: ` }),
    ...(picture.sigma === null ? placed() : formula()),
    some,
  ]);
  return [head, ...dims.map((dim) => line(all[dim], dim))];
}

function term(concept, text) {
  return make("b", { class: concept, text });
}

function formula() {
  const parts = [term("z", "z"), " = ", term("mean", "mean"), " + ", term("sigma", "spread")];
  return [...parts, " \u00d7 ", term("eps", "eps"), ", where eps is pure chance."];
}

function placed() {
  return ["its ", term("mean", "place"), " is what is decoded; nothing is left to chance."];
}

function line({ mean, sigma, eps, z }, dim) {
  const number = term("z", `z${dim + 1}`);
  const sum = [" = ", term("mean", fixed(mean))];
  if (sigma !== null) {
    sum.push(" + ", term("sigma", fixed(sigma)), " \u00d7 ", term("eps", signed(eps)));
    sum.push(" = ", term("z", fixed(z)));
  }
  return make("p", { class: "vl-step-line" }, [number, ...sum]);
}

function signed(value) {
  return value < 0 ? `(${fixed(value)})` : fixed(value);
}
