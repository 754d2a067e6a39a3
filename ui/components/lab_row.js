// One row of the lab: what a method makes of every picture, its numbers, and where it is wrong.

import { make } from "./dom.js";
import { errorMap } from "./lab_errors.js";
import { gapOf, paintStrip } from "./lab_sheet.js";
import { searchTools } from "./lab_search.js";
import { shownOf } from "./lab_steps.js";

/**
 * @param {object} part see `lab.js`.
 * @param {{name: string, title: string, note: string}} method
 * @returns {object} element; name; show(): the newest answer; follow(): what is picked; rename(note);
 *   stand(isAbove, canMove): where the row is; means() -> {psnrDb, ssim}, or null where there are none
 *   of the pictures in sight; mark(which, isBest).
 */
export function labRow(part, method) {
  const { name, title } = method;
  const row = { part, method, name, means: null };
  row.note = make("small", { text: method.note });
  row.noted = method.note;
  row.keep = make("button", { type: "button", class: "vl-lab-keep", hidden: true });
  row.keep.addEventListener("click", () => part.steps.keep(name, !row.isAbove));
  row.strip = make("canvas", { ...sizeOf(part), role: "img" });
  row.strip.setAttribute("aria-label", `${title}: all pictures`);
  row.errors = make("canvas", { role: "img", "aria-label": `${title}: errors`, hidden: true });
  row.spread = make("canvas", { role: "img", hidden: true });
  row.spread.setAttribute("aria-label", `${title}: how unsure each pixel is`);
  row.unsure = make("small", { hidden: true, text: "bright: here its draws differ" });
  row.ring = make("i", { class: "vl-lab-ring" });
  row.cells = { psnrDb: numberCell(), ssim: numberCell() };
  row.pictures = make("div", {}, [row.strip, row.errors, row.spread, row.ring]);
  row.pictures.addEventListener("click", (event) => pick(row, event));
  row.search = method.isSlow ? searchTools(part, method) : null;
  const shown = [row.pictures, row.search?.element ?? row.unsure];
  const pictures = make("td", { class: "vl-lab-strip" }, shown);
  const head = make("th", { scope: "row" }, [row.keep, make("b", { text: title }), row.note]);
  row.element = make("tr", { "data-method": name }, [
    head,
    pictures,
    row.cells.psnrDb,
    row.cells.ssim,
  ]);
  show(row);
  follow(row);
  return {
    element: row.element,
    name,
    show: () => show(row),
    follow: () => follow(row),
    rename: (note) => {
      row.noted = note;
      row.note.textContent = note;
    },
    stand: (isAbove, canMove) => stand(row, isAbove, canMove),
    means: () => (part.asker.beside(name) ? row.means : null),
    mark: (which, isBest) => row.cells[which].classList.toggle("is-best", isBest),
  };
}

/** Before there are pictures: room for them. */
function sizeOf({ data }) {
  const [, height, width] = data.model.shape;
  return { width: data.num * (width + gapOf(width)) - gapOf(width), height };
}

function numberCell() {
  return make("td", { class: "vl-lab-number" });
}

/** A click makes that picture, by this method, the large one. */
function pick({ part, name, strip }, event) {
  const { left, width } = strip.getBoundingClientRect();
  const place = Math.floor((part.asker.num * (event.clientX - left)) / width);
  part.steps.picture(Math.min(part.asker.num - 1, Math.max(0, place)));
  if (part.asker.row(name)?.said) part.steps.shown(name);
}

function show(row) {
  const found = row.part.asker.row(row.name);
  if (row.search) row.pictures.hidden = !found;
  row.note.textContent = found?.note ?? row.noted; // a filter may leave the pictures as they are
  if (!found) {
    row.means = null;
    for (const cell of Object.values(row.cells)) cell.textContent = "";
    return;
  }
  paintStrip(row.strip, found.seen);
  row.spread.hidden = row.unsure.hidden = !found.spread;
  if (found.spread) paintStrip(row.spread, found.spread);
  follow(row);
  if (!found.psnrDb) return;
  const { decibels } = row.part.data;
  row.means = { psnrDb: meanDb(found.psnrDb, decibels), ssim: mean(found.ssim) };
  const { psnrDb, ssim } = row.means;
  row.cells.psnrDb.textContent = psnrDb >= decibels.whole ? "\u221e" : psnrDb.toFixed(2);
  row.cells.ssim.textContent = ssim.toFixed(3).replace("-", "\u2212");
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Each picture counts for `most` at most; pictures that are all whole have what each of them has. */
function meanDb(values, { most, whole }) {
  const least = Math.min(...values);
  return least >= whole ? least : mean(values.map((value) => Math.min(value, most)));
}

/** Which picture is ringed, and whether errors are shown. */
function follow(row) {
  const { part, name, ring, errors, element } = row;
  const { picture, errors: how } = part.setting.now();
  const found = part.asker.row(name);
  row.search?.follow();
  const num = part.asker.num;
  const [, , width] = part.data.model.shape;
  const full = num * (width + gapOf(width)) - gapOf(width);
  ring.style.left = `${(100 * Math.min(picture, num - 1) * (width + gapOf(width))) / full}%`;
  ring.style.width = `${(100 * width) / full}%`;
  element.classList.toggle("is-shown", shownOf(part).name === name);
  element.classList.toggle("is-old", found !== null && !part.asker.beside(name));
  const clean = part.asker.row("clean");
  const isWrong = how !== "off" && name !== "clean" && found && clean;
  errors.hidden = !isWrong;
  if (!isWrong || found.pictures.length !== clean.pictures.length) return;
  paintStrip(
    errors,
    found.pictures.map((one, place) => errorMap(one, clean.pictures[place], how)),
  );
}

function stand(row, isAbove, canMove) {
  const { keep, method } = row;
  row.isAbove = isAbove;
  keep.hidden = !canMove;
  keep.textContent = isAbove ? "\u00d7" : "+";
  const says = isAbove ? "Put under More methods" : "Show above";
  keep.title = says;
  keep.setAttribute("aria-label", `${says}: ${method.title}`);
}
