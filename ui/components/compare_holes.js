// The holes of a latent space: grey over the places whose decode no classifier reads with
// confidence, as the server has read them.

import { make } from "./dom.js";

const CONFIDENT = 0.9 * 255;
const SHADE = 0.35;

/**
 * @param {object} part scene and data, see `compare_side.js`.
 * @returns {{show: (isOn: boolean) => Promise<void>}} show: fetched when first shown; it fails when
 *   they do not arrive, and asks for them again the next time.
 */
export function createHoles({ scene, data }) {
  const canvas = make("canvas", { class: "vl-holes", hidden: true });
  scene.behind.append(canvas);
  let loading = null;
  const place = () => {
    const [left, top] = scene.pixel(-data.limit, data.limit);
    const [right, bottom] = scene.pixel(data.limit, -data.limit);
    Object.assign(canvas.style, { left: `${left}px`, top: `${top}px` });
    Object.assign(canvas.style, { width: `${right - left}px`, height: `${bottom - top}px` });
  };
  scene.onMove(place);
  return {
    async show(isOn) {
      canvas.hidden = !isOn;
      if (!isOn) return;
      place();
      loading ??= fetched(`${data.model.url}/readable.png?${data.holesQuery}`);
      try {
        shade(canvas, await loading);
      } catch (error) {
        loading = null;
        throw error;
      }
    },
  };
}

async function fetched(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function shade(canvas, image) {
  Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const cells = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < cells.data.length; at += 4) {
    const isHole = cells.data[at] < CONFIDENT;
    cells.data.set([128, 128, 128, isHole ? 255 * SHADE : 0], at);
  }
  context.putImageData(cells, 0, 0);
}
