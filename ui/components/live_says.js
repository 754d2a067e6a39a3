// What the run is doing: a sentence, and what is trained.

import { whole } from "./live_numbers.js";
import { make } from "./dom.js";

/**
 * The lines above the map. While a run works they are made here, from its newest row; while it waits
 * its stream says where it stands; at any other time the server's sentence stands.
 * @returns {{element: HTMLElement,
 *   show: (data: object, row: object|null, waiting: string|null|undefined) => void}} data: as
 *   `live.py` gives it; row: the newest progress; waiting: of a run in the queue.
 */
export function sayings() {
  const sentence = make("p", { class: "vl-says" });
  const settings = make("p", { class: "vl-muted vl-settings" });
  const element = make("div", { class: "vl-head" }, [sentence, settings]);
  const show = (data, row, waiting) => {
    const isAtWork = data.status === "running" && row !== null;
    const isWaiting = data.status === "queued" && waiting;
    const said = isWaiting ? waiting : data.sentence;
    sentence.textContent = isAtWork ? progress(row, data.isSlow) : said;
    settings.textContent = data.settings;
    // A screen reader hears each change of state, not five sentences a second.
    sentence.setAttribute("aria-live", data.status === "running" ? "off" : "polite");
  };
  return { element, show };
}

function progress(row, isSlow) {
  if (row.step >= row.num_steps) return "Measuring the result on the test images.";
  const epochs = (row.num_steps * row.epoch) / row.step;
  if (isSlow) {
    return `Slow motion, one step a second: step ${whole(row.step)} of ${whole(row.num_steps)}.`;
  }
  const leftS = (row.elapsed_s / row.step) * (row.num_steps - row.step);
  return (
    `Training: epoch ${whole(row.epoch)} of ${whole(epochs)}, ` +
    `about ${whole(Math.max(leftS, 1))} s left, ${whole(row.images_per_s)} images/s.`
  );
}
