// Pictures from latents, whoever computes them: the network in this page, or the server for one
// that the page cannot run. Both are asked in the same way.

import { loadNet } from "./net.js";

const SERVER_NOTE = "This network is too large for the page, so the server draws: a moment later.";
const REFUSED_NOTE = "The server no longer has this model as it was. Reload the page.";
const LOST_NOTE = "The server does not answer; pictures follow once it does.";
const RETRY_MS = 1000;

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
  const net = await loadNet(`${model.url}/decoder`);
  return {
    runsHere: true,
    draw: (slot, zs, told, done) => done(zs.map((z) => net.run(z, told))),
    close: () => {},
  };
}

function onServer(model, say) {
  const waiting = new Map();
  const closing = new AbortController();
  let busy = false;
  const next = async () => {
    if (busy || !waiting.size || closing.signal.aborted) return;
    busy = true;
    const [slot, job] = waiting.entries().next().value;
    waiting.delete(slot);
    try {
      const pictures = await ask(model, job, closing.signal);
      say(SERVER_NOTE);
      if (!closing.signal.aborted) job.done(pictures);
    } catch (error) {
      if (error.isRefusal) {
        say(REFUSED_NOTE);
      } else if (!closing.signal.aborted) {
        say(LOST_NOTE);
        if (!waiting.has(slot)) waiting.set(slot, job);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    busy = false;
    next();
  };
  return {
    runsHere: false,
    draw: (slot, zs, told, done) => {
      waiting.set(slot, { zs, told, done });
      next();
    },
    close: () => closing.abort(),
  };
}

async function ask(model, { zs, told }, signal) {
  const body = JSON.stringify({ z: zs.map((z) => Array.from(z)), told });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${model.url}/decode`, { method: "POST", headers, body, signal });
  if (!answer.ok) {
    const isRefusal = answer.status >= 400 && answer.status < 500;
    throw Object.assign(new Error(`the server answered ${answer.status}`), { isRefusal });
  }
  const all = new Float32Array(await answer.arrayBuffer());
  const size = all.length / zs.length;
  return zs.map((_, place) => all.subarray(place * size, (place + 1) * size));
}
