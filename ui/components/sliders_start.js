// Where the sliders can start from: a stored picture, or the middle; and one step back.

import { paint } from "./pictures.js";
import { a, button, make } from "./dom.js";

const MISSING = "Original not on this computer.";

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @returns {HTMLElement}
 */
export function startControls(part) {
  const { data, setting } = part;
  const select = startSelect(data);
  const start = button("Start", () => startFrom(part, select.value), { class: "vl-button first" });
  const reset = button("Reset", () => {
    setting.remember();
    const z = data.limits.map((limit) => limit.default);
    setting.change({ z, told: data.toldDefault, start: null, asks: null });
    setting.release();
  });
  const undo = button("Undo", setting.undo, { title: "Back to before the last start or reset" });
  const follow = () => {
    undo.disabled = !setting.canUndo();
  };
  setting.onChange(follow);
  follow();
  return make("div", { class: "vl-start" }, [
    make("div", { class: "vl-buttons" }, [start, select]),
    make("div", { class: "vl-buttons" }, [started(part), reset, undo]),
  ]);
}

function startSelect({ picked, noun, classNames, conditions }) {
  const options = [["any", `any ${noun}`], ...classNames.map((name, label) => [label, a(name)])];
  if (picked !== null) options.unshift(["picked", `the picked ${noun}`]);
  const tells = conditions.map(({ name }) => name).join(" and its ");
  return make(
    "select",
    {
      class: "vl-select",
      "aria-label": "Start from",
      title: tells ? `The model is then told its ${tells} too` : null,
    },
    options.map(([value, text]) => make("option", { value, text: `from ${text}` })),
  );
}

/** Put the sliders to the mean of a picture; a conditional model is told what is true of it. */
async function startFrom({ data, setting, stored, say }, wanted) {
  try {
    say("");
    const latents = await stored.load();
    const position = choose(latents.labels, wanted, data.picked);
    if (position < 0) return;
    const z = stored.z(latents, position);
    const { told } = setting.now();
    const asks = data.conditions.some(({ name }) => name !== "class") ? position : null;
    setting.remember();
    setting.change({ z, told: stored.told(latents, position, told), start: position, asks });
    setting.release();
  } catch (error) {
    say(`The stored pictures did not arrive (${error.message}). Press Start to try again.`);
  }
}

function choose(labels, wanted, picked) {
  if (wanted === "picked") return picked;
  const positions = [...labels.keys()].filter(
    (position) => wanted === "any" || labels[position] === Number(wanted),
  );
  return positions.length ? positions[Math.floor(Math.random() * positions.length)] : -1;
}

/** The picture that the sliders started from, beside what they make of it. */
function started({ data, setting, stored, ready, say }) {
  const canvas = make("canvas", { role: "img", class: "vl-original" });
  const text = make("p");
  const element = make("div", { class: "vl-started", "aria-live": "polite" }, [canvas, text]);
  const show = async () => {
    const { start } = setting.now();
    element.classList.toggle("is-empty", start === null);
    if (start === null) {
      text.textContent = "";
      return;
    }
    const [decoder, latents] = await Promise.all([ready, stored.load()]);
    const picture = await stored.draw(decoder, start);
    if (setting.now().start !== start) return;
    const name = data.classNames[latents.labels[start]];
    canvas.setAttribute("aria-label", `the original, ${a(name)}`);
    canvas.hidden = !data.model.hasOriginals;
    paint(canvas, picture, data.model.shape);
    text.textContent = sentence(data, name);
  };
  const tryToShow = () => show().catch((error) => say(`Its picture is missing: ${error.message}.`));
  setting.onChange((now, before) => {
    if (now.start !== before.start) tryToShow();
  });
  tryToShow();
  return element;
}

function sentence({ model, conditions }, name) {
  const its = conditions.map((condition) => ` and its ${condition.name}`).join("");
  if (model.hasOriginals) return `From this ${name}${its}.`;
  return `From ${a(name)}${its}. ${MISSING}`;
}
