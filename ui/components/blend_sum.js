// A - B + C: what one stored picture has and another lacks, given to a third.

import { given } from "./blend.js";
import { pictureButton } from "./blend_chooser.js";
import { paint } from "./pictures.js";
import { make } from "./dom.js";
import { listen, slider } from "./sliders_row.js";
import { mover } from "./sliders_setting.js";
import { onTold } from "./sliders_told.js";

const STRONGEST = 1.5;
const STEP = 0.05;
const FIRST = 2; // of the setting's pictures: those before it are the ends of a way
const EXPLAINED =
  "What A has and B lacks, given to C: number by number, C + strength \u00d7 (A \u2212 B).";

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @returns {HTMLElement} closed until somebody opens it.
 */
export function pictureSum(part) {
  const { setting, stored, painter } = part;
  const state = { strength: 1, latents: null };
  const move = mover(setting);
  const terms = ["A", "B", "C"].map((letter, which) => pictureButton(part, letter, FIRST + which));
  const places = () => terms.map((term) => stored.z(state.latents, term.position()));
  const z = () => given(...places(), state.strength);
  const result = resultPicture(part, z);
  const use = () => {
    if (!state.latents) return;
    painter.ask(result.job);
    move(z());
  };
  setting.onChange((now, before) => {
    const [mine, old] = [now, before].map(({ pictures }) => pictures.slice(FIRST).join());
    if (mine !== old) use();
  });
  const strength = strengthSlider(setting, state, use);
  const explained = make("p", { class: "vl-muted" });
  onTold(part, (words) => {
    const rest = words ? ` Each picture is told ${words}; A, B and C give only the rest.` : "";
    explained.textContent = EXPLAINED + rest;
    if (state.latents) painter.ask(result.job);
  });
  const load = async () => {
    state.latents = await stored.load();
    painter.ask(result.job);
    await Promise.all(terms.map((term) => term.load()));
  };
  const element = make("details", { class: "vl-blend" }, [
    make("summary", { text: "More: A \u2212 B + C" }),
    equation(terms, result.element),
    strength,
    explained,
  ]);
  element.addEventListener("toggle", () => {
    if (!element.open) return;
    load().catch((error) => part.say(`The stored pictures did not arrive (${error.message}).`));
  });
  return element;
}

function resultPicture({ data, setting }, z) {
  const [, height, width] = data.model.shape;
  const canvas = make("canvas", { width, height, role: "img", "aria-label": "A \u2212 B + C" });
  const caption = make("figcaption", { text: "result" });
  const element = make("figure", { class: "vl-pick" }, [canvas, caption]);
  const show = (picture) => paint(canvas, picture, data.model.shape);
  return { element, job: { count: 1, z, told: () => setting.now().told, show, element } };
}

function strengthSlider(setting, state, use) {
  const input = slider("Strength", { low: 0, high: STRONGEST, step: STEP });
  const value = make("output", { class: "vl-value" });
  const follow = () => {
    input.value = state.strength;
    value.textContent = state.strength.toFixed(2);
  };
  listen(input, setting, (moved) => {
    state.strength = moved;
    follow();
    use();
  });
  follow();
  const text = make("span", { text: "Strength" });
  return make("label", { class: "vl-strength" }, [text, input, value]);
}

function equation([a, b, c], result) {
  const signs = ["\u2212", "+", "="].map((text) => make("span", { class: "vl-sign", text }));
  const pictures = [a.element, b.element, c.element];
  const sum = pictures.flatMap((picture, which) => [picture, signs[which]]);
  return make("div", { class: "vl-sum" }, [...sum, result]);
}
