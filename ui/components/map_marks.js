// What lies over a map's dots: names, circles, rings, outlines, the cross. One SVG; each kind of
// mark is drawn anew when it changes, all of them when the map moves.

import { DRAWINGS, svg } from "./map_shapes.js";

/**
 * @returns {{element: SVGElement, set: (kind: string, value: any) => void,
 *   place: (view: object) => void}} set: what a kind of mark shows, see `map_shapes.js`; null hides
 *   it. place: where the map is, {pixel(x, y) -> [px, py], unit: pixels of one unit, size: its width
 *   and height in pixels}.
 */
export function createMarks() {
  const element = svg("svg", { class: "vl-marks", "aria-hidden": "true" });
  const kinds = new Map();
  for (const name of Object.keys(DRAWINGS)) {
    const group = svg("g", { class: `vl-mark-${name}` });
    kinds.set(name, { group, value: null });
    element.append(group);
  }
  let view = null;
  const draw = (name) => {
    const { group, value } = kinds.get(name);
    group.replaceChildren(...(view && value !== null ? DRAWINGS[name](value, view) : []));
  };
  return {
    element,
    set(name, value) {
      kinds.get(name).value = value;
      draw(name);
    },
    place(next) {
      view = next;
      for (const name of kinds.keys()) draw(name);
    },
  };
}
