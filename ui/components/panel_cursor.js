// What the decoder draws under the cursor, and beside it the picture of a dot that is there.

import { placeText } from "./map_words.js";
import { paint } from "./pictures.js";
import { a, make } from "./dom.js";

const INVITATIONS = {
  look: "Move over the map: the decoder draws every place. Click a dot to pick it.",
  select: "Draw around some dots: you get their mean picture.",
  path: "Draw a path over the map: you get the pictures along it.",
};

/**
 * @returns {object} element; dress(about); here({place, picture}); dot({label, isOriginal, picture}
 *   or null); invite(mode): what can be done.
 */
export function cursorView() {
  const canvas = make("canvas", { class: "vl-decoded", role: "img" });
  canvas.setAttribute("aria-label", "What the decoder draws under the cursor");
  const told = make("span", { class: "vl-muted" });
  const where = make("figcaption", { class: "vl-z" });
  const beside = besideView();
  const element = make("section", { class: "vl-under" }, [
    make("h3", {}, ["Under the cursor ", told]),
    make("div", { class: "vl-pair" }, [make("figure", {}, [canvas, where]), beside.element]),
  ]);
  let about = null;
  return {
    element,
    dress(next) {
      about = next;
      told.textContent = about.words ? `told ${about.words}` : "";
      told.title = told.textContent;
      beside.dress(about);
    },
    here({ place, picture }) {
      paint(canvas, picture, about.model.shape);
      where.textContent = placeText(place, about);
    },
    dot: beside.dot,
    invite: beside.invite,
  };
}

/** The dot's picture; until one was met, what can be done. */
function besideView() {
  const canvas = make("canvas", { class: "vl-dot-picture", role: "img" });
  const caption = make("figcaption");
  const figure = make("figure", { hidden: true }, [canvas, caption]);
  const invitation = make("p", { class: "vl-muted" });
  const element = make("div", { class: "vl-beside" }, [figure, invitation]);
  let about = null;
  return {
    element,
    dress: (next) => {
      about = next;
    },
    dot(dot) {
      figure.hidden = !dot;
      if (!dot) return;
      invitation.textContent = "";
      paint(canvas, dot.picture, about.model.shape);
      const name = a(about.classNames[dot.label]);
      caption.textContent = dot.isOriginal ? `dot here: ${name}` : `dot here: ${name}, decoded`;
      canvas.setAttribute("aria-label", `The dot under the cursor: ${name}`);
    },
    invite(mode) {
      invitation.textContent = INVITATIONS[mode];
    },
  };
}
