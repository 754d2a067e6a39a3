// Whether a model knows pictures like a drawn one: how well it redraws it, held against how well it
// redraws the test pictures, which it has not learned from either.

import { make } from "./dom.js";

// At these shares of the test pictures, see `vae_core/record.py`.
const LEVELS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const UNUSUAL = 5; // an error that more than 95 % of the test pictures stay below
const FAR = 6; // and 99 %
const HOW =
  "By the squared error of its reconstruction. Unusual: larger than that of 95 % of the test " +
  "pictures; far: than that of 99 %.";

/**
 * @param {{error: number}|null} drawn mean squared error of its reconstruction; null for no drawing.
 * @param {{errors: number[], noun: string}} about errors: of the test pictures at LEVELS; empty where
 *   they were not measured.
 * @returns {(Node|string)[]}
 */
export function verdict(drawn, { errors, noun }) {
  if (!drawn) return [`Draw a ${noun}, or anything else: its place on the map follows your hand.`];
  if (!errors.length) {
    return ["How well this model redraws test pictures was not measured, so nothing is said here."];
  }
  const passed = errors.findLastIndex((error) => drawn.error > error);
  const title = { title: HOW };
  if (passed >= FAR) {
    const far = make("b", { class: "vl-far", text: "Far from anything I know.", ...title });
    return [far, " Redrawn worse than 99 % of the test pictures: what it shows is a guess."];
  }
  if (passed >= UNUSUAL) {
    const unusual = make("b", { text: "Unusual.", ...title });
    return [unusual, " Redrawn worse than 95 % of the test pictures."];
  }
  const below = Math.round(100 * shareBelow(drawn.error, errors));
  if (below <= 50) {
    const known = make("b", { text: "Pictures like this it knows.", ...title });
    return [known, ` Redrawn better than ${Math.min(100 - below, 99)} % of the test pictures.`];
  }
  const within = make("b", { text: "Within what it knows.", ...title });
  return [within, ` Redrawn worse than ${below} % of the test pictures, which is not unusual.`];
}

/** Share of the test pictures that are redrawn with a smaller error, read off between the levels. */
function shareBelow(error, errors) {
  const next = errors.findIndex((level) => error <= level);
  if (next <= 0) return next === 0 ? LEVELS[0] : LEVELS.at(-1);
  const way = (error - errors[next - 1]) / (errors[next] - errors[next - 1] || 1);
  return LEVELS[next - 1] + way * (LEVELS[next] - LEVELS[next - 1]);
}
