// One picture of a person's own: where it came from, how it was prepared, and another way to do so.

import { button, choices, make } from "./dom.js";
import { Unreadable, pictureFrom, prepared } from "./lab_own_files.js";

const WAYS = [
  ["ink", "Ink found"],
  ["plain", "As it is"],
];
const LOST = "The server does not answer. Try again.";
let last = Promise.resolve(); // pictures are read one after the other

/**
 * @param {object} view `options` and `changed()` of `lab_own.js`.
 * @param {object} source name; content: a file, to be prepared; before: steps that were taken
 *   already, such as of a drawing, which is then taken as it is.
 * @param {() => void} remove
 * @returns {{element: HTMLElement, picture: () => string|null, close: () => void}}
 */
export function pictureCard(view, source, remove) {
  const state = { answer: null, asking: null, how: { way: "auto", invert: "auto" } };
  if (source.before) state.how = { way: "plain", invert: "no" };
  const steps = make("ol", { class: "vl-own-steps" });
  const said = make("p", { class: "vl-own-said", role: "status", text: "Reading the picture" });
  const ask = async (change) => {
    Object.assign(state.how, change);
    state.asking?.abort();
    const asking = new AbortController();
    state.asking = asking;
    said.textContent = "Reading the picture";
    const outcome = await inTurn(() => outcomeOf(view, source, state.how, asking.signal));
    if (asking.signal.aborted) return;
    state.answer = outcome.answer;
    said.textContent = outcome.problem;
    said.classList.toggle("is-error", outcome.problem !== "");
    steps.replaceChildren(...stepsOf(source, outcome.answer));
    ways.show(outcome.answer, outcome.isUnreadable);
    view.changed();
  };
  const ways = waysOf(source, state, ask);
  const close = button("\u00d7", remove, { "aria-label": `Remove ${source.name}` });
  close.classList.add("vl-own-remove");
  const head = make("div", { class: "vl-own-head" }, [
    make("b", { text: source.name }),
    ways.element,
    close,
  ]);
  ask({});
  return {
    element: make("li", {}, [head, said, steps]),
    picture: () => state.answer?.picture ?? null,
    close: () => state.asking?.abort(),
  };
}

/** One request after the other; what was given up meanwhile is not even begun. */
function inTurn(work) {
  last = last.then(work);
  return last;
}

async function outcomeOf({ options }, source, how, signal) {
  if (signal.aborted) return {};
  try {
    const asked = { dataset: options.dataset, ...how };
    return { answer: await prepared(source.content, asked, signal), problem: "" };
  } catch (error) {
    const problem = error instanceof TypeError ? LOST : error.message;
    return { answer: null, problem, isUnreadable: error instanceof Unreadable };
  }
}

/** How it became what it is: a picture and a few words for each step. */
function stepsOf({ before = [] }, answer) {
  if (!answer) return [];
  const made = before.length ? [] : answer.steps;
  return [...before, ...made].map(({ words, picture }, place, all) =>
    make("li", { class: place === all.length - 1 ? "is-last" : null }, [
      pictureFrom(picture),
      make("span", { text: words }),
    ]),
  );
}

/** Another way to prepare it; a drawing has only one, an unreadable file none. */
function waysOf(source, state, ask) {
  const row = choices(`How ${source.name} is prepared`, WAYS, (way) => ask({ way }));
  const invert = button("Invert", () => {
    ask({ way: "plain", invert: state.answer?.isInverted ? "no" : "yes" });
  });
  const element = make("div", { class: "vl-own-ways", hidden: true }, [row, invert]);
  return {
    element,
    show(answer, isUnreadable) {
      element.hidden = Boolean(source.before || isUnreadable);
      row.select(answer?.way ?? state.how.way);
      invert.hidden = answer?.way !== "plain";
      invert.setAttribute("aria-pressed", String(Boolean(answer?.isInverted)));
    },
  };
}
