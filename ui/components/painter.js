// Draws pictures of latents in the time that a frame leaves: the large one at once, the others one
// after the other, so that a moving hand never waits for them.

import { watchSight } from "./sight.js";

const BUDGET_MS = 8;

/**
 * @typedef {object} Job pictures that change together.
 * @property {number} count how many.
 * @property {(place: number) => number[]} z of each, as it is when it is drawn.
 * @property {() => object} told what the model is told, the same for all of them.
 * @property {(picture: Float32Array, place: number) => void} show puts one of them on the page.
 * @property {Element} element where they stand: nothing is drawn out of sight.
 * @property {boolean} [isFirst] drawn in every frame, before all others.
 */

/**
 * @returns {{ask: (job: Job) => void, use: (decoder: object) => void, close: () => void}} ask: draw
 *   a job again, as soon as there is a decoder, time, and somebody to see it.
 */
export function createPainter() {
  const state = {
    decoder: null,
    frame: 0,
    isBusy: false, // the server draws some of the others
    cost: 0, // ms that the last piece took
    first: new Set(),
    waiting: new Map(), // job -> {place: drawn so far, again: asked for meanwhile}
  };
  const ask = (job) => {
    if (job.isFirst) state.first.add(job);
    else if (sight.sees(job)) queue(state, job);
    wake(state);
  };
  const sight = watchSight(ask);
  return {
    ask,
    use: (decoder) => {
      state.decoder = decoder;
      wake(state);
    },
    close: () => {
      cancelAnimationFrame(state.frame);
      state.frame = -1;
      sight.close();
      state.decoder?.close();
    },
  };
}

function queue({ waiting }, job) {
  const progress = waiting.get(job);
  if (!progress) waiting.set(job, { place: 0, again: false });
  else if (progress.place > 0) progress.again = true;
}

function wake(state) {
  if (state.decoder && state.frame === 0) {
    state.frame = requestAnimationFrame(() => drawFrame(state));
  }
}

function drawFrame(state) {
  const started = performance.now();
  const { first, waiting } = state;
  state.frame = 0;
  let hasDrawn = first.size > 0;
  for (const job of first) drawAll(state.decoder, job, "first");
  first.clear();
  while (waiting.size && !state.isBusy) {
    const spent = performance.now() - started;
    if (hasDrawn && spent + state.cost > BUDGET_MS) break;
    drawNext(state);
    hasDrawn = true;
    state.cost = performance.now() - started - spent;
  }
  if (waiting.size && !state.isBusy) wake(state);
}

/** One picture of the job that has waited longest; all of its pictures where the server draws. */
function drawNext(state) {
  const { decoder, waiting } = state;
  const [job, progress] = waiting.entries().next().value;
  if (decoder.runsHere) {
    const place = progress.place++;
    const show = ([picture]) => job.show(picture, place);
    decoder.draw("others", [job.z(place)], job.told(), show);
  } else {
    progress.place = job.count;
    state.isBusy = true;
    drawAll(decoder, job, "others", () => {
      state.isBusy = false;
      wake(state);
    });
  }
  if (progress.place < job.count) return;
  waiting.delete(job);
  if (progress.again) queue(state, job); // behind all others
}

function drawAll(decoder, job, slot, done = () => {}) {
  const zs = Array.from({ length: job.count }, (_, place) => job.z(place));
  decoder.draw(slot, zs, job.told(), (pictures) => {
    pictures.forEach((picture, place) => job.show(picture, place));
    done();
  });
}
