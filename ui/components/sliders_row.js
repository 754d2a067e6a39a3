// One slider: its number, what it carries, and a strip of what its places give while the others
// stay.

import { NAT, button, help, make, shown } from "./dom.js";
import { put, snap } from "./sliders_setting.js";
import { createStrip } from "./sliders_strip.js";

const KL_HELP =
  "KL says how much this number tells the decoder about a picture, at most and on average. " +
  `${NAT} A number with 0 nats is the same for every picture.`;

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @param {number} dim of the latent, from 0.
 * @param {boolean} explained whether the bar beside it says what KL is.
 * @returns {HTMLElement}
 */
export function sliderRow({ data, setting, painter }, dim, explained) {
  const limit = data.limits[dim];
  const name = `number ${dim + 1} (z${dim + 1})`;
  const input = slider(name, limit);
  const value = make("output", { class: "vl-value" });
  const reset = button("\u21ba", () => toDefault(setting, dim, limit), {
    class: "vl-reset",
    title: `Put ${name} back to ${shown(limit.default, limit.step)}`,
    "aria-label": `Reset ${name}`,
  });
  const width = limit.high - limit.low;
  const strip = createStrip(data.model.shape, data.places, {
    z: (place) => put(setting.now().z, dim, limit.low + (width * (place + 0.5)) / data.places),
    told: () => setting.now().told,
  });
  strip.describe(
    `Number ${dim + 1} from ${shown(limit.low, limit.step)} to ` +
      `${shown(limit.high, limit.step)}, the others unchanged`,
  );
  const ends = sliderEnds(limit);
  const follow = () => {
    const z = setting.now().z[dim];
    input.value = z;
    input.setAttribute("aria-valuetext", shown(z, limit.step));
    value.textContent = shown(z, limit.step);
    reset.hidden = z === limit.default;
    ends.follow(z);
    strip.mark(Math.floor(((z - limit.low) / width) * data.places));
  };
  listen(input, setting, (moved) => setting.change({ z: put(setting.now().z, dim, moved) }));
  input.addEventListener("dblclick", () => toDefault(setting, dim, limit));
  setting.onChange((now, before) => {
    follow();
    const others = now.z.some((z, other) => other !== dim && z !== before.z[other]);
    if (others || now.told !== before.told) painter.ask(strip.job);
  });
  follow();
  painter.ask(strip.job);
  const head = make("div", { class: "vl-slider-head" }, [
    make("b", { class: "vl-z", text: name[0].toUpperCase() + name.slice(1) }),
    value,
    reset,
    ...carried(data.kl, dim, explained),
  ]);
  return make("div", { class: "vl-slider" }, [head, input, strip.element, ends.element]);
}

/**
 * A range input that tells of every movement, and lets go when the hand does.
 * @param {HTMLInputElement} input
 * @param {object} setting
 * @param {(value: number) => void} move
 */
export function listen(input, setting, move) {
  let isKeyDown = false;
  input.addEventListener("input", () => move(Number(input.value)));
  input.addEventListener("keydown", () => {
    isKeyDown = true;
  });
  for (const end of ["change", "keyup", "blur"]) {
    input.addEventListener(end, () => {
      if (end !== "change") isKeyDown = false;
      if (!isKeyDown) setting.release();
    });
  }
}

/**
 * @param {string} name for who does not see it.
 * @param {{low: number, high: number, step: number}} limit
 * @returns {HTMLInputElement}
 */
export function slider(name, { low, high, step }) {
  const attributes = { type: "range", class: "vl-range", min: low, max: high, step };
  return make("input", { ...attributes, "aria-label": name });
}

/**
 * What the ends of a slider mean; a number beyond one of them is said there.
 * @param {{low: number, high: number, step: number}} limit
 * @returns {{follow: (value: number) => void, element: HTMLElement}}
 */
export function sliderEnds({ low, high, step }) {
  const [left, right] = [make("span"), make("span")];
  const follow = (z) => {
    const [isBelow, isAbove] = [z < low - step, z > high + step];
    left.classList.toggle("vl-z", isBelow);
    right.classList.toggle("vl-z", isAbove);
    left.textContent = isBelow ? `\u2190 beyond ${shown(low, step)}` : shown(low, step);
    right.textContent = isAbove ? `beyond ${shown(high, step)} \u2192` : shown(high, step);
  };
  return { follow, element: make("div", { class: "vl-ends" }, [left, right]) };
}

function toDefault(setting, dim, limit) {
  setting.remember();
  setting.change({ z: put(setting.now().z, dim, snap(limit.default, limit)) });
  setting.release();
}

/** A bar as long as the KL is large, beside the largest; nothing for an autoencoder. */
function carried(kl, dim, explained) {
  if (!kl) return [];
  const share = kl[dim] / Math.max(...kl, 1e-9);
  const bar = make("i", { class: "vl-kl-bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", share);
  const text = make("span", { class: "vl-kl", text: `KL ${kl[dim].toFixed(2)} nats` });
  if (!explained) return [bar, text];
  return [bar, text, help("KL", KL_HELP)];
}
