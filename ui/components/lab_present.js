// Presentation: one picture over the whole screen, original, damaged and restored, with three
// controls; readable from the back of a room.

import { a, button, make } from "./dom.js";
import { listenToKeys } from "./lab_keys.js";
import { pictureOf, tintOf } from "./lab_picture.js";
import { sentenceOf } from "./lab_said.js";
import { paintOne } from "./lab_sheet.js";
import { kindOf, shownOf } from "./lab_steps.js";
import { damageControl, levelControl, levelWords } from "./lab_tools.js";

const VERSIONS = ["clean", "damaged", "restored"];
const KEYS = "Space, Page Down: next image. Page Up: back. Arrows: level. Esc: leave.";

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLButtonElement} which opens it.
 */
export function presentButton(part) {
  const dialog = make("dialog", { class: "vl-present", tabindex: -1, "aria-label": "Presentation" });
  const said = make("p", { class: "vl-present-said" });
  const figures = VERSIONS.map((version) => {
    const [, height, width] = part.data.model.shape;
    const canvas = make("canvas", { width, height, role: "img" });
    const caption = make("figcaption");
    return { version, canvas, caption, element: make("figure", {}, [canvas, caption]) };
  });
  const show = () => {
    if (!dialog.open) return;
    said.replaceChildren(...wordsOf(part));
    for (const { version, canvas, caption } of figures) {
      paintOne(canvas, pictureOf(part, version));
      caption.replaceChildren(...captionOf(part, version));
      const parts = [...caption.childNodes].map(({ textContent }) => textContent.trim());
      canvas.setAttribute("aria-label", parts.filter(Boolean).join(", "));
    }
    next.textContent = part.own ? "Next picture" : "New image";
    next.disabled = part.own?.length === 1;
  };
  part.onSeen(show);
  part.setting.onChange(show);
  const damage = damageControl(part);
  damage.addEventListener("change", () => dialog.focus()); // arrows are the level's again
  const next = button("New image", () => part.steps.images(1), { class: "vl-button first" });
  const controls = make("div", { class: "vl-present-tools" }, [
    damage,
    levelControl(part),
    next,
  ]);
  const leave = button("Leave", () => dialog.close(), { class: "vl-button vl-present-leave" });
  const foot = make("p", { class: "vl-present-keys", text: KEYS });
  const pictures = figures.map(({ element }) => element);
  dialog.append(said, leave, make("div", { class: "vl-present-row" }, pictures), controls, foot);
  listenToKeys(dialog, part.steps, true);
  part.root.append(dialog);
  const opener = button("Present", () => open(dialog, show), { title: KEYS });
  listenToEnds(part, dialog, opener);
  return opener;
}

/** The whole screen where the browser lets a page have it, else the whole window. */
function open(dialog, show) {
  dialog.showModal();
  dialog.focus();
  show();
  document.documentElement.requestFullscreen?.().catch(() => {});
}

/** Esc leaves the whole screen first, of which the page only hears afterwards. */
function listenToEnds(part, dialog, opener) {
  const onScreen = () => {
    if (!document.fullscreenElement) dialog.close();
  };
  document.addEventListener("fullscreenchange", onScreen);
  dialog.addEventListener("close", () => {
    leaveScreen();
    opener.focus();
  });
  part.closers.push(() => {
    document.removeEventListener("fullscreenchange", onScreen);
    if (dialog.open) leaveScreen();
  });
}

function leaveScreen() {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}

/** What is said of the picture, and that models invent where one restored it. */
function wordsOf(part) {
  const isLearned = shownOf(part).family !== "classical";
  const limit = make("small", { text: isLearned ? part.data.invents : "" });
  return [sentenceOf(part), limit];
}

function captionOf(part, version) {
  if (version === "clean") {
    const label = part.asker.newest?.labels?.[part.setting.now().picture];
    return ["Original", make("small", { text: label ? a(label) : "\u00a0" })];
  }
  if (version === "restored") {
    const { title, family } = shownOf(part);
    const by = family === "champion" ? `by ${title}, not a VAE` : `by ${title}`;
    return ["Restored", make("small", { text: by })];
  }
  const { title } = kindOf(part);
  const byHand = part.setting.now().hidden === null ? "" : " by hand";
  const detail = `${title}${byHand}, ${levelWords(part).join(" ")}`;
  return ["Damaged", make("small", { text: detail }), make("small", { text: tintOf(part) })];
}
