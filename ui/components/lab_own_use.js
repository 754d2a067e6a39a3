// Pictures of a person's own, restored in the lab instead of the data set's.

import { make } from "./dom.js";
import { ownPictures } from "./lab_own.js";

// They stay while the page is open, whichever model restores them: they are of a data set's size.
let kept = null;

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function ownSection(part) {
  const own = keptFor(part.data);
  const title = make("span");
  const use = make("input", { type: "checkbox" });
  use.checked = kept.isUsed;
  const choice = make("label", { class: "vl-own-use" }, [
    use,
    "Restore these instead of the test pictures. A link holds no pictures of your own.",
  ]);
  const follow = () => {
    const pictures = own.pictures();
    title.textContent = `Your own pictures${pictures.length ? ` (${pictures.length})` : ""}`;
    choice.hidden = !pictures.length;
    const next = use.checked && pictures.length ? pictures : null;
    if (JSON.stringify(next) !== JSON.stringify(part.own)) part.steps.own(next);
  };
  use.addEventListener("change", () => {
    kept.isUsed = use.checked;
    follow();
  });
  part.closers.push(own.onChange(follow), own.rest);
  const element = make("details", { class: "vl-lab-own" }, [
    make("summary", {}, [title]),
    choice,
    own.element,
  ]);
  element.open = kept.isUsed && own.pictures().length > 0;
  element.addEventListener("toggle", () => {
    if (!element.open) own.rest(); // a camera that nobody sees is on
  });
  follow();
  return element;
}

function keptFor({ dataset, model, levels, framing, noun }) {
  if (kept?.dataset !== dataset) {
    kept?.own.close();
    const own = ownPictures({ dataset, shape: model.shape, levels, framing, noun });
    kept = { dataset, own, isUsed: true };
  }
  return kept.own;
}
