// One of two compared models: its map, what it decodes at the cursor, and its samples.

import { openDecoder } from "./decoder.js";
import { kept } from "./kept.js";
import { loadLatents } from "./latents.js";
import { createBehind } from "./map_behind.js";
import { createHoles } from "./compare_holes.js";
import { listenToHands } from "./map_gestures.js";
import { listenToKeys } from "./map_keys.js";
import { lift, placesOf } from "./map_geometry.js";
import { createScene } from "./map_scene.js";
import { createShown } from "./map_shown.js";
import { createPainter } from "./painter.js";
import { paint, paintSheet } from "./pictures.js";
import { make } from "./dom.js";

const COLUMNS = 8;
const NO_LEGEND = { dress() {} };
const nothing = () => {};
const NOTHING = { leave: nothing, tap: nothing, stroke: nothing, lift: nothing, drop: nothing };

/**
 * @param {object} side see `ui/components/compare.py`.
 * @param {object} shared what both have: plotlyUrl, palette.
 * @param {{goTo: (place: [number, number]) => void, step: (right: number, up: number) => void}} hands
 *   what moves the cursor.
 * @returns {object} map, decoded, drawn: elements; load(): Promise; show(place, z): the cursor;
 *   place(): where it is; lift, project: between places of the map and z; size: D; isStrip;
 *   behind(name): a promise that fails when holes do not arrive; sample(side): other samples; close().
 */
export function compareSide(side, shared, hands) {
  const page = elementsOf(side);
  const data = { ...side, ...shared };
  const painter = createPainter();
  const part = { data, painter, told: () => side.told };
  const state = { isOpen: true, closers: [painter.close], place: [0, 0], z: side.flat.origin };
  const here = {
    isFirst: true,
    count: 1,
    z: () => state.z,
    told: part.told,
    show: (picture) => paint(page.canvas, picture, side.model.shape),
    element: null,
  };
  const view = { part, page, state, here, hands, samples: side.samples };
  view.sheet = sheetOf(view);
  return {
    map: page.map,
    decoded: page.decoded,
    drawn: page.drawn,
    size: side.model.latentDim,
    isStrip: side.flat.isStrip,
    lift: (place) => lift(place, side.flat),
    project: (z) => projected(z, side.flat),
    place: () => state.place,
    load: () => load(view),
    show(place, z) {
      Object.assign(state, { place, z });
      part.scene?.marks.set("cross", { place, pulses: false });
      painter.ask(here);
    },
    behind(name) {
      if (!view.holes) return null; // they still load
      part.shown.behind(name === "pictures");
      view.pictures.show(name === "pictures");
      return view.holes.show(name === "holes");
    },
    sample({ samples, caption }) {
      view.samples = samples;
      page.caption.textContent = caption;
      painter.ask(view.sheet);
    },
    close() {
      state.isOpen = false;
      for (const closer of state.closers) closer();
    },
  };
}

function projected(z, flat) {
  const { xs, ys } = placesOf(Float32Array.from(z), flat);
  return [xs[0], flat.isStrip ? 0 : ys[0]];
}

function elementsOf({ title, model, caption }) {
  const canvas = make("canvas", { class: "vl-decoded", role: "img" });
  canvas.setAttribute("aria-label", `What ${title} draws at the cursor`);
  const sheet = make("canvas", { class: "vl-samples", role: "img" });
  sheet.setAttribute("aria-label", `Samples of ${title}`);
  const surface = make("div", { class: "vl-surface", tabindex: 0, role: "application" });
  const label = `Map of ${title}, ${model.num} pictures. Arrow keys move the cursor of both maps.`;
  surface.setAttribute("aria-label", label);
  const host = make("div", { class: "vl-host" });
  const note = make("p", { class: "vl-note", role: "status" });
  const captioned = make("p", { class: "vl-muted", text: caption });
  return {
    canvas,
    sheet,
    surface,
    host,
    note,
    caption: captioned,
    map: make("section", {}, [make("h3", { text: title }), host, note]),
    decoded: make("figure", {}, [canvas, make("figcaption", { text: title })]),
    drawn: make("section", {}, [make("h3", { text: `Samples of ${title}` }), sheet, captioned]),
  };
}

async function load(view) {
  const { part, page, state, hands } = view;
  const { model, flat } = part.data;
  const [scene, decoder, latents] = await Promise.all([
    kept(state, createScene(page.host, page.surface, part.data)),
    openDecoder(model, (note) => page.note.replaceChildren(note)),
    loadLatents(model),
  ]);
  if (!state.isOpen) {
    decoder.close();
    return;
  }
  part.painter.use(decoder);
  Object.assign(part, { scene, latents, places: placesOf(latents.means, flat) });
  part.shown = createShown(part, NO_LEGEND);
  view.pictures = createBehind(part);
  view.holes = createHoles(part);
  state.closers.push(view.pictures.close);
  listenToHands(page.surface, handsOf(scene, hands));
  listenToKeys(page.surface, keysOf(scene, hands, state));
  part.painter.ask(view.sheet);
}

function handsOf(scene, { goTo }) {
  const { pan, zoom, reset } = scene;
  const hover = (px, py) => goTo(scene.point(px, py));
  return { ...NOTHING, draws: () => false, hover, pan, zoom, reset };
}

function keysOf(scene, { step }, state) {
  return {
    step,
    pick: nothing,
    look: nothing,
    zoomHere: (factor) => scene.zoom(...scene.pixel(...state.place), factor),
    reset: scene.reset,
  };
}

/** All samples on one canvas, drawn when the last one is there. */
function sheetOf(view) {
  const { page, part } = view;
  const pictures = [];
  return {
    count: view.samples.length,
    z: (place) => view.samples[place],
    told: part.told,
    show(picture, place) {
      pictures[place] = picture;
      if (place < view.samples.length - 1) return;
      paintSheet(page.sheet, pictures, part.data.model.shape, COLUMNS, 1);
    },
    element: page.sheet,
  };
}
