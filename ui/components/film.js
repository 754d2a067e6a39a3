// A row of latents as an animated GIF, made by the server and saved by the browser.

import { saveAnswer } from "./save.js";

/**
 * @param {{url: string}} model
 * @param {ArrayLike<number>[]} zs one for each picture of the film, in order.
 * @param {object} told see `net.js`.
 * @param {string} name of the file, without ".gif".
 * @returns {Promise<void>} once the file was handed to the browser; rejects with what went wrong.
 */
export async function saveFilm(model, zs, told, name) {
  const body = JSON.stringify({ z: zs.map((z) => Array.from(z)), told });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`${model.url}/film`, { method: "POST", headers, body });
  await saveAnswer(answer, `${name}.gif`);
}
