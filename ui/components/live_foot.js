// The row under the map: which colour is which class, and a switch.

import { make } from "./dom.js";

/** @returns {{element: HTMLElement, dress: (data: object) => void}} data: as `live.py` gives it. */
export function colourKey() {
  const element = make("div", { class: "vl-colours" });
  return {
    element,
    dress({ classNames, palette }) {
      const keys = classNames.map((name, label) => {
        const dot = make("i", { style: `background:${palette[label % palette.length]}` });
        return make("span", {}, [dot, name]);
      });
      element.replaceChildren(...keys);
    },
  };
}

/**
 * @param {string} text
 * @param {(isOn: boolean) => void} turn
 * @returns {HTMLElement} off at first.
 */
export function switchOf(text, turn) {
  const input = make("input", { type: "checkbox", role: "switch" });
  input.addEventListener("change", () => turn(input.checked));
  return make("label", { class: "vl-switch-of" }, [input, text]);
}
