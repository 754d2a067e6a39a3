// A model on a page of its own that works from disk: its map, its decoder under the cursor, and a
// slider for each number. What it shows lies in the page, as `ui/take_away.py` has put it there.

import { createPlainAxes } from "./axes_plain.js";
import { openDecoder } from "./decoder.js";
import { loadLatents } from "./latents.js";
import { createBehind } from "./map_behind.js";
import { lift, placesOf } from "./map_geometry.js";
import { listenToHands } from "./map_gestures.js";
import { listenToKeys } from "./map_keys.js";
import { createLegend } from "./map_legend.js";
import { createScene } from "./map_scene.js";
import { createShown } from "./map_shown.js";
import { placeText } from "./map_words.js";
import { createPainter } from "./painter.js";
import { paint } from "./pictures.js";
import { button, make, shown } from "./dom.js";

const STEP = 0.01;
const nothing = () => {};
const dark = matchMedia("(prefers-color-scheme: dark)");

async function start(given) {
  const data = { ...given, palette: paletteOf(given) };
  const part = { data, painter: createPainter(), told: () => part.data.told };
  const page = elements(part);
  const latents = await loadLatents(data.model);
  const scene = await createScene(page.host, page.surface, data, createPlainAxes);
  Object.assign(part, { scene, latents, places: placesOf(latents.means, data.flat) });
  part.painter.use(await openDecoder(data.model, nothing));
  part.shown = createShown(part, page.legend);
  part.behind = createBehind(part);
  const view = { part, page, z: data.flat.origin, place: [0, 0] };
  page.use(view);
  listen(view);
  dark.addEventListener("change", () => {
    const before = part.data;
    part.data = { ...before, palette: paletteOf(given) };
    part.shown.dress(before);
    page.legend.dress(part.data.palette);
  });
  goTo(view, [0, 0]);
}

const paletteOf = ({ palettes }) => palettes[dark.matches ? "dark" : "light"];

function listen(view) {
  const { part, page } = view;
  const { scene } = part;
  const { pan, zoom, reset } = scene;
  const hands = { leave: nothing, tap: nothing, stroke: nothing, lift: nothing, drop: nothing };
  const hover = (px, py) => goTo(view, scene.point(px, py));
  listenToHands(page.surface, { ...hands, draws: () => false, hover, pan, zoom, reset });
  listenToKeys(page.surface, {
    step(right, up) {
      goTo(view, [view.place[0] + right, view.place[1] + up]);
      page.spoken.textContent = page.where.textContent;
    },
    pick: nothing,
    look: nothing,
    zoomHere: (factor) => zoom(...scene.pixel(...view.place), factor),
    reset,
  });
}

/** To a place of the map: the nearest z in its plane. */
function goTo(view, place) {
  setZ(view, lift(place, view.part.data.flat), place);
}

function setZ(view, z, place) {
  const { part, page } = view;
  const { flat } = part.data;
  const { xs, ys } = placesOf(Float32Array.from(z), flat);
  view.z = z;
  view.place = place ?? [xs[0], flat.isStrip ? 0 : ys[0]];
  part.scene.marks.set("cross", { place: view.place, pulses: false });
  page.where.textContent = placeText(view.place, part.data);
  page.follow(z);
  part.painter.ask(page.job);
}

function elements(part) {
  const { data } = part;
  const surface = make("div", { class: "vl-surface", tabindex: 0, role: "application" });
  surface.setAttribute("aria-label", `Map of ${data.model.num} pictures; arrow keys move the cursor`);
  const host = make("div", { class: "vl-host" });
  const canvas = make("canvas", { class: "vl-decoded", role: "img" });
  canvas.setAttribute("aria-label", "What the decoder draws under the cursor");
  const where = make("p", { class: "vl-z" });
  const spoken = make("p", { class: "vl-spoken", role: "status" });
  const page = { surface, host, where, spoken, view: null };
  page.legend = createLegend(data.classNames, data.prior !== null, (only) => part.shown.only(only));
  page.legend.dress(data.palette);
  page.use = (view) => Object.assign(page, { view });
  page.job = {
    isFirst: true,
    count: 1,
    z: () => page.view.z,
    told: part.told,
    show: (picture) => paint(canvas, picture, data.model.shape),
    element: null,
  };
  const rows = data.sliders.map((limit) => sliderRow(page, limit));
  page.follow = (z) => rows.forEach((row) => row.follow(z));
  const map = make("div", { class: "vl-map-body" }, [host, page.legend.element]);
  const sliders = rows.map(({ element }) => element);
  const under = [make("h2", { text: "Under the cursor" }), canvas, where, ...toldControl(part, page)];
  document.getElementById("vl-map").append(toolsOf(part), map, spoken);
  document.getElementById("vl-side").append(...under, ...sliders);
  return page;
}

function toolsOf(part) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => {
    part.shown.behind(input.checked);
    part.behind.show(input.checked);
  });
  const behind = make("label", { class: "vl-switch-behind" }, [input, "Pictures behind"]);
  const reset = button("Reset", () => part.scene.reset(), { title: "Show the whole map (0)" });
  return make("div", { class: "vl-tools" }, [behind, reset]);
}

/** A conditional model's class. */
function toldControl(part, page) {
  const { conditions, classNames } = part.data;
  if (!conditions.includes("class")) return [];
  const options = classNames.map((name, label) => make("option", { value: label, text: name }));
  const select = make("select", { class: "vl-button", "aria-label": "Class told" }, options);
  select.value = part.data.told.class;
  select.addEventListener("change", () => {
    part.data.told = { ...part.data.told, class: Number(select.value) };
    part.painter.ask(page.job);
    part.behind.redraw();
  });
  return [make("label", {}, ["told the class ", select])];
}

function sliderRow(page, { dim, low, high }) {
  const name = `number ${dim + 1} (z${dim + 1})`;
  const value = make("output");
  const input = make("input", { type: "range", min: low, max: high, step: STEP });
  input.setAttribute("aria-label", name);
  input.addEventListener("input", () => {
    const z = [...page.view.z];
    z[dim] = Number(input.value);
    setZ(page.view, z);
  });
  return {
    element: make("label", { class: "vl-row" }, [make("b", { text: `z${dim + 1}` }), input, value]),
    follow(z) {
      input.value = z[dim];
      value.textContent = shown(z[dim], STEP);
    },
  };
}

start(JSON.parse(document.getElementById("vl-data").textContent));
