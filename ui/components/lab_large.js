// The picture that is large: two versions of it, one over the other, and a divider between them.

import { a, button, make } from "./dom.js";
import { pictureOf, tintOf } from "./lab_picture.js";
import { scribbleTools } from "./lab_scribble.js";
import { paintOne } from "./lab_sheet.js";
import { readyOf, shownOf } from "./lab_steps.js";
import { createWipe } from "./lab_wipe.js";

const VERSIONS = [
  ["clean", "Original"],
  ["damaged", "Damaged"],
  ["restored", "Restored"],
  ["error", "Error"],
];

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function largePicture(part) {
  const sides = ["damaged", "restored"];
  const wipe = createWipe(part.data.model.shape.slice(1));
  const tint = make("small", { class: "vl-lab-tint" });
  const show = () => {
    tint.textContent = sides.includes("damaged") ? tintOf(part) : "";
    sides.forEach((version, which) => {
      paintOne(wipe.canvases[which], pictureOf(part, version));
    });
    const [left, right] = sides.map((version) => titleOf(version).toLowerCase());
    wipe.name(`Divider: left of it ${left}, right of it ${right}`);
  };
  const menus = sides.map((version, which) => {
    const options = VERSIONS.map(([value, text]) => make("option", { value, text }));
    const select = make("select", { class: "vl-select" }, options);
    select.value = version;
    select.setAttribute("aria-label", which ? "Right of the divider" : "Left of the divider");
    select.addEventListener("change", () => {
      sides[which] = select.value;
      show();
    });
    return select;
  });
  part.onSeen(show);
  part.setting.onChange(show);
  const sidesRow = make("div", { class: "vl-lab-sides" }, menus);
  const parts = [headOf(part), wipe.element, sidesRow, tint, scribbleTools(part, wipe.element)];
  return make("section", { class: "vl-lab-large" }, parts);
}

const titleOf = (version) => VERSIONS.find(([value]) => value === version)[1];

/** Which picture it is, and who restored it. */
function headOf(part) {
  const { setting, steps } = part;
  const title = make("h3");
  const turn = (text, by, name) => button(text, () => steps.turn(by), { "aria-label": name });
  const row = make("div", { class: "vl-lab-turn" }, [
    turn("\u2039", -1, "Previous picture"),
    title,
    turn("\u203a", 1, "Next picture"),
  ]);
  const select = make("select", { class: "vl-select" });
  select.addEventListener("change", () => steps.shown(select.value));
  let listed = "";
  const follow = () => {
    const { picture } = setting.now();
    const { newest, num } = part.asker;
    const label = newest?.labels?.[picture];
    const which = `${Math.min(picture, num - 1) + 1} of ${num}`;
    title.textContent = label ? `${which}: ${a(label)}` : which;
    const method = shownOf(part);
    const { above, more } = readyOf(part);
    const first = [...above, ...more].includes(method) ? above : [...above, method];
    const names = JSON.stringify([first, more].map((some) => some.map(({ name }) => name)));
    if (names !== listed) {
      select.replaceChildren(...optionsOf(first), ...groupOf(more));
      listed = names;
    }
    select.value = method.name;
  };
  part.onSeen(follow);
  setting.onChange(follow);
  follow();
  const by = make("label", { class: "vl-lab-by" }, [make("span", { text: "by" }), select]);
  return make("header", {}, [row, by]);
}

const optionsOf = (methods) =>
  methods.map(({ name, title: text }) => make("option", { value: name, text }));

const groupOf = (methods) =>
  methods.length ? [make("optgroup", { label: "More methods" }, optionsOf(methods))] : [];
