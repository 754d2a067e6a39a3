// What lies over the dots: the classes' names, and where a batch's pictures fall: a ring at the
// mean, an ellipse of one spread, a cross at the drawn z.

import { NAME_SIZE } from "./names.js";

const SVG = "http://www.w3.org/2000/svg";
const RING = 6; // radius, and half of the cross, in pixels
const ARM = 7;

/**
 * @returns {object} element; names(places, texts, limit): put names at places in map coordinates;
 *   batch(pictures, picked): as an "anatomy" event gives them; place(axes): where the axes are now.
 */
export function createMarks() {
  const root = shape("svg", { class: "vl-marks", "aria-hidden": "true" });
  const [names, batch] = [shape("g"), shape("svg")]; // an svg cuts off what leaves the axes
  root.append(batch, names);
  const state = { axes: null, places: [], texts: [], limit: 1, pictures: [], picked: 0 };
  const drawNames = () => state.axes && placeNames(names, state);
  const drawBatch = () => state.axes && placeBatch(batch, state);
  return {
    element: root,
    names(places, texts, limit) {
      Object.assign(state, { places, texts, limit });
      drawNames();
    },
    batch(pictures, picked) {
      Object.assign(state, { pictures, picked });
      drawBatch();
    },
    place(axes) {
      state.axes = axes;
      drawNames();
      drawBatch();
    },
  };
}

function shape(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** The same elements from frame to frame: the style sheet lets them glide. */
function placeNames(group, { axes, places, texts, limit }) {
  while (group.children.length < texts.length) group.append(shape("text"));
  while (group.children.length > texts.length) group.lastChild.remove();
  const size = NAME_SIZE * (axes.toPixel(0, 0)[1] - axes.toPixel(0, limit)[1]);
  [...group.children].forEach((text, label) => {
    const place = places[label];
    text.textContent = place ? texts[label] : "";
    if (!place) return;
    const [x, y] = axes.toPixel(...place);
    text.style.fontSize = `${size}px`;
    text.style.transform = `translate(${x}px, ${y}px)`;
  });
}

/** The picked picture's marks come last, over the others'. */
function placeBatch(group, { axes, pictures, picked }) {
  const { left, top, width, height } = axes.box();
  for (const [name, value] of Object.entries({ x: left, y: top, width, height })) {
    group.setAttribute(name, value);
  }
  const at = (place) => {
    const [x, y] = axes.toPixel(...place);
    return [x - left, y - top];
  };
  const others = pictures.filter((_, place) => place !== picked);
  const last = pictures[picked] ? [marksOf(at, pictures[picked], "is-picked")] : [];
  group.replaceChildren(...others.map((picture) => marksOf(at, picture, "")), ...last);
}

function marksOf(at, { mean, sigma, z }, name) {
  const group = shape("g", { class: `vl-batch ${name}` });
  const [x, y] = at(mean);
  if (sigma !== null) {
    const [right, top] = at([mean[0] + sigma[0], mean[1] + sigma[1]]);
    const [zx, zy] = at(z);
    const cross = `M${zx - ARM} ${zy}h${2 * ARM}M${zx} ${zy - ARM}v${2 * ARM}`;
    group.append(
      shape("ellipse", { class: "sigma", cx: x, cy: y, rx: right - x, ry: y - top }),
      shape("path", { class: "halo", d: cross }),
      shape("path", { class: "z", d: cross }),
    );
  }
  group.append(
    shape("circle", { class: "halo", cx: x, cy: y, r: RING }),
    shape("circle", { class: "mean", cx: x, cy: y, r: RING }),
  );
  return group;
}
