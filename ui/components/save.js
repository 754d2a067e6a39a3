// Files that the server makes, handed to the browser to be kept.

/**
 * @param {Response} answer of the server.
 * @param {string} name of the file.
 * @returns {Promise<void>} once the browser has it; rejects with what the server says went wrong.
 */
export async function saveAnswer(answer, name) {
  if (!answer.ok) throw new Error((await answer.json()).error);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
