// A drawing: the pad, how the model sees it, what it makes of it, how far that is from what it
// knows, and the training pictures nearest to it.

import { drawPad } from "./draw_pad.js";
import { decoded } from "./live_probes.js";
import { paint } from "./pictures.js";
import { verdict } from "./draw_verdict.js";
import { make } from "./dom.js";

/**
 * @param {(ink: object|null) => void} changed what is on the pad, see `drawPad`.
 * @returns {object} element; dress(about); show(drawn): see `map_draw.js`, null for nothing;
 *   near(found): its nearest training pictures, as the server answers them, or null.
 */
export function drawView(changed) {
  const heading = make("h3");
  const pad = drawPad(changed);
  const seen = pairView();
  const said = make("p", { class: "vl-verdict", role: "status" });
  const near = nearView();
  const side = make("div", { class: "vl-beside" }, [pad.tools, pad.note]);
  const element = make("section", { class: "vl-draw", hidden: true }, [
    heading,
    make("div", { class: "vl-pair" }, [pad.pad, side]),
    seen.element,
    said,
    near.element,
  ]);
  let about = null;
  return {
    element,
    dress(next) {
      about = next;
      heading.replaceChildren(`Your ${about.noun} `, toldOf(about));
      near.dress(about);
    },
    show(drawn) {
      seen.show(drawn, about);
      said.replaceChildren(...verdict(drawn, about));
    },
    near: near.show,
  };
}

/** What a conditional model is told of the drawing: the picked dot's class. */
function toldOf({ words, noun }) {
  const title = `Pick a dot of another class to tell the model something else of your ${noun}`;
  return words ? make("span", { class: "vl-muted", title, text: `told ${words}` }) : "";
}

/** The picture in the data's frame, and its reconstruction. */
function pairView() {
  const captions = ["as the model sees it", "what it makes of it"];
  const canvases = captions.map((label) => make("canvas", { role: "img", "aria-label": label }));
  const [from, to] = canvases.map((canvas, which) =>
    make("figure", {}, [canvas, make("figcaption", { text: captions[which] })]),
  );
  const arrow = make("span", { class: "vl-arrow", text: "\u2192", "aria-hidden": "true" });
  return {
    element: make("div", { class: "vl-pair vl-seen" }, [from, arrow, to]),
    show(drawn, { model }) {
      const black = new Float32Array(model.shape.reduce((size, side) => size * side, 1));
      paint(canvases[0], drawn?.picture ?? black, model.shape);
      paint(canvases[1], drawn?.recon ?? black, model.shape);
    },
  };
}

/** The nearest training pictures in one row, the nearest first. */
function nearView() {
  const head = make("p");
  const canvas = make("canvas", { class: "vl-near", role: "img" });
  const element = make("div", { hidden: true }, [head, canvas]);
  let [about, newest] = [null, null];
  return {
    element,
    dress: (next) => {
      about = next;
    },
    async show(found) {
      newest = found;
      element.hidden = !found;
      if (!found) return;
      const names = found.labels.map((label) => about.classNames[label]).join(", ");
      const how = found.isOriginal ? "Nearest training pictures" : "Nearest pictures, decoded";
      head.replaceChildren(`${how}: `, make("b", { text: names }));
      canvas.setAttribute("aria-label", `${how}: ${names}`);
      const image = await decoded(found.pictures);
      if (newest === found) drawRow(canvas, image, found.labels.length);
    },
  };
}

/** A black gap keeps neighbours apart. */
function drawRow(canvas, image, num) {
  const [width, height] = [image.naturalWidth / num, image.naturalHeight];
  const gap = Math.max(1, Math.round(width / 14));
  Object.assign(canvas, { width: num * (width + gap) - gap, height });
  const context = canvas.getContext("2d");
  for (let place = 0; place < num; place += 1) {
    const left = place * (width + gap);
    context.drawImage(image, place * width, 0, width, height, left, 0, width, height);
  }
}
