// A map by keyboard.

const STEP = 0.05; // of the cursor, in units of the latent
const LARGE = 5; // with Shift
const ZOOM = 1.25;
const WAYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/**
 * @param {HTMLElement} surface can have the focus.
 * @param {object} hands what to do: step(right, up) in units of the latent; pick(); look();
 *   zoomHere(factor); reset(); and where keys draw: pen(), which puts it down or lifts it.
 */
export function listenToKeys(surface, hands) {
  const keys = {
    Enter: hands.pick,
    Escape: hands.look,
    "+": () => hands.zoomHere(ZOOM),
    "=": () => hands.zoomHere(ZOOM),
    "-": () => hands.zoomHere(1 / ZOOM),
    0: hands.reset,
    ...(hands.pen && { " ": hands.pen }),
  };
  surface.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in WAYS) {
      const size = STEP * (event.shiftKey ? LARGE : 1);
      hands.step(...WAYS[event.key].map((way) => way * size));
    } else if (event.key in keys) keys[event.key]();
    else return;
    event.preventDefault();
  });
}
