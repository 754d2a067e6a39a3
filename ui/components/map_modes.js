// What hands and keys do on a map, in each of its modes.

import { createBehind } from "./map_behind.js";
import { createCursor } from "./map_cursor.js";
import { createDrawn } from "./map_draw.js";
import { listenToHands } from "./map_gestures.js";
import { listenToKeys } from "./map_keys.js";
import { createLasso } from "./map_lasso.js";
import { createPath } from "./map_path.js";
import { createPicked } from "./map_picked.js";
import { createPreview } from "./map_preview.js";
import { createShown } from "./map_shown.js";
import { placeText } from "./map_words.js";
import { a } from "./dom.js";

const NEAR_PX = 6; // a dot that close to the cursor adds its picture
const TAP_PX = 12; // a click picks the nearest dot that close
const FINGER_PX = 24;

/**
 * Bring a map to life, once all of it is here.
 * @param {object} part what all parts of the map share, see `latent_map.js`; gets its `picked` and
 *   `visible`.
 * @param {object} page its elements.
 * @param {boolean} isBehind whether pictures lie behind from the start.
 * @returns {object} setMode(name), setBehind(isOn), setOnly(classes), reset(): the tools;
 *   hear(before): after the data have changed; isBehind(); close().
 */
export function startMap(part, page, isBehind) {
  const map = { part, page, mode: "look", isPenDown: false, waiting: [] };
  map.shown = createShown(part, page.legend);
  map.cursor = createCursor(part);
  map.picked = createPicked(part);
  part.picked = map.picked;
  map.drawings = { select: createLasso(part), path: createPath(part) };
  map.drawn = createDrawn(part, () => redraw(map));
  map.behind = createBehind(part);
  map.preview = createPreview(part, page.surface);
  map.picked.pick(part.data.pick);
  listenToHands(page.surface, handsOf(map));
  listenToKeys(page.surface, keysOf(map));
  setMode(map, "look");
  setBehind(map, isBehind);
  return {
    setMode: (name) => setMode(map, name),
    setBehind: (isOn) => setBehind(map, isOn),
    setOnly: map.shown.only,
    reset: part.scene.reset,
    hear: (before) => hear(map, before),
    isBehind: map.shown.isBehind,
    close() {
      map.behind.close();
      map.drawn.close();
      map.drawings.select.close();
      map.preview.close();
    },
  };
}

function setMode(map, name) {
  map.mode = name;
  map.isPenDown = false;
  for (const [mode, drawing] of Object.entries(map.drawings)) if (mode !== name) drawing.drop();
  map.page.tools.select(name, map.shown.isBehind());
  map.page.surface.dataset.mode = name;
  map.drawn.show(name === "draw");
  map.part.board.put("mode", name);
}

function setBehind(map, isOn) {
  map.shown.behind(isOn);
  map.behind.show(isOn);
  map.page.tools.select(map.mode, isOn);
}

/** The server says what is picked and told, or another theme came. */
function hear(map, before) {
  const { part, waiting } = map;
  const { data } = part;
  map.shown.dress(before);
  // Its answers to earlier clicks come later than the newest click: only the last one counts.
  if (before.pick !== data.pick) {
    waiting.splice(0, waiting.indexOf(data.pick) + 1 || waiting.length);
    if (!waiting.length) {
      map.picked.pick(data.pick);
      if (map.mode === "draw") setMode(map, "look");
    }
  }
  if (JSON.stringify(before.told) !== JSON.stringify(data.told)) redraw(map);
}

function redraw({ cursor, picked, drawings, behind, drawn }) {
  for (const shown of [cursor, picked, drawings.path, behind, drawn]) shown.redraw();
}

function pick(map, position) {
  const { part, picked, waiting } = map;
  // Beside a drawing nobody would see it.
  if (map.mode === "draw" || position === picked.position()) return;
  picked.pick(position);
  waiting.push(position);
  part.send("pick", position);
  const name = part.data.classNames[part.latents.labels[position]];
  part.speak(`Picked ${a(name)}`);
  if (part.data.conditions.length) redraw(map);
}

function handsOf(map) {
  const { part, cursor, drawings, preview } = map;
  const { scene } = part;
  const hover = (px, py, isTouch) => {
    cursor.goTo(scene.point(px, py), scene.nearest(px, py, NEAR_PX));
    if (isTouch) preview.show(px, py);
  };
  const drawing = () => drawings[map.mode];
  return {
    hover,
    leave: preview.hide,
    tap(px, py, isTouch) {
      const found = scene.nearest(px, py, isTouch ? FINGER_PX : TAP_PX);
      if (found >= 0) pick(map, found);
    },
    pan: scene.pan,
    zoom: scene.zoom,
    reset: scene.reset,
    draws: (event) => map.mode in drawings || event.shiftKey,
    stroke(px, py, isFirst, isTouch) {
      if (!(map.mode in drawings)) setMode(map, "select");
      map.isPenDown = false;
      hover(px, py, isTouch);
      drawing().extend(scene.point(px, py), isFirst);
    },
    lift: () => drawing().lift(),
    drop: () => drawing().drop(),
  };
}

function keysOf(map) {
  const { part, cursor } = map;
  const { scene } = part;
  const here = () => scene.pixel(...cursor.place());
  return {
    step(right, up) {
      const { x, y } = scene.range();
      const [left, low] = cursor.place();
      const place = [inside(left + right, x), inside(low + up, y)];
      cursor.goTo(place, scene.nearest(...scene.pixel(...place), NEAR_PX));
      if (map.isPenDown) map.drawings[map.mode].extend(place, false);
      part.speak(placeText(place, part.data));
    },
    pen() {
      const drawing = map.drawings[map.mode];
      if (!drawing) return;
      map.isPenDown = !map.isPenDown;
      if (map.isPenDown) drawing.extend(cursor.place(), true);
      else drawing.lift();
      part.speak(map.isPenDown ? "Pen down" : "Pen up");
    },
    pick() {
      let found = -1;
      const far = 2 * scene.size();
      for (let reach = TAP_PX; found < 0 && reach < far; reach *= 2) {
        found = scene.nearest(...here(), reach);
      }
      if (found >= 0) pick(map, found);
    },
    look: () => setMode(map, "look"),
    zoomHere: (factor) => scene.zoom(...here(), factor),
    reset: scene.reset,
  };
}

function inside(value, [from, to]) {
  return Math.min(to, Math.max(from, value));
}
