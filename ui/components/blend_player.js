// Play and Pause: a number that goes from 0 to 1 and back by itself.

import { button } from "./dom.js";

const ONE_WAY_MS = 2500;

/**
 * @param {{get: () => number, set: (t: number) => void, end: () => void}} number end: called once
 *   it stands still again.
 * @returns {{element: HTMLButtonElement, pause: () => void}}
 */
export function createPlayer({ get, set, end }) {
  let frame = 0;
  let phase = 0; // 0 to 1 there, 1 to 2 back
  let last = 0;
  const step = (now) => {
    phase = (phase + (now - last) / ONE_WAY_MS) % 2;
    last = now;
    set(phase < 1 ? phase : 2 - phase);
    frame = requestAnimationFrame(step);
  };
  const play = () => {
    phase = get();
    last = performance.now();
    frame = requestAnimationFrame(step);
    element.textContent = "Pause";
  };
  const pause = () => {
    if (!frame) return;
    cancelAnimationFrame(frame);
    frame = 0;
    element.textContent = "Play";
    end();
  };
  const element = button("Play", () => (frame ? pause() : play()));
  return { element, pause };
}
