// The classes and their colours, of which a press shows one alone; and the prior's circles.

import { help, make } from "./dom.js";

const PRIOR = "Circles: 1 and 2 spreads of the prior, the cloud that training wants the dots to be";

/**
 * @param {string[]} names of the classes.
 * @param {boolean} hasPrior
 * @param {(only: Set<number>) => void} choose which classes are shown; an empty set stands for all.
 * @returns {{element: HTMLElement, dress: (palette: string[]) => void}}
 */
export function createLegend(names, hasPrior, choose) {
  const only = new Set();
  const title = "Click: this class alone, and all again. Shift+click: one more";
  const keys = names.map((name, label) => {
    const key = make("button", { type: "button", class: "vl-class", title }, [make("i"), name]);
    key.addEventListener("click", (event) => {
      press(only, label, event.shiftKey || event.ctrlKey || event.metaKey);
      keys.forEach((one, place) => mark(one, only, place));
      choose(only);
    });
    mark(key, only, label);
    return key;
  });
  const prior = make("span", { class: "vl-prior-key" }, [make("i"), "prior ", help("Prior", PRIOR)]);
  const all = hasPrior ? [...keys, prior] : keys;
  return {
    element: make("div", { class: "vl-legend", role: "group", "aria-label": "Classes" }, all),
    dress(palette) {
      keys.forEach((key, label) => {
        key.firstChild.style.background = palette[label % palette.length];
      });
    },
  };
}

function press(only, label, adds) {
  const wasIn = only.has(label);
  const wasAlone = wasIn && only.size === 1;
  if (!adds) only.clear();
  if (adds ? wasIn : wasAlone) only.delete(label);
  else only.add(label);
}

function mark(key, only, label) {
  key.setAttribute("aria-pressed", only.has(label));
  key.classList.toggle("is-off", only.size > 0 && !only.has(label));
}
