// A slider for a named direction: it moves all numbers at once, as far as the way from one group of
// pictures to another. Its thumb shows how far along that way the numbers are.

import { button, make, shown } from "./dom.js";
import { listen, slider, sliderEnds } from "./sliders_row.js";
import { createStrip } from "./sliders_strip.js";

const LIMIT = { low: -2, high: 2, step: 0.01 };

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @param {{name: string, vector: number[], num_a: number, num_b: number}} direction
 * @param {() => void} forget
 * @returns {HTMLElement}
 */
export function directionRow({ data, setting, painter }, direction, forget) {
  const { name, vector } = direction;
  const middle = data.limits.map((limit) => limit.default);
  const square = vector.reduce((sum, value) => sum + value * value, 0);
  const along = (z) =>
    z.reduce((sum, value, dim) => sum + (value - middle[dim]) * vector[dim], 0) / square;
  const moved = (t) => {
    const { z } = setting.now();
    const step = t - along(z);
    return z.map((value, dim) => value + step * vector[dim]);
  };
  const input = slider(name, LIMIT);
  const value = make("output", { class: "vl-value" });
  const width = LIMIT.high - LIMIT.low;
  const strip = createStrip(data.model.shape, data.places, {
    z: (place) => moved(LIMIT.low + (width * (place + 0.5)) / data.places),
    told: () => setting.now().told,
  });
  strip.describe(`${name}, from the least to the most`);
  const ends = sliderEnds(LIMIT);
  const follow = () => {
    const t = along(setting.now().z);
    input.value = t;
    value.textContent = shown(t, LIMIT.step);
    input.setAttribute("aria-valuetext", value.textContent);
    ends.follow(t);
    strip.mark(Math.floor(((t - LIMIT.low) / width) * data.places));
  };
  listen(input, setting, (t) => setting.change({ z: moved(t), start: null }));
  input.addEventListener("dblclick", () => {
    setting.remember();
    setting.change({ z: moved(0), start: null });
    setting.release();
  });
  setting.onChange((now, before) => {
    follow();
    if (now.z !== before.z || now.told !== before.told) painter.ask(strip.job);
  });
  follow();
  painter.ask(strip.job);
  const remove = { class: "vl-reset", title: `Remove ${name}`, "aria-label": `Remove ${name}` };
  const { num_a: a, num_b: b } = direction;
  const groups = `from the mean of B, ${b} pictures, to that of A, ${a}`;
  const head = make("div", { class: "vl-slider-head" }, [
    make("b", { class: "vl-z", text: name }),
    value,
    make("span", { class: "vl-muted", text: groups }),
    button("\u00d7", forget, remove),
  ]);
  return make("div", { class: "vl-slider" }, [head, input, strip.element, ends.element]);
}
