// What the server makes of the damage that is shown: asked for anew at every change, one request in
// flight, the newest last. Rows above and those under More methods are asked for apart, so that many
// methods hold up none; what is large comes with those above, wherever its row is.

import { oneRequest } from "./one_request.js";
import { methodsOf, shownOf } from "./lab_steps.js";
import { readSheet } from "./lab_sheet.js";

const ASKED = ["kind", "level", "images", "noise", "rows", "hidden"];
const REFERENCES = ["clean", "damaged"];

/**
 * @param {object} part see `lab.js`.
 * @returns {object} ask(): now; onSeen(listener): called after each answer; row(name) -> what came of
 *   a method, or null: {pictures: ImageData[], seen, spread, psnrDb, ssim, mse, places, said,
 *   elapsedMs}, see `lab_sheet.js`; "clean" and "damaged" are rows too; beside(name) -> the same, but null too for what came of
 *   other pictures than the damaged ones in sight; newest: the last answer for the rows above; num:
 *   pictures in a row; request(methods): what is asked of the server; inputs(): all that a result
 *   follows from, as text; isFresh(name): whether a row is of what is asked for now; put(name, row),
 *   drop(name): a row from elsewhere; onSay(listener): notes for a person; close().
 */
export function createAsker(part) {
  const { setting } = part;
  const [listeners, notes] = [[], []];
  let newest = null;
  const say = (text) => notes.forEach((listener) => listener(text));
  const requests = oneRequest(say, "", (text) => text);
  const tell = () => listeners.forEach((listener) => listener(asker));
  const results = createResults(tell);
  const send = (slot, methods) => {
    const body = asker.request(methods.filter(({ isSlow }) => !isSlow).map(({ name }) => name));
    const inputs = inputsOf(body);
    requests.ask(slot, { url: "/api/restore", body, read }, (answer) => {
      const comeAbove = slot === "above" ? [] : [...REFERENCES, shownOf(part).name];
      for (const name of comeAbove) answer.rows.delete(name);
      if (slot === "above") newest = answer;
      results.take(answer.rows, inputs);
    });
  };
  const asker = {
    ask() {
      const { above, more } = methodsOf(part);
      const large = shownOf(part);
      const others = more.filter((method) => method !== large);
      send("above", more.includes(large) ? [...above, large] : above);
      if (part.isMoreOpen && others.length) send("more", others);
      else requests.drop("more");
    },
    request(methods) {
      const { kind, level, images, noise, hidden } = setting.now();
      const { own } = part;
      return { model: part.data.id, kind, level, images, noise, methods, own, hidden };
    },
    onSeen: (listener) => listeners.push(listener),
    onSay: (listener) => notes.push(listener),
    ...results,
    inputs: () => inputsOf(asker.request([])),
    isFresh: (name) => results.row(name)?.inputs === asker.inputs(),
    get newest() {
      return newest;
    },
    get num() {
      return newest?.num ?? part.data.num;
    },
    close: requests.close,
  };
  setting.onChange((now, before) => {
    const isOther = now.shown !== before.shown && !asker.isFresh(now.shown);
    if (isOther || ASKED.some((name) => now[name] !== before[name])) asker.ask();
  });
  return asker;
}

/** Results by name, each with its inputs: all that it follows from. */
function createResults(tell) {
  const rows = new Map();
  const row = (name) => rows.get(name) ?? null;
  return {
    row,
    beside: (name) => (row(name)?.inputs === row("damaged")?.inputs ? row(name) : null),
    take(found, inputs) {
      for (const [name, one] of found) rows.set(name, { ...one, inputs });
      tell();
    },
    put(name, one) {
      rows.set(name, one);
      tell();
    },
    drop(name) {
      if (rows.delete(name)) tell();
    },
  };
}

/** All that a method's result follows from, but for the method. */
function inputsOf(body) {
  return JSON.stringify({ ...body, methods: null });
}

async function read(answer) {
  return readSheet(await answer.json());
}
