// Drawing a picture of one's own: the pad of Explore, and what it looks like in the data's frame.

import { framed } from "./draw_frame.js";
import { drawPad } from "./draw_pad.js";
import { button, make } from "./dom.js";
import { toImage } from "./pictures.js";

const STEP_SIDE = 112;

/**
 * @param {object} options see `lab_own.js`.
 * @param {(source: object) => void} take called with a drawing, see `lab_own_card.js`.
 * @returns {{opener: HTMLElement, element: HTMLElement}}
 */
export function drawSource(options, take) {
  let [ink, num] = [null, 0];
  const add = button("Add the drawing", async () => {
    num += 1;
    take(await asSource(options, ink, pad.canvas, `Drawing ${num}`));
    pad.empty();
  });
  const pad = drawPad(
    (found) => {
      ink = found;
      add.disabled = found === null;
    },
    { takesFiles: false },
  );
  const element = make("div", { class: "vl-own-draw", hidden: true }, [
    pad.pad,
    make("div", { class: "vl-own-beside" }, [pad.tools, add, pad.note]),
  ]);
  const opener = button("Draw", () => {
    element.hidden = !element.hidden;
    opener.setAttribute("aria-expanded", String(!element.hidden));
  });
  opener.setAttribute("aria-expanded", "false");
  return { opener, element };
}

async function asSource({ shape, levels, framing }, ink, pad, name) {
  const [, height, width] = shape;
  const canvas = make("canvas", { width, height });
  const image = toImage(framed(ink, framing, shape, levels), shape);
  canvas.getContext("2d").putImageData(image, 0, 0);
  const content = await asPng(canvas);
  const laid = framing.byMass ? "centred by its mass" : "centred";
  const before = [
    { words: "drawn", picture: textOf(smaller(pad)) },
    { words: `made ${width} \u00d7 ${height} pixels, ${laid}`, picture: textOf(canvas) },
  ];
  return { name, content, before };
}

function smaller(canvas) {
  const small = make("canvas", { width: STEP_SIDE, height: STEP_SIDE });
  const context = small.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, STEP_SIDE, STEP_SIDE);
  return small;
}

const asPng = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/png"));

const textOf = (canvas) => canvas.toDataURL("image/png").split(",")[1];
