// What a person tells a conditional model: a class, by pressing one of its pictures, or numbers.

import { paint } from "./pictures.js";
import { help, make, shown, uniqueName } from "./dom.js";
import { listen, slider } from "./sliders_row.js";
import { put } from "./sliders_setting.js";

const NOT_TOLD = "not told";

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @returns {HTMLElement[]} one control for each condition.
 */
export function toldControls(part) {
  return part.data.conditions.map((condition) =>
    condition.options ? classes(part, condition) : numbers(part, condition),
  );
}

/**
 * @param {object} data
 * @param {object} told
 * @returns {string} for a sentence: "the class 3 and its ink"; "" where nothing can be told.
 */
export function inWords({ conditions }, told) {
  return conditions
    .map(({ name, options, classNames, entries }) => {
      const value = told[name];
      if (value === null || value < 0) return `nothing of its ${name}`;
      return options ? `the ${name} ${classNames[value]}` : `its ${list(entries)}`;
    })
    .join(" and ");
}

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @param {(words: string) => void} say called with what is told, now and whenever it changes.
 * @returns {() => void} say it once more.
 */
export function onTold({ data, setting }, say) {
  const again = () => say(inWords(data, setting.now().told));
  setting.onChange((now, before) => {
    if (now.told !== before.told) again();
  });
  again();
  return again;
}

/** One picture for each class, all of the same numbers; the chosen one is framed. */
function classes(part, { name, options, classNames }) {
  const { setting } = part;
  const group = uniqueName();
  const cells = options.map((option) => {
    const text = option < 0 ? NOT_TOLD : classNames[option];
    return { option, ...classCell(part, { name, option, text, group }) };
  });
  const follow = () => {
    for (const { option, input } of cells) input.checked = setting.now().told[name] === option;
  };
  setting.onChange(follow);
  follow();
  const isNullKnown = options.includes(-1);
  const title = `${name[0].toUpperCase()}${name.slice(1)}`;
  const explained =
    `The model is told the ${name} beside its numbers, so they hold only what is left: how it is ` +
    `drawn. Starting from a picture tells its ${name} too.` +
    (isNullKnown
      ? ` "Not told" is what it draws when it has to do without: often a mixture, which turns ` +
        `into one ${name} or another as the sliders move.`
      : "");
  return make("fieldset", { class: "vl-classes" }, [
    make("legend", {}, [
      make("b", { text: title }),
      ": press one. All are drawn from the same numbers. ",
      help(title, explained),
    ]),
    make("div", { class: "vl-class-row" }, cells.map(({ element }) => element)),
  ]);
}

function classCell({ data, setting, painter }, { name, option, text, group }) {
  const [, height, width] = data.model.shape;
  const canvas = make("canvas", { width, height, "aria-hidden": "true" });
  const input = make("input", { type: "radio", name: group, value: option });
  const tell = (told) => ({ ...told, [name]: option });
  input.addEventListener("change", () => {
    setting.change({ told: tell(setting.now().told) });
    setting.release();
  });
  const element = make("label", {}, [input, canvas, make("span", { text })]);
  const job = {
    count: 1,
    z: () => setting.now().z,
    told: () => tell(setting.now().told),
    show: (picture) => paint(canvas, picture, data.model.shape),
    element,
  };
  setting.onChange((now, before) => {
    const others = Object.keys(now.told).some(
      (key) => key !== name && now.told[key] !== before.told[key],
    );
    if (now.z !== before.z || others) painter.ask(job);
  });
  painter.ask(job);
  return { element, input };
}

/** A slider for each number that is told, and a switch where it may be left out. */
function numbers({ setting }, { name, entries, canOmit, reach, step }) {
  const average = entries.map(() => 0);
  let last = setting.now().told[name] ?? average;
  const tell = (value) => setting.change({ told: { ...setting.now().told, [name]: value } });
  const sliders = entries.map((entry, place) => {
    const input = slider(entry, { low: -reach, high: reach, step });
    const value = make("output", { class: "vl-value" });
    listen(input, setting, (moved) => tell(put(last, place, moved)));
    const text = make("span", { text: entry });
    return { input, value, element: make("label", {}, [text, value, input]) };
  });
  const toggle = make("input", { type: "checkbox", role: "switch" });
  toggle.addEventListener("change", () => {
    tell(toggle.checked ? last : null);
    setting.release();
  });
  const follow = () => {
    const told = setting.now().told[name];
    last = told ?? last;
    toggle.checked = told !== null;
    sliders.forEach(({ input, value }, place) => {
      input.value = last[place];
      input.disabled = told === null;
      value.textContent = shown(last[place], step);
    });
  };
  setting.onChange(follow);
  follow();
  const title = `Tell it ${list(entries)}`;
  return make("fieldset", { class: "vl-told" }, [
    make("legend", {}, [
      canOmit ? make("label", { class: "vl-switch" }, [toggle, title]) : make("b", { text: title }),
    ]),
    make("p", {
      class: "vl-muted",
      text: "0 is the average training picture, 1 a standard deviation above it.",
    }),
    make("div", { class: "vl-told-row" }, sliders.map(({ element }) => element)),
  ]);
}

function list(words) {
  const most = words.slice(0, -1).join(", ");
  return most ? `${most} and ${words.at(-1)}` : words[0];
}
