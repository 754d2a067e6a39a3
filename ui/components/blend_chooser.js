// Choosing a stored picture: a button that shows the chosen one, and a sheet to pick another from.

import { paint } from "./pictures.js";
import { a, button, make } from "./dom.js";
import { put } from "./sliders_setting.js";

const NUM_SHOWN = 24;

/**
 * @param {object} part what all parts of the page share, see `sliders.js`.
 * @param {string} letter by which the picture is called.
 * @param {number} which of the setting's pictures it is.
 * @returns {{element: HTMLElement, position: () => number, load: () => Promise<void>}}
 */
export function pictureButton(part, letter, which) {
  const { data, setting, stored } = part;
  const position = () => setting.now().pictures[which];
  const canvas = make("canvas", { "aria-hidden": "true" });
  const text = make("span");
  const element = make("button", { type: "button", class: "vl-pick" }, [
    canvas,
    make("span", {}, [make("b", { text: letter }), " ", text]),
  ]);
  const load = async () => {
    const wanted = position();
    const [decoder, latents] = await Promise.all([part.ready, stored.load()]);
    const picture = await stored.draw(decoder, wanted);
    if (position() !== wanted) return;
    paint(canvas, picture, data.model.shape);
    const name = data.classNames[latents.labels[wanted]];
    text.textContent = name;
    element.setAttribute("aria-label", `${letter} is ${a(name)}: choose another picture`);
    element.title = "Choose another picture";
  };
  setting.onChange((now, before) => {
    if (now.pictures[which] === before.pictures[which]) return;
    load().catch((error) => part.say(`That picture did not arrive (${error.message}).`));
  });
  element.addEventListener("click", () =>
    openChooser(part, letter, (chosen) => {
      setting.change({ pictures: put(setting.now().pictures, which, chosen) });
      setting.release();
    }),
  );
  return { element, position, load };
}

/** A sheet over the page; Escape closes it, and the pressed button gets the focus back. */
function openChooser(part, letter, pick) {
  const sheet = make("div", { class: "vl-sheet" });
  const dialog = make("dialog", { class: "vl-chooser", "aria-label": `Choose picture ${letter}` });
  const select = classSelect(part.data);
  const choose = (position) => {
    dialog.close();
    pick(position);
  };
  const search = { from: Math.floor(Math.random() * part.data.model.num), turn: 0 };
  const fill = () => fillSheet(part, sheet, { search, wanted: select.value, choose });
  select.addEventListener("change", fill);
  dialog.append(
    make("header", {}, [
      make("b", { text: `Choose picture ${letter}` }),
      select,
      button("Others", fill),
      button("\u2715", () => dialog.close(), { class: "vl-plain", "aria-label": "Close" }),
    ]),
    sheet,
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
  dialog.addEventListener("keydown", (event) => moveFocus(event, sheet));
  part.root.append(dialog);
  dialog.showModal();
  fill();
}

function classSelect({ classNames, noun }) {
  const options = [["any", `Any ${noun}`], ...classNames.map((name, label) => [label, name])];
  return make(
    "select",
    { class: "vl-select", "aria-label": "Class" },
    options.map(([value, text]) => make("option", { value, text })),
  );
}

/** Show pictures from `search.from` on, and leave there where others follow. */
async function fillSheet(part, sheet, { search, wanted, choose }) {
  const { data, stored } = part;
  search.turn += 1;
  const { turn } = search;
  sheet.replaceChildren(make("p", { class: "vl-muted", text: "Fetching pictures" }));
  try {
    const [decoder, latents] = await Promise.all([part.ready, stored.load()]);
    const positions = following(latents.labels, wanted, search.from);
    if (positions.length) search.from = positions.at(-1) + 1;
    const drawn = positions.map(async (position) => {
      const canvas = make("canvas");
      paint(canvas, await stored.draw(decoder, position), data.model.shape);
      const name = a(data.classNames[latents.labels[position]]);
      const cell = make("button", { type: "button", "aria-label": name }, [canvas]);
      cell.addEventListener("click", () => choose(position));
      return cell;
    });
    const cells = await Promise.all(drawn);
    if (turn !== search.turn) return; // another class was chosen meanwhile
    sheet.replaceChildren(...cells);
    if (!drawn.length) sheet.append(make("p", { text: "There are no pictures of this class." }));
  } catch (error) {
    const text = `The pictures did not arrive (${error.message}). "Others" tries again.`;
    sheet.replaceChildren(make("p", { role: "alert", text }));
  }
}

/** The next positions of a class: close together in the store, so that few sheets are fetched. */
function following(labels, wanted, from) {
  const found = [];
  for (let step = 0; step < labels.length && found.length < NUM_SHOWN; step += 1) {
    const position = (from + step) % labels.length;
    if (wanted === "any" || labels[position] === Number(wanted)) found.push(position);
  }
  return found;
}

/** Arrow keys move between the pictures of the sheet. */
function moveFocus(event, sheet) {
  const cells = [...sheet.querySelectorAll("button")];
  const at = cells.indexOf(document.activeElement);
  const columns = getComputedStyle(sheet).gridTemplateColumns.split(" ").length;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  if (at < 0 || !(event.key in steps)) return;
  event.preventDefault();
  cells[at + steps[event.key]]?.focus();
}
