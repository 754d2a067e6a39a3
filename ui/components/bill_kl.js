// What each latent number costs, as bars; under the pointer its formula with its numbers.

import { fixed, rounded } from "./live_numbers.js";
import { make } from "./dom.js";

const MOST = 16; // bars that fit; of more, the dearest

/**
 * What is shown of each latent number's KL, so that what is shown adds up.
 * @param {number[]} kl
 * @returns {{dims: number[], others: number, rest: number, total: number}} dims: that have a bar;
 *   others: how many have none; rest: their nats together; total: of the bars and the rest.
 */
export function shownOf(kl) {
  const order = kl.map((_, dim) => dim).toSorted((one, two) => kl[two] - kl[one]);
  const dims = order.slice(0, MOST).toSorted((one, two) => one - two);
  const others = order.slice(MOST);
  const rest = rounded(others.reduce((sum, dim) => sum + kl[dim], 0));
  const total = rounded(dims.reduce((sum, dim) => sum + rounded(kl[dim]), rest));
  return { dims, others: others.length, rest, total };
}

/**
 * @param {{kl: number[], mean: number[], sigma: number[], prior_mean: number[],
 *   prior_sigma: number[]}} data of each latent number, in nats.
 * @param {(parts: (Node|string)[]|null) => void} tell the formula of the bar under the pointer.
 * @returns {HTMLElement}
 */
export function klBars(data, tell) {
  const { dims, others, rest } = shownOf(data.kl);
  const most = Math.max(...data.kl, 1e-9);
  const rows = dims.map((dim) => {
    const bar = make("i");
    bar.style.width = `${(100 * data.kl[dim]) / most}%`;
    const label = `number ${dim + 1}, ${fixed(data.kl[dim])} nats`;
    const row = make("button", { type: "button", class: "vl-kl-row", "aria-label": label }, [
      make("span", { text: `z${dim + 1}` }),
      make("span", { class: "vl-kl-bar" }, [bar]),
      make("span", { text: fixed(data.kl[dim]) }),
    ]);
    for (const on of ["pointerenter", "focus", "click"]) {
      row.addEventListener(on, () => tell(formulaOf(data, dim)));
    }
    for (const off of ["pointerleave", "blur"]) row.addEventListener(off, () => tell(null));
    return row;
  });
  if (others) rows.push(make("p", { text: `${others} others together: ${fixed(rest)}` }));
  return make("div", { class: "vl-kl-rows" }, rows);
}

/** Half of (mu^2 + sigma^2 - 1 - ln sigma^2), or the same to a prior of its own. */
function formulaOf({ kl, mean, sigma, prior_mean, prior_sigma }, dim) {
  const mu = make("b", { class: "mean", text: fixed(mean[dim]) });
  const spread = () => make("b", { class: "sigma", text: fixed(sigma[dim], 3) });
  const cost = make("b", { class: "kl", text: `${fixed(kl[dim])} nats` });
  const name = `z${dim + 1}: `;
  const [from, of] = [prior_mean[dim], prior_sigma[dim]];
  if (from === 0 && of === 1) {
    const ends = ["\u00b2 \u2212 1 \u2212 ln ", spread(), "\u00b2) = ", cost];
    const square = mean[dim] < 0 ? ["(", mu, ")\u00b2 + "] : [mu, "\u00b2 + "];
    return [name, "\u00bd(", ...square, spread(), ...ends];
  }
  const prior = `prior mean ${fixed(from)}, spread ${fixed(of, 3)}: `;
  const scaled = `\u00b2 / ${fixed(of, 3)}\u00b2`;
  const away = ["\u00bd((", mu, ` \u2212 ${fixed(from)})${scaled} + `];
  return [name, prior, ...away, spread(), `${scaled} \u2212 1 \u2212 ln(\u2026)) = `, cost];
}
