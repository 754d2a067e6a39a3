// The button "Share" and what it opens: the address of what is seen, as text and as a code for a
// phone; the model as files to take away; and a file of a model to bring in.

import { boardOf } from "./board.js";
import { saveAnswer } from "./save.js";
import { button, make } from "./dom.js";

const FILES = [
  ["take-away.html", ".html", "One page", "Map, decoder and sliders in one file: works offline"],
  ["notebook.ipynb", ".ipynb", "Notebook", "Trains this model again, step by step"],
  ["checkpoint.safetensors", ".safetensors", "Checkpoint", "Weights and results, to be uploaded again"],
];
const HERE = new Set(["localhost", "127.0.0.1", "[::1]"]);
const views = new WeakMap();

/**
 * Draw the button; see `ui/components/share.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement }) {
  const view = views.get(parentElement) ?? open(parentElement);
  views.set(parentElement, view);
  view.hear(data);
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}

function open(parentElement) {
  const link = linkPart();
  const files = filesPart();
  const upload = uploadPart();
  const parts = [link.element, files.element, upload.element];
  const panel = make("div", { class: "vl-share-panel", role: "dialog", hidden: true }, parts);
  panel.setAttribute("aria-label", "Share");
  const opener = button("Share", () => toggle(panel.hidden), { "aria-expanded": "false" });
  const root = make("div", { class: "vl-share" }, [opener, panel]);
  const toggle = (isOpen) => {
    panel.hidden = !isOpen;
    opener.setAttribute("aria-expanded", isOpen);
    if (isOpen) link.show(addressOf());
  };
  const outside = (event) => {
    if (!root.contains(event.target)) toggle(false);
  };
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    toggle(false);
    opener.focus();
  });
  document.addEventListener("pointerdown", outside);
  parentElement.append(root);
  return {
    hear: files.hear,
    close() {
      document.removeEventListener("pointerdown", outside);
      root.remove();
    },
  };
}

/**
 * What the address says, and what only the page's scripts know, such as where the cursor is: on the
 * board as parameters and their values, null for one that holds no more.
 */
function addressOf() {
  const url = new URL(location.href);
  let more = {};
  boardOf(document).on("address", (known) => {
    more = known;
  })();
  for (const [name, value] of Object.entries(more ?? {})) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}

function linkPart() {
  const input = make("input", { readonly: true, class: "vl-address", "aria-label": "Address" });
  input.addEventListener("focus", () => input.select());
  const code = make("img", { class: "vl-qr", alt: "The address as a QR code" });
  const note = make("p", { class: "vl-muted" });
  const head = make("h3", { text: "What you see, as a link" });
  return {
    element: make("section", {}, [head, input, code, note]),
    show(address) {
      input.value = address;
      code.src = `/api/qr.svg?text=${encodeURIComponent(address)}`;
      note.textContent = HERE.has(location.hostname)
        ? "This address works on this computer alone. Others need its name in your network."
        : "";
    },
  };
}

function filesPart() {
  const head = make("h3");
  const note = make("p", { class: "vl-muted", role: "status" });
  let data = null;
  const buttons = FILES.map(([file, ending, text, title]) =>
    button(text, () => keep(note, `${data.url}/${file}`, `${data.id}${ending}`), { title }),
  );
  const row = make("div", { class: "vl-share-row" }, buttons);
  return {
    element: make("section", {}, [head, row, note]),
    hear(next) {
      data = next;
      head.textContent = `Take ${data.title} away`;
    },
  };
}

async function keep(note, url, name) {
  note.textContent = "Making the file";
  try {
    await saveAnswer(await fetch(url), name);
    note.textContent = "";
  } catch (error) {
    note.textContent = `The file was not made: ${error.message}`;
  }
}

function uploadPart() {
  const head = make("h3", { text: "Bring a model in" });
  const note = make("p", { class: "vl-muted", role: "status" });
  const file = make("input", { type: "file", accept: ".safetensors", hidden: true });
  file.addEventListener("change", () => bring(note, file));
  const choose = button("Upload a checkpoint", () => file.click());
  return { element: make("section", {}, [head, choose, file, note]) };
}

async function bring(note, file) {
  const [chosen] = file.files;
  if (!chosen) return;
  note.textContent = "Checking the file";
  try {
    const answer = await fetch("/api/checkpoints", { method: "POST", body: chosen });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.error);
    note.textContent = `${found.title} is here.`;
    location.assign(`${location.pathname}?model=${encodeURIComponent(found.title)}`);
  } catch (error) {
    note.textContent = error.message;
  }
  file.value = ""; // the same file can be chosen again
}
