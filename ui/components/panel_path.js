// The pictures along a drawn path, and their film.

import { filmControls } from "./blend_film.js";
import { paintSheet } from "./pictures.js";
import { make } from "./dom.js";

const COLUMNS = 6;
const GAP = 2;

/** @returns {object} element; dress(about); show(path), see `map_path.js`. */
export function pathView() {
  const canvas = make("canvas", { class: "vl-film", role: "img" });
  canvas.setAttribute("aria-label", "Pictures along the path, from its beginning to its end");
  const controls = make("div", { class: "vl-film-controls" });
  const element = make("section", { class: "vl-along", hidden: true }, [
    make("h3", { text: "Along the path" }),
    canvas,
    controls,
  ]);
  let about = null;
  return {
    element,
    dress: (next) => {
      about = next;
    },
    show({ pictures, along, told }) {
      paintSheet(canvas, pictures, about.model.shape, COLUMNS, GAP);
      const setting = { now: () => ({ told: told() }) };
      const film = filmControls({ data: about, setting }, along, () => "along a path");
      controls.replaceChildren(film.save, film.note);
    },
  };
}
