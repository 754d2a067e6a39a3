// The files of a model: from the server or, on a page that was taken away, from the page itself.

/**
 * @param {{url: string, inline?: Object<string, string>}} model inline: the files in base64.
 * @param {string} name "decoder", "encoder" or "latents".
 * @returns {Promise<ArrayBuffer>}
 */
export async function fileOf({ url, inline }, name) {
  if (inline) return bytesOf(inline[name]).buffer;
  const answer = await fetch(`${url}/${name}`);
  if (!answer.ok) throw new Error(`${url}/${name} answered ${answer.status}`);
  return answer.arrayBuffer();
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0));
}
