// The map of a model's latents: it decodes under the cursor, and what is found there goes to the
// panel beside it over the board. The server hears which dot was picked, and nothing else.

import { boardOf } from "./board.js";
import { openDecoder } from "./decoder.js";
import { kept } from "./kept.js";
import { loadLatents } from "./latents.js";
import { placesOf } from "./map_geometry.js";
import { createLegend } from "./map_legend.js";
import { startMap } from "./map_modes.js";
import { createScene } from "./map_scene.js";
import { createTools } from "./map_tools.js";
import { openOriginals } from "./originals.js";
import { button, make } from "./dom.js";
import { createPainter } from "./painter.js";
import { openStored } from "./sliders_stored.js";

const FOUND = ["here", "dot", "picked", "selection", "path", "groups", "drawn", "near", "address"];
const views = new WeakMap();

/**
 * Draw the map, or bring it up to date; see `ui/components/latent_map.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = views.get(parentElement);
  const isSame = view && identityOf(view.data) === identityOf(data);
  if (isSame) view.hear(data, setTriggerValue);
  else {
    view?.close();
    views.set(parentElement, open(data, parentElement, setTriggerValue, view?.isBehind() ?? false));
  }
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}

const identityOf = ({ model, flat }) => JSON.stringify([model, flat]);

function open(data, parentElement, send, isBehind) {
  const state = { isOpen: true, closers: [], map: null };
  const page = frame(data, (tool, ...values) => state.map?.[tool](...values));
  const part = shared(data, send, page, state);
  part.board.put("about", aboutOf(data));
  for (const name of FOUND) part.board.put(name, null); // what another map has found
  parentElement.append(page.root);
  const close = () => {
    state.isOpen = false;
    part.board.put("address", null);
    for (const closer of state.closers) closer();
    page.root.remove();
  };
  const again = () => {
    close();
    views.set(parentElement, open(part.data, parentElement, part.send, isBehind));
  };
  load(part, page, state, isBehind).catch((error) => {
    if (state.isOpen) page.cover.replaceChildren(...lost(error, again));
  });
  return {
    get data() {
      return part.data;
    },
    hear(next, nextSend) {
      const before = part.data;
      Object.assign(part, { data: next, send: nextSend });
      part.board.put("about", aboutOf(next));
      state.map?.hear(before);
    },
    isBehind: () => state.map?.isBehind() ?? isBehind,
    close,
  };
}

/**
 * What all parts of the map share: data, send, board, painter, originals, stored; once they are
 * here, scene, latents and places; told(): what the model is told at every place; drawnAs: the class
 * that a drawing in sight is told to be, or null; visible(): 1 or 0 for each dot, or null for all;
 *   say(note); speak(text), for people who do not see; isOpen().
 */
function shared(data, send, page, state) {
  const painter = createPainter();
  state.closers.push(painter.close);
  const part = {
    data,
    send,
    painter,
    board: boardOf(document),
    originals: openOriginals(data.model),
    stored: openStored({ model: data.model, conditions: data.conditions }),
    drawnAs: null,
    told: () => ({ ...part.data.told, ...toldOf(part) }),
    say: (note) => page.note.replaceChildren(note),
    speak: (text) => page.spoken.replaceChildren(text),
    isOpen: () => state.isOpen,
  };
  return part;
}

/** The class: a drawing's own, else the picked picture's, known here before the server answers. */
function toldOf({ picked, drawnAs, data, latents }) {
  const knows = data.conditions.some(({ name }) => name === "class");
  return knows && picked ? { class: drawnAs ?? latents.labels[picked.position()] } : {};
}

const ABOUT =
  "model noun classNames palette words tellable isStrip hasMany errors".split(" ");

const aboutOf = (data) => Object.fromEntries(ABOUT.map((name) => [name, data[name]]));

/** The page's elements; `use` takes a tool of `startMap` and what it is given. */
function frame(data, use) {
  const tools = createTools({
    mode: (name) => use("setMode", name),
    behind: (isOn) => use("setBehind", isOn),
    reset: () => use("reset"),
  });
  const legend = createLegend(data.classNames, data.prior !== null, (only) => use("setOnly", only));
  legend.dress(data.palette);
  const keys = "Arrow keys move the cursor, Enter picks a dot, the space bar begins and ends a drawing";
  const label = `Map of ${data.model.num} pictures. ${keys}.`;
  const surface = make("div", { class: "vl-surface", tabindex: 0, role: "application" });
  surface.setAttribute("aria-label", label);
  const cover = make("div", { class: "vl-cover" });
  const host = make("div", { class: "vl-host" }, [cover]);
  const [note, spoken] = ["vl-note", "vl-spoken"].map((name) =>
    make("p", { class: name, role: "status" }),
  );
  const body = make("div", { class: "vl-map-body" }, [host, legend.element]);
  const parts = [tools.element, body, note, spoken];
  const root = make("div", { class: `vl-latent-map${data.hasMany ? " has-many" : ""}` }, parts);
  return { root, host, surface, cover, note, spoken, tools, legend };
}

async function load(part, page, state, isBehind) {
  const { data } = part;
  const [scene, decoder, latents] = await Promise.all([
    kept(state, createScene(page.host, page.surface, data)),
    openDecoder(data.model, part.say),
    loadLatents(data.model),
  ]);
  if (!state.isOpen) return decoder.close();
  part.painter.use(decoder);
  Object.assign(part, { scene, latents, places: placesOf(latents.means, data.flat) });
  page.cover.remove();
  state.map = startMap(part, page, isBehind);
  state.closers.push(state.map.close);
}

function lost(error, again) {
  const text = `The map did not arrive (${error.message}).`;
  return [make("p", { role: "alert", text }), button("Try again", again)];
}
