// Two models side by side. One cursor moves through both latent spaces: what is under it is decoded
// by either model.

import { boardOf } from "./board.js";
import { compareSide } from "./compare_side.js";
import { button, choices, make } from "./dom.js";
import { placeText } from "./map_words.js";

const BEHIND = [
  ["holes", "Holes"],
  ["pictures", "Pictures"],
  ["nothing", "Neither"],
];
const SECOND = "second"; // the map that the cursor is on, in an address
const views = new WeakMap();

/**
 * Draw the page, or bring it up to date; see `ui/components/compare.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement }) {
  const before = views.get(parentElement);
  if (before && identityOf(before.data) === identityOf(data)) before.hear(data);
  else {
    before?.close();
    views.set(parentElement, open(data, parentElement, before ?? seenIn(data.shared)));
  }
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}

/** All but the samples, which change alone, and what the address says. */
function identityOf(data) {
  return JSON.stringify({ ...data, drawn: null, shared: null });
}

/** What a shared address shows: on which map the cursor is, where on either, and what is behind. */
function seenIn({ at, on, behind }) {
  return { which: on === SECOND ? 1 : 0, place: [at ?? [0, 0], at ?? [0, 0]], behind };
}

/** @param {object} seen before, as `seenIn` says it: that is shown again. */
function open(data, parentElement, seen) {
  const view = { data, which: seen.which, place: seen.place, behind: seen.behind };
  Object.assign(view, { isOpen: true, sides: [] });
  view.z = make("p", { class: "vl-z" });
  view.spoken = make("p", { class: "vl-spoken", role: "status" });
  view.sides = data.sides.map((side, which) =>
    compareSide({ ...side, ...data.drawn[which] }, data, {
      goTo: (place) => goTo(view, which, place),
      step: (right, up) => goTo(view, which, moved(view, which, [right, up]), true),
    }),
  );
  const [first, second] = view.sides;
  const here = make("section", { class: "vl-compare-here" }, [
    make("h3", { text: "At this place" }),
    first.decoded,
    second.decoded,
    view.z,
  ]);
  const row = make("div", { class: "vl-compare-row" }, [first.map, here, second.map]);
  const below = make("div", { class: "vl-compare-row" }, [first.drawn, make("div"), second.drawn]);
  const parts = [toolsOf(view), ...keyOf(data), row, below, view.spoken];
  const root = make("div", { class: "vl-compare" }, parts);
  parentElement.append(root);
  load(view, row, () => {
    view.close();
    views.set(parentElement, open(view.data, parentElement, view));
  });
  return Object.assign(view, {
    hear(next) {
      view.data = next;
      next.drawn.forEach((drawn, which) => view.sides[which].sample(drawn));
    },
    close() {
      view.isOpen = false;
      boardOf(document).put("address", null);
      for (const side of view.sides) side.close();
      root.remove();
    },
  });
}

function toolsOf(view) {
  const { isReadable } = view.data;
  const offered = BEHIND.filter(([name]) => name !== "holes" || isReadable);
  const isOffered = offered.some(([name]) => name === view.behind);
  if (!isOffered) view.behind = isReadable ? "holes" : "nothing";
  const behind = choices("Behind the dots", offered, (name) => setBehind(view, name));
  behind.select(view.behind);
  const key = make("span", { class: "vl-muted vl-hole-key", role: "status" });
  view.key = key;
  const label = make("span", { text: "Behind the dots" });
  return make("div", { class: "vl-compare-tools" }, [label, behind, key]);
}

/** What the colours mean, where a map's classes lie mixed and so cannot be named in it. */
function keyOf({ sides, palette }) {
  if (!sides.some(({ isMixed }) => isMixed)) return [];
  const names = sides[0].classNames.map((name, label) => {
    const dot = make("i");
    dot.style.background = palette[label % palette.length];
    return make("span", {}, [dot, name]);
  });
  return [make("div", { class: "vl-class-key", role: "group", "aria-label": "Classes" }, names)];
}

async function setBehind(view, name) {
  view.behind = name;
  const says = {
    holes: [make("i"), "grey: decoded there is nothing that a classifier reads with confidence"],
    pictures: ["what each decoder draws at each place"],
    nothing: [],
  };
  view.key.replaceChildren(...says[name]);
  tell(view);
  const arriving = view.sides.map((side) => side.behind(name));
  try {
    await Promise.all(arriving);
  } catch {
    if (view.behind !== name) return;
    const again = button("Try again", () => setBehind(view, name));
    view.key.replaceChildren("The holes did not arrive. ", again);
  }
}

async function load(view, row, again) {
  try {
    await Promise.all(view.sides.map((side) => side.load()));
  } catch (error) {
    if (!view.isOpen) return;
    const text = `The maps did not arrive (${error.message}).`;
    const lost = make("div", { class: "vl-compare-lost" }, [
      make("p", { role: "alert", text }),
      button("Try again", again),
    ]);
    row.replaceWith(lost);
    return;
  }
  if (!view.isOpen) return;
  goTo(view, view.which, view.place[view.which]);
  setBehind(view, view.behind);
}

/** Share adds what only this script knows. */
function tell({ which, place, behind }) {
  const at = place[which].map((value) => value.toFixed(3)).join(",");
  boardOf(document).put("address", { at, on: which ? SECOND : null, behind });
}

/** The same z in both; where the latents differ in size, the same place of both maps. */
function goTo(view, which, place, isSpoken = false) {
  const [here, there] = [view.sides[which], view.sides[1 - which]];
  const z = here.lift(place);
  const isShared = here.size === there.size;
  here.show(place, z);
  if (isShared) there.show(there.project(z), z);
  else there.show(place, there.lift(place));
  Object.assign(view, { which, place: view.sides.map((side) => side.place()) });
  tell(view);
  const about = { isStrip: here.isStrip, hasMany: here.size > 2 };
  view.z.textContent = placeText(place, about);
  if (isSpoken) view.spoken.textContent = view.z.textContent;
}

function moved({ sides }, which, [right, up]) {
  const [x, y] = sides[which].place();
  return [x + right, y + up];
}
