// The axes of a small map: a square without ticks, which widens when something lies outside. The
// same to its points as `axes.js`.

/**
 * @param {HTMLElement} host as wide as its place, and as high.
 * @param {number} limit the square spans -limit to limit.
 * @returns {object} box(), range(), toPixel(x, y) as in `axes.js`; view(): as `map_marks.js` wants
 *   it; widen(limit); onChange(listener); close().
 */
export function openSquare(host, limit) {
  const listeners = [];
  let reach = limit;
  const tell = () => listeners.forEach((listener) => listener());
  const observer = new ResizeObserver(() => {
    if (host.clientWidth) tell();
  });
  observer.observe(host);
  const side = () => host.clientWidth;
  const toPixel = (x, y) => [
    ((x + reach) / (2 * reach)) * side(),
    ((reach - y) / (2 * reach)) * side(),
  ];
  return {
    box: () => ({ left: 0, top: 0, width: side(), height: side() }),
    range: () => ({ x: [-reach, reach], y: [-reach, reach] }),
    toPixel,
    view: () => ({ pixel: toPixel, unit: side() / (2 * reach), size: [side(), side()] }),
    widen(next) {
      if (next === reach) return;
      reach = next;
      tell();
    },
    onChange: (listener) => listeners.push(listener),
    close: () => observer.disconnect(),
  };
}
