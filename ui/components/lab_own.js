// Pictures of a person's own: from files, dropped, pasted, drawn or from a camera, each shown as it
// is prepared, step by step. Knows nothing of what is done with them.

import { button, make } from "./dom.js";
import { cameraSource } from "./lab_own_camera.js";
import { pictureCard } from "./lab_own_card.js";
import { drawSource } from "./lab_own_draw.js";
import { FILES, listenToDrops, listenToPaste } from "./lab_own_files.js";

export const MAX_PICTURES = 16;
const LIMITS = "PNG, JPEG or WebP, to 10 MiB and 25 million pixels each";

/**
 * @param {object} options dataset: its name; shape: C, H, W of its pictures; levels: of their grey;
 *   framing: see `draw_frame.js`; noun: what a picture shows.
 * @returns {{element: HTMLElement, pictures: () => string[], onChange: (listener: () => void) =>
 *   (() => void), rest: () => void, close: () => void}} pictures: those that are ready, base64 of
 *   PNGs as the server takes them; the listener is called whenever they change, until what
 *   onChange returned is called; rest: nobody looks, the camera is given back; close: for ever.
 */
export function ownPictures(options) {
  const view = { options, cards: [], listeners: [], closers: [] };
  const list = make("ul", { class: "vl-own-list", "aria-label": "Your own pictures" });
  const note = make("p", { class: "vl-own-note", role: "alert" });
  view.changed = () => {
    clear.hidden = !view.cards.length;
    for (const listener of view.listeners) listener();
  };
  const remove = (card) => {
    card.close();
    card.element.remove();
    view.cards = view.cards.filter((one) => one !== card);
    view.changed();
  };
  const clear = button("Clear all", () => [...view.cards].forEach(remove), { hidden: true });
  const take = (sources) => {
    const room = Math.max(0, MAX_PICTURES - view.cards.length);
    for (const source of sources.slice(0, room)) {
      const card = pictureCard(view, source, () => remove(card));
      view.cards.push(card);
      list.append(card.element);
    }
    note.textContent = tooMany(sources.slice(room));
    view.changed();
  };
  const element = panelOf(view, take, clear, note, list);
  return {
    element,
    pictures: () => view.cards.map((card) => card.picture()).filter((picture) => picture !== null),
    onChange(listener) {
      view.listeners.push(listener);
      return () => {
        view.listeners = view.listeners.filter((one) => one !== listener);
      };
    },
    rest: () => view.camera.close(),
    close: () => [...view.cards, ...view.closers].forEach((one) => one.close()),
  };
}

function tooMany(left) {
  if (!left.length) return "";
  const names = left.map(({ name }) => name).join(", ");
  return `${MAX_PICTURES} pictures at most; left out: ${names}. Remove some first.`;
}

/** Where pictures come from, above the list of those that came. */
function panelOf(view, take, clear, note, list) {
  const { noun } = view.options;
  const asFiles = (files) => take([...files].map((file) => ({ name: file.name, content: file })));
  const input = make("input", { type: "file", accept: FILES, multiple: true, hidden: true });
  input.addEventListener("change", () => {
    asFiles(input.files);
    input.value = ""; // the same files can be chosen again
  });
  const choose = button("Choose files", () => input.click(), { title: LIMITS });
  const draw = drawSource(view.options, (source) => take([source]));
  const camera = cameraSource((source) => take([source]));
  const invitation = make("p", { class: "vl-muted" }, [
    `Bring a ${noun}: choose files, drop them here, paste a picture, draw or take a photo. `,
    `Each is made into one like the data set's, and you see how. ${LIMITS}. `,
    "They are gone once this page is reloaded.",
  ]);
  const tools = [choose, input, draw.opener, camera.opener, clear];
  const element = make("section", { class: "vl-own" }, [
    invitation,
    make("div", { class: "vl-own-tools" }, tools),
    ...(camera.absent ? [make("p", { class: "vl-muted vl-own-absent", text: camera.absent })] : []),
    draw.element,
    camera.element,
    note,
    list,
  ]);
  const dropped = (files, refused) => {
    asFiles(files);
    if (refused) note.textContent = refused;
  };
  view.camera = camera;
  view.closers.push(camera, listenToDrops(element, dropped), listenToPaste(element, dropped));
  return element;
}
