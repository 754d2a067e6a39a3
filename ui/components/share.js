// The button "Share" and what it opens: the address of what is seen, as text and as a code for a
// phone; the model as files to take away; and a file of a model to bring in.

import { boardOf } from "./board.js";
import { saveAnswer } from "./save.js";
import { button, make } from "./dom.js";

const FILES = [
  ["take-away.html", ".html", "One page (HTML)", "Map, decoder and sliders in one file: works offline"],
  ["notebook.ipynb", ".ipynb", "Notebook", "Trains this model again, step by step"],
  ["checkpoint.safetensors", ".safetensors", "Checkpoint", "Weights and results, to be uploaded again"],
];
const LOOPBACK = /^(.*\.)?localhost$|^127\.|^\[::1\]$/;
const NO_MODEL = "This training has no model yet: let it finish, or stop it.";
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
  const off = boardOf(document).on("files", files.onPage);
  parentElement.append(root);
  return {
    hear: files.hear,
    close() {
      off();
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
  const head = make("h3", { text: "What you see, as a link" });
  const link = copied("Address");
  const more = LOOPBACK.test(location.hostname) ? opening() : codePart();
  return {
    element: make("section", {}, [head, link.element, more.element]),
    show(address) {
      link.show(address);
      more.show(address);
    },
  };
}

/** One line to take over: by a button where the page may copy, else it is selected at once. */
function copied(label, tag = "input") {
  const input = make(tag, { readonly: true, class: "vl-address", rows: 2, "aria-label": label });
  input.addEventListener("focus", () => input.select());
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(input.value);
    copy.textContent = "Copied";
  });
  copy.hidden = !navigator.clipboard; // of secure pages only
  copy.setAttribute("aria-label", `Copy: ${label}`);
  return {
    element: make("div", { class: "vl-copied" }, [input, copy]),
    show(text) {
      input.value = text;
      copy.textContent = "Copy";
    },
  };
}

function codePart() {
  const code = make("img", { class: "vl-qr", alt: "The address as a QR code" });
  return {
    element: code,
    show(address) {
      code.src = `/api/qr.svg?text=${encodeURIComponent(address)}`;
    },
  };
}

/** What to do about an address that nobody else can reach. */
function opening() {
  const command = copied("Command", "textarea");
  const port = location.port === "8501" ? "" : ` --server.port ${location.port}`;
  const lines = [
    "This address works on this computer alone. To open it to a class, end the app, start it with",
    "and open it here by this computer's name or number in your network: Share then shows an " +
      "address and a code for phones. Everyone in that network can open it, or only those who know " +
      "the word that you set as VAELAB_ACCESS_CODE before you start it.",
  ].map((text) => make("p", { class: "vl-muted", text }));
  return {
    element: make("div", {}, [lines[0], command.element, lines[1]]),
    show: () => command.show(`streamlit run app.py --server.address 0.0.0.0${port}`),
  };
}

/** The files of the picker's model, or of the run that a page has put on the board in its stead. */
function filesPart() {
  const head = make("h3");
  const note = make("p", { class: "vl-muted", role: "status" });
  const known = { picked: null, onPage: null };
  let data = null;
  const buttons = FILES.map(([file, ending, text, title]) =>
    button(text, () => keep(note, `${data.url}/${file}`, `${data.id}${ending}`), { title }),
  );
  const row = make("div", { class: "vl-share-row" }, buttons);
  const learn = (change) => {
    Object.assign(known, change);
    data = known.onPage ?? known.picked;
    if (!data) return;
    head.textContent = `Take ${data.title} away`;
    for (const one of buttons) one.disabled = !data.url;
    note.textContent = data.url ? "" : NO_MODEL;
  };
  return {
    element: make("section", {}, [head, row, note]),
    hear: (picked) => learn({ picked }),
    onPage: (onPage) => learn({ onPage }),
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
    location.assign(`${location.pathname}?model=${encodeURIComponent(found.title)}&brought=1`);
  } catch (error) {
    note.textContent = error.message;
  }
  file.value = ""; // the same file can be chosen again
}
