// Between two stored pictures: a strip of what lies on the way, a scrubber, a film.

import { arc, straight } from "./blend.js";
import { pictureButton } from "./blend_chooser.js";
import { filmControls } from "./blend_film.js";
import { createPlayer } from "./blend_player.js";
import { choices, make } from "./dom.js";
import { listen, slider } from "./sliders_row.js";
import { mover } from "./sliders_setting.js";
import { createStrip } from "./sliders_strip.js";
import { onTold } from "./sliders_told.js";

const PLACES = 11;
const TRACE_POINTS = 41;
const WAYS = {
  straight: {
    walk: straight,
    title: "Straight",
    explained: "Straight (linear): every number changes evenly from A to B.",
  },
  arc: {
    walk: arc,
    title: "Arc",
    explained:
      "Arc (spherical): turns evenly around the middle of all places, instead of cutting " +
      "through it.",
  },
};

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @returns {HTMLElement & {load: () => Promise<void>, close: () => void}}
 */
export function betweenPictures(part) {
  const { setting, stored } = part;
  const state = { t: 0.5, latents: null };
  const move = mover(setting);
  const ends = ["A", "B"].map((letter, which) => pictureButton(part, letter, which));
  const places = () => ends.map((end) => stored.z(state.latents, end.position()));
  const at = (t) => WAYS[setting.now().way].walk(...places(), t);
  const along = (num) => Array.from({ length: num }, (_, step) => at(step / (num - 1)));
  const track = wayTrack(part, at);
  const goTo = (t) => {
    state.t = t;
    track.mark(t);
    if (state.latents) move(at(t));
  };
  const player = createPlayer({ get: () => state.t, set: goTo, end: setting.release });
  track.scrubber.addEventListener("pointerdown", player.pause);
  listen(track.scrubber, setting, (t) => {
    player.pause();
    goTo(t);
  });
  setting.onChange((now, before) => {
    const isOther = [0, 1].some((which) => now.pictures[which] !== before.pictures[which]);
    if (!state.latents || !(isOther || now.way !== before.way)) return;
    goTo(state.t);
    track.draw();
    part.map?.trace(places(), along(TRACE_POINTS));
  });
  const load = async () => {
    state.latents = await stored.load();
    track.draw();
    await Promise.all(ends.map((end) => end.load()));
  };
  track.mark(state.t);
  const { ways, explained } = wayChoice(part);
  const film = filmControls(part, along, () => ends.map((end) => end.position()).join(" to "));
  const element = make("section", { class: "vl-blend" }, [
    make("h3", { text: "Between two pictures" }),
    make("div", { class: "vl-between" }, [ends[0].element, track.element, ends[1].element]),
    make("div", { class: "vl-buttons" }, [player.element, ways, film.save]),
    explained,
    film.note,
  ]);
  return Object.assign(element, { load, close: player.pause });
}

/** A scrubber over a strip of the way from A to B. */
function wayTrack({ data, setting, painter }, at) {
  const scrubber = slider("From A to B", { low: 0, high: 1, step: 0.005 });
  const strip = createStrip(data.model.shape, PLACES, {
    z: (place) => at(place / (PLACES - 1)),
    told: () => setting.now().told,
  });
  strip.describe("Pictures on the way from A to B");
  let isReady = false;
  const draw = () => {
    isReady = true;
    painter.ask(strip.job);
  };
  setting.onChange((now, before) => {
    if (isReady && now.told !== before.told) draw();
  });
  const mark = (t) => {
    scrubber.value = t;
    scrubber.setAttribute("aria-valuetext", `${Math.round(100 * t)} % of the way`);
    strip.mark(Math.round(t * (PLACES - 1)));
  };
  const element = make("div", { class: "vl-way" }, [scrubber, strip.element]);
  return { scrubber, draw, mark, element };
}

/** Which way to go, and one plain sentence about it. */
function wayChoice(part) {
  const { setting } = part;
  const explained = make("p", { class: "vl-muted" });
  const explain = onTold(part, (words) => {
    const rest = words ? ` Each picture is told ${words}; A and B give only the rest.` : "";
    explained.textContent = WAYS[setting.now().way].explained + rest;
  });
  const titles = Object.entries(WAYS).map(([way, { title }]) => [way, title]);
  const ways = choices("Way", titles, (way) => {
    setting.change({ way });
    setting.release();
  });
  const follow = () => {
    ways.select(setting.now().way);
    explain();
  };
  setting.onChange((now, before) => {
    if (now.way !== before.way) follow();
  });
  follow();
  return { ways, explained };
}
