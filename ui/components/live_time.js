// The time machine: back to any moment of a run, by hand or as a film.

import { openFilm, placeOf } from "./live_film.js";
import { saveAnswer } from "./save.js";
import { timeBar } from "./live_time_bar.js";

const FRAME_MS = 250; // of the film, at speed 1
const GLIDE_SHARE = 0.6; // of that time the dots move, then they are where the frame has them
// Steps of the frame shown, and of the one last asked for: their places change as frames are dropped.
const PRESENT = { at: null, wanted: null };
const STEPS_OF_KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/**
 * @param {(frame: object|null, ms: number) => void} show an earlier moment, a frame as the "frame"
 *   event gives it on axes that all of them share, its dots gliding there for so long; null: the
 *   present again.
 * @param {() => {address: string, name: string}} filmOf as a GIF.
 * @returns {object} element; open(url): frames of another run, null for none; told(row): how far
 *   training is; isBack(): whether an earlier moment is shown; goTo(step): the moment nearest
 *   to it; close().
 */
export function timeMachine(show, filmOf) {
  const bar = timeBar();
  const view = { bar, show, film: null, ...PRESENT, row: null, turn: 0, playing: null };
  const { thumb, play, now, keep } = bar.controls;
  thumb.addEventListener("input", () => {
    const wanted = Number(thumb.value);
    rewindByHand(view, (steps) => placeOf(wanted, steps));
  });
  thumb.addEventListener("keydown", (event) => {
    if (!pressKey(view, event.key)) return;
    event.preventDefault();
  });
  play.addEventListener("click", () => (view.playing ? stop(view) : playFilm(view)));
  now.addEventListener("click", () => present(view));
  keep.addEventListener("click", () => keepFilm(bar, filmOf()));
  return {
    element: bar.element,
    isBack: () => view.at !== null,
    goTo: (step) => rewindByHand(view, (steps) => placeOf(step, steps)),
    open(url) {
      stop(view);
      const film = url ? openFilm(url) : null;
      Object.assign(view, { film, ...PRESENT, row: null, turn: view.turn + 1 });
      draw(view);
    },
    told(row) {
      view.row = row;
      if (view.at === null) draw(view);
      else bar.fill(row);
    },
    close: () => stop(view),
  };
}

/** @returns {boolean} whether the key means something here. */
function pressKey(view, key) {
  if (key === "End") present(view);
  else if (key === " ") view.bar.controls.play.click();
  else if (key === "Home") rewindByHand(view, () => 0);
  else if (key in STEPS_OF_KEYS) {
    rewindByHand(view, (steps) => placeNow(view, steps) + STEPS_OF_KEYS[key]);
  } else return false;
  return true;
}

/** Of the frame last asked for; at the present, of the newest. */
function placeNow({ wanted }, steps) {
  return wanted === null ? steps.length - 1 : placeOf(wanted, steps);
}

function rewindByHand(view, choose) {
  stop(view);
  return rewind(view, choose);
}

/**
 * Show the frame whose place `choose` finds in the steps of all; of several that are asked for at a
 * time, only the last.
 */
async function rewind(view, choose, ms = 0) {
  const { film } = view;
  if (!film) return;
  const turn = (view.turn += 1);
  try {
    if (view.at === null) await film.refresh(); // the present has gone on meanwhile
    const steps = film.steps();
    view.wanted = steps[Math.min(Math.max(choose(steps), 0), steps.length - 1)];
    const frame = await film.frame(view.wanted);
    if (turn !== view.turn) return;
    view.at = view.wanted = frame.step;
    view.show(frame, ms);
    draw(view, frame);
  } catch (error) {
    if (turn !== view.turn) return;
    stop(view);
    view.bar.say(`This moment did not arrive (${error.message}).`);
  }
}

function present(view) {
  stop(view);
  view.turn += 1;
  const wasBack = view.at !== null;
  Object.assign(view, PRESENT);
  if (!wasBack) return;
  view.show(null, 0);
  draw(view);
}

/** Show every frame from this one on; from the first, at the present or the end. */
function playFilm(view) {
  const token = {};
  view.playing = token;
  view.bar.mark(true);
  const isAtEnd = view.at === null || view.at >= view.film.steps().at(-1);
  playFrom(view, token, (steps) => (isAtEnd ? 0 : placeNow(view, steps)));
}

async function playFrom(view, token, choose) {
  const began = performance.now();
  const lasts = FRAME_MS / view.bar.speed();
  await rewind(view, choose, GLIDE_SHARE * lasts);
  const left = lasts - (performance.now() - began);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
  if (view.playing !== token) return;
  if (view.at === view.film.steps().at(-1)) stop(view);
  else playFrom(view, token, (steps) => placeNow(view, steps) + 1);
}

async function keepFilm({ controls, say }, { address, name }) {
  controls.keep.disabled = true;
  say("Making the film");
  try {
    await saveAnswer(await fetch(address), name);
    say("");
  } catch (error) {
    say(`The film was not saved (${error.message}).`);
  }
  controls.keep.disabled = false;
}

function stop(view) {
  view.playing = null;
  view.bar.mark(false);
}

function draw({ bar, film, row, at }, frame = null) {
  bar.fill(row);
  bar.place(at === null ? null : frame);
  bar.enable(film !== null && row !== null, at !== null);
}
