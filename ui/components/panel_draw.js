// A drawing: the pad, how the model sees it, what it makes of it, how far that is from what it
// knows, and the training pictures nearest to it.

import { drawPad } from "./draw_pad.js";
import { decoded } from "./live_probes.js";
import { paint } from "./pictures.js";
import { verdict } from "./draw_verdict.js";
import { choices, make } from "./dom.js";

/**
 * @param {(ink: object|null) => void} changed what is on the pad, see `drawPad`.
 * @param {(label: number|null) => void} told which class it is told to be; null: the picked dot's.
 * @returns {object} element; dress(about); show(drawn): see `map_draw.js`, null for nothing;
 *   reveal(): bring it into sight, down to the pair of pictures;
 *   picked(label): the class that is told until another is chosen; near(found): its nearest
 *   training pictures, as the server answers them, or null.
 */
export function drawView(changed, told) {
  const heading = make("h3");
  const pad = drawPad(changed);
  const seen = pairView();
  const said = make("p", { class: "vl-verdict", role: "status" });
  const near = nearView();
  const tell = tellView(told);
  const side = make("div", { class: "vl-beside" }, [pad.tools, pad.note]);
  const element = make("section", { class: "vl-draw", hidden: true }, [
    heading,
    make("div", { class: "vl-pair" }, [pad.pad, side]),
    tell.element,
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
      tell.dress(about);
      near.dress(about);
    },
    show(drawn) {
      seen.show(drawn, about);
      said.replaceChildren(...verdict(drawn, about));
    },
    reveal: () => seen.element.scrollIntoView({ block: "nearest" }),
    picked: tell.picked,
    near: near.show,
  };
}

/** What a conditional model is told of it: a class of its own, else what the picked dot says. */
function tellView(tell) {
  const element = make("div", { class: "vl-tell", hidden: true });
  let [about, row, chosen, label] = [null, null, null, null];
  const choose = (value) => {
    chosen = value;
    tell(value);
  };
  const follow = () => row?.select(String(chosen ?? label));
  return {
    element,
    dress(next) {
      const isAnother = about?.model.url !== next.model.url;
      about = next;
      if (!isAnother) return;
      choose(null);
      label = null;
      const { tellable, noun, classNames } = about;
      const options = tellable.map((one) => [String(one), classNames[one] ?? "not told"]);
      row = choices("The class it is told", options, (value) => choose(Number(value)));
      element.hidden = !options.length;
      element.replaceChildren(make("p", { text: `This ${noun} is told to be` }), row);
    },
    picked(next) {
      label = next;
      follow();
    },
  };
}

/** What a conditional model is told of the drawing beside a class: what the picked dot has. */
function toldOf({ words, tellable, noun }) {
  const title = `Pick another dot to tell the model something else of your ${noun}`;
  if (!words || tellable.length) return "";
  return make("span", { class: "vl-muted", title, text: `told ${words}` });
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
