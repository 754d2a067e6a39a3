// Posteriors of pictures, whoever computes them: as `decoder.js` for pictures of latents.

import { SERVER_NOTE } from "./decoder.js";
import { fileOf } from "./files.js";
import { parseNet } from "./net.js";
import { oneRequest } from "./one_request.js";

/**
 * @param {{url: string, runsHere: boolean}} model as `ui/components/model.py` describes it.
 * @param {(note: string) => void} say
 * @returns {Promise<{look: (picture: Float32Array, told: object, done: (posterior: {mean:
 *   ArrayLike<number>, logvar: ArrayLike<number>|null}) => void) => void, close: () => void}>}
 *   look: at once where the page computes; else of several that wait only the newest is answered.
 */
export async function openEncoder(model, say) {
  if (model.runsHere) {
    const net = parseNet(await fileOf(model, "encoder"));
    return { look: (picture, told, done) => done(net.run(picture, told)), close: () => {} };
  }
  const server = oneRequest(say, SERVER_NOTE);
  return {
    look(picture, told, done) {
      const body = { z: [Array.from(picture)], told };
      server.ask("picture", { url: `${model.url}/encode`, body, read }, done);
    },
    close: server.close,
  };
}

async function read(answer) {
  const { mean, logvar } = await answer.json();
  return { mean: mean[0], logvar: logvar?.[0] ?? null };
}
