// Costly drawings: not more often than the eye needs, and always the last one.

/**
 * @param {() => void} draw
 * @param {number} everyMs the least time from one drawing to the next.
 * @returns {{ask: () => void, close: () => void}} ask: have it drawn, now or soon.
 */
export function createPace(draw, everyMs) {
  let timer = 0;
  let drawnAt = -Infinity;
  const now = () => {
    timer = 0;
    drawnAt = performance.now();
    draw();
  };
  return {
    ask() {
      const waitMs = drawnAt + everyMs - performance.now();
      if (!timer) timer = setTimeout(now, Math.max(0, waitMs));
    },
    close: () => clearTimeout(timer),
  };
}
