// Dots that glide from one frame of a training to the next.

const GLIDE_MS = 200; // about the time from one frame to the next

/**
 * @param {(xs: Float32Array, ys: Float32Array) => void} draw called at each picture of the screen
 *   while they move; the last call has exactly the numbers that were asked for.
 * @returns {object} to(xs, ys, ms): where N dots go, Float32Arrays, and how long they take; close().
 */
export function createTween(draw) {
  let now = null; // where the dots are drawn: {xs, ys}
  let request = 0;
  const to = (xs, ys, ms = GLIDE_MS) => {
    cancelAnimationFrame(request);
    const from = now;
    const target = { xs, ys };
    if (ms <= 0 || from?.xs.length !== xs.length || prefersStill()) {
      now = target;
      draw(xs, ys);
      return;
    }
    const began = performance.now();
    const move = (time) => {
      const share = (time - began) / ms;
      now = share < 1 ? between(from, target, Math.max(0, share)) : target;
      draw(now.xs, now.ys);
      if (share < 1) request = requestAnimationFrame(move);
    };
    request = requestAnimationFrame(move);
  };
  return { to, close: () => cancelAnimationFrame(request) };
}

function prefersStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function between(from, target, share) {
  const mix = (start, end) => end.map((value, i) => start[i] + share * (value - start[i]));
  return { xs: mix(from.xs, target.xs), ys: mix(from.ys, target.ys) };
}
