// Where the picker's model puts the picture that is large: an arrow on its map from the clean picture
// to the damaged one, and on to the restored one.

import { make } from "./dom.js";
import { openSquare } from "./lab_square.js";
import { shownOf } from "./lab_steps.js";
import { loadLatents } from "./latents.js";
import { placesOf } from "./map_geometry.js";
import { createMarks } from "./map_marks.js";
import { namePlaces } from "./names.js";
import { createPoints } from "./points.js";

const RADIUS = [3000, 2, 1.25]; // of dots in pixels: of few, of many
const OPACITY = 0.55;
const NAMES_REACH = 3; // heights of a name, from its class
const ROOM = 1.08; // around what lies outside the map
const FARTHEST = 4; // how far the map may widen, in its own limits

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function labMap(part) {
  const host = make("div", { class: "vl-lab-square" });
  const note = make("p", { class: "vl-muted" });
  const restored = dot("restored", "");
  const { latentDim } = part.data.model;
  const key = make("p", { class: "vl-lab-key" }, [
    dot("clean", "clean"),
    dot("damaged", "damaged"),
    restored,
    ...(latentDim > 2 ? [`a flat view (PCA) of ${latentDim} numbers`] : []),
  ]);
  const nameRestored = () => {
    restored.lastChild.textContent = `restored by ${shownOf(part).title}`;
  };
  part.onSeen(nameRestored);
  part.setting.onChange(nameRestored);
  nameRestored();
  const title = make("h3", { text: `Where ${part.data.title} puts it` });
  const element = make("section", { class: "vl-lab-map" }, [title, host, key, note]);
  const state = { isOpen: true };
  part.closers.push(() => {
    state.isOpen = false;
    state.close?.();
  });
  load(part, host, state).catch((error) => {
    note.textContent = `The map did not arrive (${error.message}).`;
  });
  return element;
}

function dot(name, text) {
  return make("span", {}, [make("i", { class: `is-${name}` }), make("span", { text })]);
}

async function load(part, host, state) {
  const latents = await loadLatents(part.data.model);
  if (!state.isOpen) return;
  const { limit, flat, palette, classNames, isMixed } = part.data.map;
  const square = openSquare(host, limit);
  const dots = createPoints(host);
  const marks = createMarks();
  host.append(marks.element);
  const places = placesOf(latents.means, flat);
  dots.set({
    ...places,
    classes: latents.labels,
    palette,
    radius: part.data.model.num <= RADIUS[0] ? RADIUS[1] : RADIUS[2],
    alpha: OPACITY,
  });
  const names = isMixed ? [] : namesOf(places, latents.labels, classNames, limit);
  marks.set("names", names);
  const draw = () => {
    dots.draw(square);
    marks.place(square.view());
  };
  const follow = () => {
    const moves = movesOf(part);
    marks.set("moves", moves);
    if (moves) square.widen(limitOf(moves, limit));
  };
  square.onChange(draw);
  part.onSeen(follow);
  part.setting.onChange(follow);
  draw();
  follow();
  state.close = () => {
    square.close();
    dots.destroy();
  };
}

function namesOf({ xs, ys }, labels, classNames, limit) {
  return namePlaces(xs, ys, labels, classNames, { limit, reach: NAMES_REACH })
    .map((place, label) => ({ place, text: classNames[label] }))
    .filter(({ place }) => place !== null);
}

/** Places of the large picture: {clean, damaged, restored}; null before they are known. */
function movesOf({ asker, setting, data, ...part }) {
  const shown = shownOf({ asker, setting, data, ...part }).name;
  const place = Math.min(setting.now().picture, asker.num - 1);
  const names = { clean: "clean", damaged: "damaged", restored: shown };
  const found = {};
  for (const [role, name] of Object.entries(names)) {
    const at = asker.beside(name)?.places[place];
    if (!at) return null;
    found[role] = data.map.flat.isStrip ? [at[0], 0] : at;
  }
  return found;
}

/** As far as the map has to reach, to show all of them. */
function limitOf(moves, limit) {
  const farthest = Math.max(...Object.values(moves).flat().map(Math.abs));
  return Math.min(FARTHEST * limit, Math.max(limit, ROOM * farthest));
}
