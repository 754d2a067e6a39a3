// Files of pictures that are dropped or pasted, and what the server makes of one.

import { make } from "./dom.js";

export const FILES = "image/png,image/jpeg,image/webp";
const MAX_BYTES = 10 * 2 ** 20;
const OF_THE_FILE = new Set([400, 413]); // what the server answers to a file that is none, or too large
const NONE = "That holds no picture's file; PNG, JPEG or WebP is expected.";

/**
 * @param {HTMLElement} element
 * @param {(files: File[], refused: string) => void} take refused: what is to be said.
 * @returns {{close: () => void}}
 */
export function listenToDrops(element, take) {
  const over = (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("is-over");
  };
  const leave = (event) => {
    if (!element.contains(event.relatedTarget)) element.classList.remove("is-over");
  };
  element.addEventListener("dragenter", over);
  element.addEventListener("dragover", over);
  element.addEventListener("dragleave", leave);
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("is-over");
    const files = [...event.dataTransfer.files];
    take(files, files.length ? "" : NONE);
  });
  return { close: () => element.classList.remove("is-over") };
}

/** Pasting is heard anywhere on the page, but for fields of text, while the element can be seen. */
export function listenToPaste(element, take) {
  const paste = (event) => {
    const isText = event.target.closest?.("input:not([type=range]), textarea, [contenteditable]");
    const isSeen = element.checkVisibility(); // not while what holds it is closed
    const files = [...(event.clipboardData?.files ?? [])];
    if (isText || !isSeen || !files.length) return;
    event.preventDefault();
    const pictures = files.filter(({ type }) => type.startsWith("image/"));
    take(pictures, pictures.length ? "" : NONE);
  };
  document.addEventListener("paste", paste);
  return { close: () => document.removeEventListener("paste", paste) };
}

/** No picture can be made of a file, whichever way it is tried. */
export class Unreadable extends Error {}

/**
 * @param {Blob} content of a picture's file.
 * @param {{dataset: string, way: string, invert: string}} how see `ui/api/bringing.py`.
 * @param {AbortSignal} signal
 * @returns {Promise<object>} its answer; rejects with what the server says is wrong, as Unreadable
 *   where that is the file.
 */
export async function prepared(content, how, signal) {
  if (content.size > MAX_BYTES) {
    throw new Unreadable("The file is larger than 10 MiB; choose a smaller picture.");
  }
  const url = `/api/prepare?${new URLSearchParams(how)}`;
  const answer = await fetch(url, { method: "POST", body: content, signal });
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  const said = error ?? `The server answered ${answer.status}. Try again.`;
  throw OF_THE_FILE.has(answer.status) ? new Unreadable(said) : new Error(said);
}

/** A picture that the server sent as text. */
export function pictureFrom(base64, alt = "") {
  return make("img", { src: `data:image/png;base64,${base64}`, alt });
}
