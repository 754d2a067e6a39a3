// The dots within a lasso: their mean picture, their number, their classes as bars.

import { paint } from "./pictures.js";
import { make } from "./dom.js";

const MOST = 9; // classes that get a bar

/**
 * @param {object} groups what a selection can become a part of, see `panel_groups.js`.
 * @returns {object} element; dress(about); show(selection), see `map_lasso.js`.
 */
export function selectionView(groups) {
  const heading = make("h3");
  const canvas = make("canvas", { class: "vl-decoded", role: "img" });
  canvas.setAttribute("aria-label", "Mean picture of the selected dots");
  const caption = make("figcaption");
  const bars = make("div", { class: "vl-bars" });
  const element = make("section", { class: "vl-selection", hidden: true }, [
    heading,
    make("div", { class: "vl-pair" }, [make("figure", {}, [canvas, caption]), bars]),
  ]);
  let about = null;
  return {
    element,
    dress: (next) => {
      about = next;
      groups.dress(next);
    },
    show(selection) {
      const { num, counts, picture } = selection;
      heading.textContent = `Selected: ${num.toLocaleString("en")} ${num === 1 ? "dot" : "dots"}`;
      bars.replaceChildren(...barsOf(counts, about));
      caption.textContent = picture ? captionOf(selection) : "averaging";
      if (picture) paint(canvas, picture, about.model.shape);
      groups.offer(selection);
    },
  };
}

function captionOf({ num, numUsed, isOriginal }) {
  const what = isOriginal ? "their mean" : "mean of their reconstructions";
  return num === numUsed ? what : `${what}, from ${numUsed.toLocaleString("en")} of them`;
}

/** The most frequent first; each bar's length is its share of the largest. */
function barsOf(counts, { classNames, palette }) {
  const found = counts
    .map((count, label) => ({ count, label }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count);
  const rows = found.slice(0, found.length > MOST + 1 ? MOST : MOST + 1).map(({ count, label }) => {
    const bar = make("i");
    bar.style.background = palette[label % palette.length];
    bar.style.width = `${(100 * count) / found[0].count}%`;
    const name = make("span", { class: "vl-bar-name", text: classNames[label] });
    const length = make("span", { class: "vl-bar" }, [bar]);
    return make("div", {}, [name, length, make("span", { text: count.toLocaleString("en") })]);
  });
  const rest = found.length - rows.length;
  return rest ? [...rows, make("p", { text: `and ${rest} more classes` })] : rows;
}
