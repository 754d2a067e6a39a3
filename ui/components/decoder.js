// Pictures from latents, whoever computes them: the network in this page, or the server for one
// that the page cannot run. Both are asked in the same way.

import { fileOf } from "./files.js";
import { parseNet } from "./net.js";
import { oneRequest } from "./one_request.js";

export const SERVER_NOTE =
  "This network is too large for the page, so the server draws: a moment later.";

/**
 * @param {{url: string, runsHere: boolean}} model as `ui/components/model.py`
 *   describes it.
 * @param {(note: string) => void} say called when there is something to tell a person ("" for
 *   nothing any more).
 * @returns {Promise<{runsHere: boolean, draw: Function, close: Function}>}
 *   draw(slot, zs, told, done): decode each z of `zs` and call done(pictures), Float32Arrays of
 *   C * H * W numbers in [0, 1]; at once where the page computes. Of several requests for one slot
 *   that wait for the server, only the newest is kept.
 */
export async function openDecoder(model, say) {
  if (!model.runsHere) {
    say(SERVER_NOTE);
    return onServer(model, say);
  }
  const net = parseNet(await fileOf(model, "decoder"));
  return {
    runsHere: true,
    draw: (slot, zs, told, done) => done(zs.map((z) => net.run(z, told))),
    close: () => {},
  };
}

function onServer(model, say) {
  const server = oneRequest(say, SERVER_NOTE);
  return {
    runsHere: false,
    draw(slot, zs, told, done) {
      const body = { z: zs.map((z) => Array.from(z)), told };
      const read = async (answer) => parted(new Float32Array(await answer.arrayBuffer()), zs.length);
      server.ask(slot, { url: `${model.url}/decode`, body, read }, done);
    },
    close: server.close,
  };
}

function parted(all, num) {
  const size = all.length / num;
  return Array.from({ length: num }, (_, place) => all.subarray(place * size, (place + 1) * size));
}
