// One step of the training, taken apart: what its first pictures go through, and what it costs.

import { lossSum } from "./live_loss.js";
import { stepColumns } from "./live_step_columns.js";
import { stepSums } from "./live_step_sums.js";
import { whole } from "./live_numbers.js";
import { make } from "./dom.js";

/**
 * @param {(picture: object, place: number) => void} onPick called with the picture that is spelled
 *   out.
 * @returns {{element: HTMLElement, show: (anatomy: object, data: object) => void}} anatomy: as the
 *   "anatomy" event gives it; data: as `live.py` does.
 */
export function stepView(onPick) {
  const says = make("p", { class: "vl-step-says" });
  const table = make("div", { class: "vl-step-table" });
  const sums = make("div", { class: "vl-step-sums" });
  const loss = make("p", { class: "vl-step-loss" });
  const parts = [says, table, sums, loss];
  const element = make("section", { class: "vl-step", "aria-label": "One step" }, parts);
  const state = { picked: 0 };
  const show = (anatomy, data) => {
    const { pictures, terms } = anatomy;
    state.picked = Math.min(state.picked, pictures.length - 1);
    const pick = (place) => {
      state.picked = place;
      sums.replaceChildren(...stepSums(pictures[place], place));
      onPick(pictures[place], place);
    };
    const isHeld = table.contains(document.activeElement);
    says.replaceChildren(...story(anatomy, data));
    table.replaceChildren(...stepColumns(pictures, state.picked, pick));
    loss.replaceChildren("All of them, on average: ", ...lossSum(terms), " nats");
    if (isHeld) table.querySelector(":checked").focus();
    pick(state.picked);
  };
  return { element, show };
}

function story({ step, num_pictures, pictures }, { hasKl }) {
  const place = hasKl ? "draws a place for each" : "gives each a place";
  return [
    make("b", { text: `Step ${whole(step)}. ` }),
    `The network sees ${num_pictures} pictures (here ${pictures.length} of them), ${place}, ` +
      "decodes it, and is corrected a little.",
  ];
}
