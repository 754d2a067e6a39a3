// What the server makes of the damage that is shown: asked for anew at every change, one request in
// flight, the newest last. Rows above and those under More methods are asked for apart, so that many
// methods hold up none.

import { oneRequest } from "./one_request.js";
import { methodsOf } from "./lab_steps.js";
import { readSheet } from "./lab_sheet.js";

const ASKED = ["kind", "level", "images", "noise", "rows", "hidden"];

/**
 * @param {object} part see `lab.js`.
 * @returns {object} ask(): now; onSeen(listener): called after each answer; row(name) -> what came of
 *   a method, or null: {pictures: ImageData[], spread, psnrDb, ssim, mse, places, said, elapsedMs};
 *   "clean" and "damaged" are rows too; newest: the last answer for the rows above; num: pictures in
 *   a row; request(methods): what is asked of the server; inputs(): all that a result follows from,
 *   as text; isFresh(name): whether a row is of what is shown now; put(name, row), drop(name): a row
 *   from elsewhere; onSay(listener): notes for a person; close().
 */
export function createAsker(part) {
  const { setting } = part;
  const [listeners, notes] = [[], []];
  const rows = new Map();
  const state = { newest: null };
  const say = (text) => notes.forEach((listener) => listener(text));
  const requests = oneRequest(say, "", (text) => text);
  const tell = () => listeners.forEach((listener) => listener(asker));
  const send = (slot, methods) => {
    const body = asker.request(methods.filter(({ isSlow }) => !isSlow).map(({ name }) => name));
    const inputs = inputsOf(body);
    requests.ask(slot, { url: "/api/restore", body, read }, (answer) => {
      for (const [name, row] of answer.rows) rows.set(name, { ...row, inputs });
      if (slot === "above") Object.assign(state, { newest: answer, inputs });
      tell();
    });
  };
  const asker = {
    ask() {
      const { above, more } = methodsOf(part);
      send("above", above);
      if (part.isMoreOpen && more.length) send("more", more);
      else requests.drop("more");
    },
    request(methods) {
      const { kind, level, images, noise, hidden } = setting.now();
      const { own } = part;
      return { model: part.data.id, kind, level, images, noise, methods, own, hidden };
    },
    onSeen: (listener) => listeners.push(listener),
    onSay: (listener) => notes.push(listener),
    row: (name) => rows.get(name) ?? null,
    inputs: () => inputsOf(asker.request([])),
    isFresh: (name) => rows.get(name)?.inputs === asker.inputs(),
    put(name, row) {
      rows.set(name, row);
      tell();
    },
    drop(name) {
      if (rows.delete(name)) tell();
    },
    get newest() {
      return state.newest;
    },
    get num() {
      return state.newest?.num ?? part.data.num;
    },
    close: requests.close,
  };
  setting.onChange((now, before) => {
    if (ASKED.some((name) => now[name] !== before[name])) asker.ask();
  });
  return asker;
}

/** All that a method's result follows from, but for the method. */
function inputsOf(body) {
  return JSON.stringify({ ...body, methods: null });
}

async function read(answer) {
  return readSheet(await answer.json());
}
