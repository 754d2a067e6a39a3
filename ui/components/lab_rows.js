// The rows of the lab: the clean pictures, the damaged ones, and what each method makes of them.

import { choices, help, make } from "./dom.js";
import { HOW, legendOf } from "./lab_errors.js";
import { tintOf } from "./lab_picture.js";
import { labRow } from "./lab_row.js";
import { remarksView } from "./lab_said.js";
import { kindOf, methodsOf } from "./lab_steps.js";

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function rowsView(part) {
  const above = make("tbody");
  const table = make("table", { class: "vl-lab-table" }, [columns(), headOf(part), above]);
  const more = make("table", { class: "vl-lab-table" });
  const details = make("details", { class: "vl-lab-more" });
  const summary = make("summary", { text: "More methods" });
  details.append(summary, more);
  details.addEventListener("toggle", () => {
    part.isMoreOpen = details.open;
    if (details.open) part.asker.ask();
    rate();
  });
  const known = new Map();
  const rowOf = (method) => {
    if (!known.has(method.name)) known.set(method.name, labRow(part, method));
    return known.get(method.name);
  };
  const view = { clean: rowOf(CLEAN), damaged: rowOf(DAMAGED), above: [], more: [] };
  const nameDamage = () => {
    const [{ title }, tint] = [kindOf(part), tintOf(part)];
    view.damaged.rename(tint ? `${title} (${tint})` : `${title}, what every method gets`);
  };
  const arrange = () => {
    const { above: top, more: rest } = methodsOf(part);
    Object.assign(view, { above: top.map(rowOf), more: rest.map(rowOf) });
    nameDamage();
    for (const row of view.above) row.stand(true, view.above.length > 1);
    for (const row of view.more) row.stand(false, true);
    fill(above, [view.clean, view.damaged, ...view.above].map(({ element }) => element));
    more.replaceChildren(columns(), ...groupsOf(rest, rowOf));
    details.hidden = !rest.length;
    summary.textContent = `More methods (${rest.length})`;
  };
  const rate = () => {
    const shown = [view.damaged, ...view.above, ...(part.isMoreOpen ? view.more : [])];
    rateRows(shown, part.data.decibels);
  };
  part.setting.onChange((now, before) => {
    if (now.kind !== before.kind || now.rows !== before.rows) arrange();
    for (const row of known.values()) row.follow();
  });
  part.onSeen(() => {
    for (const row of known.values()) row.show();
    nameDamage();
    rate();
  });
  arrange();
  return make("section", { class: "vl-lab-rows" }, [table, details, remarksView(part)]);
}

const CLEAN = { name: "clean", title: "Original", note: "what is to be found again" };
const DAMAGED = { name: "damaged", title: "Damaged", note: "" };

/** Over the columns: whether errors are shown, and what the numbers mean. */
function headOf(part) {
  const { data, setting, steps } = part;
  const errors = choices("Errors", HOW, steps.errors);
  const legend = make("span", { class: "vl-lab-legend" });
  const follow = () => {
    errors.select(setting.now().errors);
    legend.replaceChildren(...legendOf(setting.now().errors));
  };
  setting.onChange(follow);
  follow();
  const shown = [make("span", { text: "Errors" }), errors, legend];
  return make("thead", {}, [
    make("tr", {}, [
      make("th", { colspan: 2 }, [make("div", { class: "vl-lab-errors" }, shown)]),
      number("PSNR, dB", data.help.psnr),
      number("SSIM", data.help.ssim),
    ]),
  ]);
}

function number(name, explained) {
  const attributes = { class: "vl-lab-number", scope: "col" };
  return make("th", attributes, [`${name} `, help(name, explained)]);
}

/** One width for every table's columns. */
function columns() {
  const names = ["vl-lab-head", "", "vl-lab-number", "vl-lab-number"];
  return make("colgroup", {}, names.map((name) => make("col", { class: name })));
}

/** Rows under the names of their groups. */
function groupsOf(methods, rowOf) {
  const names = [...new Set(methods.map(({ group }) => group))];
  return names.map((name) => {
    const head = make("tr", { class: "vl-lab-group" }, [
      make("th", { colspan: 4, scope: "rowgroup", text: name }),
    ]);
    const rows = methods.filter(({ group }) => group === name).map((one) => rowOf(one).element);
    return make("tbody", {}, [head, ...rows]);
  });
}

/**
 * The best of the rows that are in sight, by either number; undamaged pictures win no prize, and
 * nobody does where all are as good.
 */
function rateRows(rows, decibels) {
  const isWhole = (row) => row.means().psnrDb >= decibels.whole;
  const rated = rows.filter((row) => row.means() && !(row.name === "damaged" && isWhole(row)));
  for (const which of ["psnrDb", "ssim"]) {
    const values = rated.map((row) => row.means()[which]);
    const best = Math.max(...values);
    const isWon = values.some((value) => value < best);
    for (const row of rows) {
      row.mark(which, isWon && rated.includes(row) && row.means()[which] === best);
    }
  }
}

/** Only what differs is moved, so that a focused button keeps its focus. */
function fill(parent, children) {
  const isSame =
    parent.children.length === children.length &&
    children.every((child, place) => parent.children[place] === child);
  if (!isSame) parent.replaceChildren(...children);
}
