// The loss as a sum that adds up as it is shown, each term in its colour.

import { fixed, rounded, short } from "./live_numbers.js";
import { NAT, help, make } from "./dom.js";

/**
 * @param {{recon_nats: number, kl_nats: number|null, beta: number, extra: object}} terms nats a
 *   picture; kl_nats is null for an autoencoder; extra: further terms, name -> [value, weight].
 * @returns {(Node|string)[]} "Loss 30.10 = reconstruction 27.50 + beta 1 × KL 2.60".
 */
export function lossSum({ recon_nats, kl_nats, beta, extra = {} }) {
  const terms = [[1, "reconstruction", recon_nats, "reconstruction"]];
  if (kl_nats !== null) terms.push([beta, "KL", kl_nats, "kl"]);
  for (const [name, [value, weight]] of Object.entries(extra)) {
    terms.push([weight, name.replace(/_nats$/, "").replaceAll("_", " "), value, ""]);
  }
  const sum = terms.reduce((total, [weight, , value]) => total + shownTerm(weight, value), 0);
  const parts = terms.flatMap(([weight, name, value, concept], place) => [
    place ? ` ${weight < 0 ? "\u2212" : "+"} ` : " = ",
    factor(concept, Math.abs(weight)),
    concept ? make("b", { class: concept, text: `${name} ${fixed(value)}` }) : name,
    concept ? "" : ` ${fixed(value)}`,
  ]);
  return ["Loss ", make("b", { text: fixed(sum) }), ...parts];
}

function shownTerm(weight, value) {
  return value === null ? NaN : rounded(weight, 3) * rounded(value);
}

function factor(concept, weight) {
  if (concept === "kl") return `beta ${short(weight)} \u00d7 `;
  return weight === 1 ? "" : `${short(weight)} \u00d7 `;
}

/**
 * The line above the curves.
 * @returns {{element: HTMLElement, show: (row: object|null, hasKl: boolean) => void}} row: terms as
 *   `lossSum` takes them; null before the first step.
 */
export function lossLine() {
  const sum = make("span", { class: "vl-sum-line" });
  const words = make("span");
  const note = make("span", { class: "vl-muted" }, [words, " ", help("Nats", NAT)]);
  const element = make("p", { class: "vl-loss" }, [sum, note]);
  const show = (row, hasKl) => {
    if (row) sum.replaceChildren(...lossSum(row));
    else sum.replaceChildren(...unmeasured(hasKl));
    if (!row) words.textContent = "in nats, measured from the first step on";
    else if (row.kl_nats === null) words.textContent = "nats a picture. An autoencoder has no KL.";
    else words.textContent = "nats a picture, training images, z sampled";
  };
  return { element, show };
}

function unmeasured(hasKl) {
  const recon = make("b", { class: "reconstruction", text: "reconstruction" });
  const kl = hasKl ? [" + beta \u00d7 ", make("b", { class: "kl", text: "KL" })] : [];
  return ["Loss = ", recon, ...kl];
}
