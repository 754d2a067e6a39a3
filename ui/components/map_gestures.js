// Hands on a map: mouse, pen and fingers become hovering, taps, panning, zooming and drawing.

const STILL_PX = 4; // a press that moves less is a tap
const LINE_PX = 16; // of a wheel that turns by lines
const WHEEL = 0.0015; // of the zoom's logarithm, for each pixel of a wheel
const PINCH = 0.01; // the same on a touch pad, where two fingers turn the wheel little

/**
 * @param {HTMLElement} surface places are in pixels of it.
 * @param {object} hands what to do: hover(px, py, isTouch); leave(); tap(px, py, isTouch);
 *   pan(right, down); zoom(px, py, factor); reset(); and for drawing: draws(event) -> whether this
 *   press draws; stroke(px, py, isFirst, isTouch); lift(); drop(), when two fingers take over.
 */
export function listenToHands(surface, hands) {
  const state = { down: new Map(), action: null, start: null };
  const at = (event) => {
    const box = surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    press(state, hands, event, at(event));
  });
  surface.addEventListener("pointermove", (event) => move(state, hands, event, at(event)));
  const release = (event) => letGo(state, hands, event, at(event));
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("pointerleave", () => {
    if (!state.down.size) hands.leave();
  });
  surface.addEventListener("dblclick", hands.reset);
  surface.addEventListener("wheel", (event) => turn(hands, event, at(event)), { passive: false });
}

function press(state, hands, event, place) {
  state.down.set(event.pointerId, place);
  const isTouch = event.pointerType === "touch";
  if (state.down.size > 1) {
    if (state.action === "draw") hands.drop();
    state.action = "pinch";
    hands.leave();
  } else if (hands.draws(event)) {
    state.action = "draw";
    hands.stroke(...place, true, isTouch);
  } else {
    state.action = isTouch ? "follow" : "press";
    state.start = place;
    hands.hover(...place, isTouch);
  }
}

function move(state, hands, event, place) {
  const before = state.down.get(event.pointerId);
  if (!before) {
    if (event.pointerType !== "touch") hands.hover(...place, false);
    return;
  }
  if (state.action === "pinch") pinch(state, hands, event.pointerId, place);
  state.down.set(event.pointerId, place);
  if (state.action === "draw") hands.stroke(...place, false, event.pointerType === "touch");
  if (state.start && distance(state.start, place) > STILL_PX) state.start = null;
  if (state.action === "press" && !state.start) state.action = "pan";
  if (state.action === "pan") hands.pan(place[0] - before[0], place[1] - before[1]);
  if (state.action === "follow") hands.hover(...place, true);
}

/** What lies between two fingers stays between them. */
function pinch({ down }, hands, moved, place) {
  const other = [...down.keys()].find((id) => id !== moved);
  const [still, before] = [down.get(other), down.get(moved)];
  const [from, to] = [middle(still, before), middle(still, place)];
  hands.pan(to[0] - from[0], to[1] - from[1]);
  hands.zoom(...to, distance(still, place) / (distance(still, before) || 1));
}

function letGo(state, hands, event, place) {
  if (!state.down.delete(event.pointerId)) return;
  const isTouch = event.pointerType === "touch";
  if (state.action === "draw") hands.lift();
  else if (state.start && event.type === "pointerup") hands.tap(...place, isTouch);
  if (isTouch) hands.leave();
  // Of two fingers, the one that stays does nothing any more.
  state.action = null;
  state.start = null;
}

function turn(hands, event, place) {
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
  hands.zoom(...place, Math.exp(-pixels * (event.ctrlKey ? PINCH : WHEEL)));
}

function middle([ax, ay], [bx, by]) {
  return [(ax + bx) / 2, (ay + by) / 2];
}

function distance([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by);
}
