// The one sentence about the picture that is large, and what is to be said of all rows.

import { help, make } from "./dom.js";
import { shownOf } from "./lab_steps.js";

const NOT_BEGUN = "Nothing is restored so far: a search begins when its button is pressed.";
const REST_MS = 800; // a reader of the screen hears it once the hand rests

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function saidView(part) {
  const text = make("span");
  const explained = help("How close", part.data.help.closer);
  const spoken = make("p", { class: "vl-spoken", role: "status" });
  const note = make("p", { class: "vl-lab-note", role: "alert" });
  let timer = 0;
  part.closers.push(() => clearTimeout(timer));
  const show = () => {
    const said = sentenceOf(part);
    text.textContent = `${said} `;
    explained.hidden = said === "" || said === NOT_BEGUN;
    clearTimeout(timer);
    timer = setTimeout(() => {
      spoken.textContent = said;
    }, REST_MS);
  };
  const line = make("p", {}, [text, explained]);
  part.onSeen(({ newest }) => {
    line.classList.toggle("is-long", newest?.share !== null);
    show();
  });
  part.setting.onChange(show);
  part.asker.onSay((said) => {
    note.textContent = said;
  });
  return make("div", { class: "vl-lab-said" }, [line, spoken, note]);
}

/** What is said of the picture and the method that are large; "" while there is no answer. */
export function sentenceOf(part) {
  const { name, isSlow } = shownOf(part);
  const said = part.asker.beside(name)?.said;
  if (said) return said[Math.min(part.setting.now().picture, said.length - 1)];
  return isSlow && part.asker.newest ? NOT_BEGUN : "";
}

/** Below all rows: who was trained for this, who loses to a simple filter. */
export function remarksView(part) {
  const list = make("ul", { class: "vl-lab-remarks" });
  part.onSeen(({ newest }) => {
    list.replaceChildren(...(newest?.remarks ?? []).map((text) => make("li", { text })));
  });
  return list;
}
