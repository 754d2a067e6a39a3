// The tools above a map: its modes, the pictures behind, and the way back to the whole.

import { button, choices, make } from "./dom.js";

const BY_KEYS = "By keys: space bar, arrows, space bar";
const MODES = {
  look: ["Look", "Move to decode, click to pick, drag to pan, turn the wheel to zoom (Esc)"],
  select: ["Select", `Draw around some dots: their mean picture, and how many of each class. ${BY_KEYS}`],
  path: ["Path", `Draw a path over the map: pictures along it, and a film. ${BY_KEYS}`],
  draw: ["Draw", "Draw a picture of your own, or upload one, and see where it lies"],
};

/**
 * @param {{mode: (name: string) => void, behind: (isOn: boolean) => void, reset: () => void}} tools
 *   what to do.
 * @returns {{element: HTMLElement, select: (mode: string, isBehind: boolean) => void}}
 */
export function createTools(tools) {
  const options = Object.entries(MODES).map(([mode, [text]]) => [mode, text]);
  const modes = choices("What a hand does on the map", options, tools.mode);
  [...modes.children].forEach((label, place) => {
    label.title = Object.values(MODES)[place][1];
  });
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => tools.behind(input.checked));
  const title = "What the decoder draws at each place, behind the dots";
  const behind = make("label", { class: "vl-switch-behind", title }, [input, "Pictures behind"]);
  const whole = button("Reset", tools.reset, { title: "Show the whole map (0, or double click)" });
  const element = make("div", { class: "vl-tools" }, [modes, behind, whole]);
  return {
    element,
    select(mode, isBehind) {
      modes.select(mode);
      input.checked = isBehind;
    },
  };
}
