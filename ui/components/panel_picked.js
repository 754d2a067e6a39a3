// The picked dot: its original, what the model makes of it, its mean and spread.

import { pair } from "./map_words.js";
import { paint } from "./pictures.js";
import { a, make } from "./dom.js";

/** @returns {object} element; dress(about); show(picked), see `map_picked.js`. */
export function pickedView() {
  const heading = make("h3");
  const pictures = picturesView();
  const mean = make("p");
  const rings = make("p", { class: "vl-muted" });
  const element = make("section", { class: "vl-picked" }, [heading, pictures.element, mean, rings]);
  let about = null;
  return {
    element,
    dress(next) {
      about = next;
      if (!heading.textContent) heading.textContent = `Picked ${about.noun}`;
    },
    show(picked) {
      const name = about.classNames[picked.label];
      heading.textContent = `Picked ${about.noun}: ${name}`;
      pictures.show(picked, about, name);
      mean.replaceChildren(...meanLine(picked, about));
      rings.textContent = ringLine(picked, about);
    },
  };
}

function picturesView() {
  const canvases = ["original", "reconstruction"].map((name) =>
    make("canvas", { class: `vl-${name}`, role: "img" }),
  );
  const missing = make("div", { class: "vl-missing", hidden: true });
  const [original, reconstruction] = canvases.map((canvas, which) =>
    make("figure", {}, [
      ...(which ? [canvas] : [canvas, missing]),
      make("figcaption", { text: ["original", "reconstruction"][which] }),
    ]),
  );
  const arrow = make("span", { class: "vl-arrow", text: "\u2192", "aria-hidden": "true" });
  return {
    element: make("div", { class: "vl-pair" }, [original, arrow, reconstruction]),
    show(picked, { model }, name) {
      canvases[0].hidden = !picked.original;
      missing.hidden = Boolean(picked.original);
      missing.textContent = model.hasOriginals
        ? "The original did not arrive"
        : "Original not on this computer";
      if (picked.original) paint(canvases[0], picked.original, model.shape);
      paint(canvases[1], picked.picture, model.shape);
      canvases[0].setAttribute("aria-label", `The original, ${a(name)}`);
      canvases[1].setAttribute("aria-label", "What the decoder makes of its place on the map");
    },
  };
}

/** As ring and ellipses show them. */
function meanLine({ place, spread }, about) {
  const values = (numbers) => {
    const step = Math.max(...numbers.map(Math.abs)) < 10 ? 0.001 : 0.01;
    return pair(numbers, about.isStrip, step);
  };
  const mean = make("b", { class: "vl-mean", text: `\u03bc ${values(place)}` });
  if (!spread) {
    const where = about.hasMany ? " on this map" : "";
    return ["Mean ", mean, `${where}; an autoencoder gives a single point, no spread.`];
  }
  const sigma = make("b", { class: "vl-sigma", text: `\u03c3 ${values(spread)}` });
  return ["Mean ", mean, ", spread ", sigma];
}

function ringLine({ spread }, { hasMany }) {
  if (!spread) return "";
  if (hasMany) return "Both as on this map; green rings: 1 and 2 spreads.";
  return "Green rings around the mean: 1 and 2 spreads.";
}
