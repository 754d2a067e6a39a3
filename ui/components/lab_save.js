// What the lab shows, to be kept: a picture, a table of numbers, a report of one page.

import { button, make } from "./dom.js";
import { methodsOf } from "./lab_steps.js";
import { saveAnswer } from "./save.js";

const KINDS = [
  ["png", "Picture (PNG)", "All rows in sight, with their names and numbers"],
  ["csv", "Numbers (CSV)", "PSNR and SSIM of every picture by every method, and all settings"],
  ["html", "Report (HTML)", "One page to print or send: pictures, numbers, settings, limits"],
];
const SAVING = "The server restores the pictures once more for the file";

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function saveMenu(part) {
  const said = make("p", { class: "vl-lab-saving", role: "status" });
  let busy = false;
  const items = KINDS.map(([kind, text, title]) => {
    const press = async () => {
      if (busy) return; // it stays enabled, since what is disabled loses the keyboard
      busy = true;
      await save(part, kind, said);
      busy = false;
    };
    return button(text, press, { title });
  });
  const list = make("div", { class: "vl-lab-save-list" }, [...items, said]);
  const element = make("details", { class: "vl-lab-save" }, [
    make("summary", { class: "vl-button", text: "Save" }),
    list,
  ]);
  const leave = (event) => {
    if (!element.contains(event.target)) element.open = false;
  };
  document.addEventListener("pointerdown", leave);
  part.closers.push(() => document.removeEventListener("pointerdown", leave));
  element.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the lab's own keys are not meant here
    if (event.key !== "Escape") return;
    element.open = false;
    element.querySelector("summary").focus();
  });
  return element;
}

/** The rows in sight; a slow one only where its result is there. */
function namesInSight(part) {
  const { above, more } = methodsOf(part);
  const inSight = part.isMoreOpen ? [...above, ...more] : above;
  return inSight
    .filter(({ name, isSlow }) => !isSlow || part.asker.isFresh(name))
    .map(({ name }) => name);
}

async function save(part, kind, said) {
  said.textContent = SAVING;
  said.classList.remove("is-error");
  try {
    const { kind: damage, level } = part.setting.now();
    const answer = await fetch(`/api/restore/report?as=${kind}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(part.asker.request(namesInSight(part))),
    });
    await saveAnswer(answer, `restored-${damage}-${level}.${kind}`);
    said.textContent = "Saved.";
  } catch (error) {
    said.textContent = error instanceof TypeError ? "The server does not answer." : error.message;
    said.classList.add("is-error");
  }
}
