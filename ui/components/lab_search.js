// What works only when asked to: a search, with its progress and its film.

import { button, make } from "./dom.js";
import { followSearch } from "./lab_film.js";
import { readSheet } from "./lab_sheet.js";

const FRAME_MS = 90;

/**
 * @param {object} part see `lab.js`.
 * @param {{name: string, title: string}} method
 * @returns {{element: HTMLElement, follow: () => void}} follow: after the damage may have changed;
 *   what was found for another one is dropped.
 */
export function searchTools(part, method) {
  const view = { part, method, frames: [], at: 0, timer: 0, going: null };
  view.start = button("Search", () => start(view), { class: "vl-button first" });
  view.cancel = button("Cancel", () => view.going?.abort());
  view.play = button("Play", () => play(view));
  view.bar = make("progress", { max: 1, value: 0, "aria-label": `${method.title}: progress` });
  view.film = make("input", { type: "range", class: "vl-lab-range vl-lab-film", min: 0, step: 1 });
  view.film.setAttribute("aria-label", `${method.title}: step of the film`);
  view.film.addEventListener("input", () => {
    clearTimeout(view.timer);
    show(view, Number(view.film.value));
  });
  view.said = make("span", { class: "vl-muted", role: "status" });
  const parts = [view.start, view.bar, view.cancel, view.play, view.film, view.said];
  const element = make("div", { class: "vl-lab-search" }, parts);
  part.closers.push(() => forget(view));
  dress(view);
  return { element, follow: () => follow(view) };
}

/** Which of its controls are there: before, while it searches, after. */
function dress(view) {
  const isGoing = view.going !== null;
  const isThere = view.frames.length > 0;
  view.start.hidden = isGoing;
  view.start.textContent = isThere ? "Search again" : "Search";
  view.start.classList.toggle("first", !isThere);
  view.bar.hidden = view.cancel.hidden = !isGoing;
  view.play.hidden = view.film.hidden = isGoing || !isThere;
}

async function start(view) {
  const { part, method } = view;
  forget(view);
  const going = new AbortController();
  Object.assign(view, { going, asked: part.asker.inputs() });
  view.bar.removeAttribute("value");
  view.said.textContent = "Starting";
  dress(view);
  try {
    await followSearch(part.asker.request([method.name]), going.signal, async (name, data) => {
      if (name === "waiting") view.said.textContent = "Waiting: others are searching";
      else if (name === "failed") throw new Error(data.error);
      else if (name === "step") await take(view, data, going);
    });
    if (view.going !== going) return;
    view.said.textContent = `Found in ${(view.frames.at(-1).elapsedMs / 1000).toFixed(1)} s`;
  } catch (error) {
    if (view.going !== going) return;
    view.said.textContent = error.name === "AbortError" ? "Cancelled" : error.message;
  }
  view.going = null;
  dress(view);
}

async function take(view, data, going) {
  const { rows } = await readSheet(data);
  if (view.going !== going || going.signal.aborted) return;
  const frame = { ...rows.get(view.method.name), step: data.step, numSteps: data.numSteps };
  view.frames.push(frame);
  view.film.max = view.frames.length - 1;
  view.bar.value = data.step / data.numSteps;
  show(view, view.frames.length - 1);
}

/** One picture of the film, in the row and wherever its method is large. */
function show(view, at) {
  const frame = view.frames[at];
  view.at = at;
  view.film.value = at;
  view.said.textContent = `Step ${frame.step} of ${frame.numSteps}`;
  view.part.asker.put(view.method.name, { ...frame, inputs: view.asked });
}

function play(view) {
  clearTimeout(view.timer);
  const last = view.frames.length - 1;
  const from = view.at >= last ? 0 : view.at + 1;
  const next = (at) => {
    show(view, at);
    if (at < last) view.timer = setTimeout(next, FRAME_MS, at + 1);
  };
  next(from);
}

function follow(view) {
  if (!view.asked || view.asked === view.part.asker.inputs()) return;
  forget(view);
  view.part.asker.drop(view.method.name);
  view.said.textContent = "";
  dress(view);
}

function forget(view) {
  clearTimeout(view.timer);
  view.going?.abort();
  Object.assign(view, { frames: [], at: 0, going: null, asked: null });
}
