// A way through the latents as a film, there and back.

import { saveFilm } from "./film.js";
import { button, make } from "./dom.js";

const FRAMES = 25; // one way

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @param {(num: number) => number[][]} along so many places of the way.
 * @param {() => string} name of what the film shows.
 * @returns {{save: HTMLButtonElement, note: HTMLElement}} note: how it went, if not well.
 */
export function filmControls({ data, setting }, along, name) {
  const note = make("p", { class: "vl-note", role: "status" });
  const save = button("Save GIF", async () => {
    save.disabled = true;
    note.textContent = "Making the film";
    const there = along(FRAMES);
    const back = there.slice(1, -1).toReversed();
    try {
      await saveFilm(data.model, [...there, ...back], setting.now().told, `pictures ${name()}`);
      note.textContent = "";
    } catch (error) {
      note.textContent = `The film was not saved: ${error.message}`;
    }
    save.disabled = false;
  });
  return { save, note };
}
