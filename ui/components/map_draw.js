// A drawing on its way over the map: encoded at each stroke, it leaves a trail.

import { framed } from "./draw_frame.js";
import { openEncoder } from "./encoder.js";
import { gaussianOnMap, placesOf } from "./map_geometry.js";
import { oneRequest } from "./one_request.js";

const MAX_TRAIL = 400;

/**
 * @param {object} part what all parts of the map share, see `latent_map.js`.
 * @param {() => void} retell called when another class is told while the pad is in sight.
 * @returns {{show: (isOn: boolean) => void, redraw: () => void, close: () => void}} show: while the
 *   pad is in sight; redraw: after what is told has changed. It hears "ink" on the board, what is on
 *   the pad, and "drawnAs", the class that it is told to be, and puts "drawn": {picture, recon,
 *   error, z, place} and "near", what the server answers,
 *   or null without a drawing.
 */
export function createDrawn(part, retell) {
  const { board, painter } = part;
  const server = oneRequest((note) => part.say(note));
  const state = {
    ink: null,
    label: null,
    isOn: false,
    encoder: null,
    trail: [],
    picture: null,
    z: null,
  };
  const view = { part, state, server };
  view.job = {
    count: 1,
    z: () => state.z,
    told: part.told,
    show: (recon) => tell(view, recon),
    element: null,
    painter,
  };
  const tellClass = () => {
    const before = part.drawnAs;
    part.drawnAs = state.isOn ? state.label : null;
    if (part.drawnAs !== before) retell();
  };
  const offs = [
    board.on("ink", (ink) => {
      state.ink = ink;
      look(view);
    }),
    board.on("drawnAs", (label) => {
      state.label = label;
      tellClass();
    }),
  ];
  return {
    show(isOn) {
      state.isOn = isOn;
      tellClass();
      if (!isOn) mark(view, null);
      look(view);
    },
    redraw: () => look(view),
    close() {
      for (const off of offs) off();
      server.close();
      state.encoder?.then((encoder) => encoder.close());
    },
  };
}

async function look(view) {
  const { part, state } = view;
  const { ink, isOn } = state;
  if (!isOn) return;
  if (!ink) return forget(view);
  state.encoder ??= openEncoder(part.data.model, part.say);
  const encoder = await state.encoder;
  if (ink !== state.ink || !part.isOpen()) return; // the hand is further already
  const { framing, levels, model } = part.data;
  const picture = framed(ink, framing, model.shape, levels);
  encoder.look(picture, part.told(), (posterior) => {
    if (ink === state.ink && part.isOpen()) place(view, picture, posterior);
  });
}

function forget({ part, state, server }) {
  Object.assign(state, { trail: [], picture: null, z: null });
  part.scene.marks.set("drawn", null);
  part.board.put("drawn", null);
  part.board.put("near", null);
  server.drop("near");
}

function place(view, picture, { mean, logvar }) {
  const { part, state, server } = view;
  const { flat, model } = part.data;
  const { xs, ys } = placesOf(Float32Array.from(mean), flat);
  const spot = [xs[0], flat.isStrip ? 0 : ys[0]];
  state.trail = [...state.trail, spot].slice(-MAX_TRAIL);
  Object.assign(state, { picture, z: Array.from(mean) });
  mark(view, logvar ? gaussianOnMap(logvar, flat.axes) : null);
  part.painter.ask(view.job);
  const request = {
    url: `${model.url}/nearest`,
    body: { z: [state.z], told: {} },
    read: (answer) => answer.json(),
  };
  server.ask("near", request, (found) => state.z && part.board.put("near", found));
}

function mark({ part, state }, gaussian) {
  const shown = state.isOn && state.trail.length ? { trail: state.trail, gaussian } : null;
  part.scene.marks.set("drawn", shown);
}

function tell({ part, state }, recon) {
  const { picture, z, trail } = state;
  if (!picture) return;
  const sum = picture.reduce((total, value, pixel) => total + (value - recon[pixel]) ** 2, 0);
  part.board.put("drawn", { picture, recon, error: sum / picture.length, z, place: trail.at(-1) });
}
