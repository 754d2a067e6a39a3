// Two groups of dots, A and B, and the way from one to the other: a direction with a name.

import { paint } from "./pictures.js";
import { button, make } from "./dom.js";

const LETTERS = ["A", "B"];
const NAME_LENGTH = 30;

/**
 * @param {(direction: {name: string, vector: number[], num_a: number, num_b: number}) => void} keep
 *   called with A less B under its name.
 * @param {(groups: {letter: string, outline: [number, number][]}[]) => void} mark the groups as they
 *   are.
 * @returns {object} element; dress(about); offer(selection): what can become a group, see
 *   `map_lasso.js`; clear(); told(text): what became of the direction.
 */
export function groupsView(keep, mark) {
  const view = { about: null, selection: null, groups: {}, mark };
  const rows = LETTERS.map((letter) => groupRow(view, letter, () => follow(view)));
  const name = make("input", { class: "vl-name", maxlength: NAME_LENGTH });
  name.setAttribute("aria-label", "Name of the direction");
  name.setAttribute("placeholder", "name it, such as thicker");
  const create = button("Make a slider", () => submit(view, keep));
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") submit(view, keep);
  });
  name.addEventListener("input", () => follow(view));
  const note = make("p", { class: "vl-note", role: "status" });
  const naming = make("div", { class: "vl-naming" }, [name, create]);
  const head = make("p", { class: "vl-muted", text: "From B to A is a direction. Draw two groups." });
  const lines = rows.map(({ element }) => element);
  const element = make("div", { class: "vl-groups" }, [head, ...lines, naming, note]);
  Object.assign(view, { rows, name, create, note });
  follow(view);
  return {
    element,
    dress(about) {
      const isAnother = view.about?.model.url !== about.model.url;
      view.about = about;
      if (isAnother) clear(view);
    },
    offer(selection) {
      view.selection = selection;
      follow(view);
    },
    told({ text, isError }) {
      if (text && !isError && text !== note.textContent) clear(view);
      say(view, text, isError);
    },
  };
}

function clear(view) {
  view.groups = {};
  view.name.value = "";
  follow(view);
}

function say({ note }, text, isError = false) {
  note.textContent = text;
  note.classList.toggle("is-error", isError);
}

function submit({ groups: { A, B }, name, create }, keep) {
  if (create.disabled) return;
  const vector = A.z.map((value, dim) => value - B.z[dim]);
  keep({ name: name.value, vector, num_a: A.num, num_b: B.num });
}

/** One group: its mean picture and number, and the button that makes the selection it. */
function groupRow(view, letter, changed) {
  const canvas = make("canvas", { role: "img", "aria-label": `Mean picture of group ${letter}` });
  const text = make("span", { class: "vl-muted" });
  const take = button(`Keep as ${letter}`, () => {
    view.groups[letter] = view.selection;
    say(view, "");
    changed();
  });
  const head = make("b", { text: letter });
  const element = make("div", { class: "vl-group-row" }, [head, canvas, text, take]);
  return { element, canvas, text, take, letter };
}

function follow({ rows, groups, selection, about, create, name, mark }) {
  for (const { canvas, text, take, letter } of rows) {
    const group = groups[letter];
    take.disabled = !selection?.picture;
    canvas.hidden = !group;
    text.textContent = group ? `${group.num.toLocaleString("en")} dots` : "nothing yet";
    if (group) paint(canvas, group.picture, about.model.shape);
  }
  name.disabled = !(groups.A && groups.B);
  create.disabled = name.disabled || !name.value.trim();
  create.title = create.disabled && !name.disabled ? "Give it a name first" : "";
  mark(Object.entries(groups).map(([letter, { outline }]) => ({ letter, outline })));
}
