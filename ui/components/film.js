// A row of latents as an animated GIF, made by the server and saved by the browser.

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
  if (!answer.ok) throw new Error((await answer.json()).error);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `${name}.gif`;
  link.click();
  URL.revokeObjectURL(link.href);
}
