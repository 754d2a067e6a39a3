// The Train page: a run as it learns. Everything here is drawn from the run's stream of events; the
// server's page runs again only when the run's status changes.

import { boardOf } from "./board.js";
import { curves } from "./live_curves.js";
import { colourKey, switchOf } from "./live_foot.js";
import { lossLine } from "./live_loss.js";
import { liveMap } from "./live_map.js";
import { probes } from "./live_probes.js";
import { sayings } from "./live_says.js";
import { stepView } from "./live_step.js";
import { timeMachine } from "./live_time.js";
import { make } from "./dom.js";
import { openStream } from "./stream.js";

const OVER = new Set(["none", "finished", "stopped", "diverged", "failed", "interrupted"]);

const ASK_AGAIN_MS = 1500;

// Of a run: its stream, newest status, progress, step taken apart and frame; step of the frame shown.
const NOTHING_YET = {
  stream: null,
  heard: null,
  row: null,
  anatomy: null,
  newest: null,
  step: -1,
};

const views = new WeakMap();

/**
 * Draw the page, or bring it up to date; see `ui/components/live.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  const view = views.get(parentElement) ?? build(parentElement);
  views.set(parentElement, view);
  view.tell = (status) => setTriggerValue("status", status);
  update(view, data);
  // Streamlit also gives up a mounting that a newer one has overtaken while this module loaded.
  const turn = Symbol("mounting");
  view.turn = turn;
  return () => {
    if (view.turn !== turn) return;
    view.close();
    views.delete(parentElement);
  };
}

/** The parts, none of them with anything to show yet. */
function build(parentElement) {
  const view = { ...NOTHING_YET, data: null, asking: 0, isCovered: false };
  const parts = {
    says: sayings(),
    map: liveMap(),
    key: colourKey(),
    loss: lossLine(),
    curves: curves(),
    probes: probes(),
    step: stepView((picture, place) => markBatch(view, place)),
    time: timeMachine((frame, ms) => showMoment(view, frame, ms), () => filmOf(view)),
  };
  const cover = switchOf("Pictures behind", (isOn) => {
    view.isCovered = isOn;
    parts.map.cover(isOn);
  });
  cover.title =
    "What the decoder draws at each place; grey beyond what the map showed at that moment. " +
    "Of more than two numbers only for now";
  const foot = make("div", { class: "vl-foot-row" }, [parts.key.element, cover]);
  const measured = [parts.loss, parts.curves, parts.probes].map((part) => part.element);
  const learning = make("div", { class: "vl-learning" }, measured);
  const lost = make("p", { class: "vl-lost", role: "status" });
  const body = make("div", { class: "vl-body" }, [
    make("div", { class: "vl-map-side" }, [parts.map.element, foot]),
    make("div", { class: "vl-stage" }, [learning, parts.step.element]),
    lost,
  ]);
  const head = [parts.says.element, parts.time.element];
  const root = make("div", { class: "vl-live" }, [...head, body]);
  parentElement.append(root);
  const close = () => {
    clearTimeout(view.asking);
    view.stream?.close();
    parts.time.close();
    for (const told of ["address", "files"]) boardOf(document).put(told, null);
    parts.map.close();
    parts.curves.close();
    root.remove();
  };
  return Object.assign(view, { parts, root, lost, cover, close });
}

/** Take over what the server's page says. */
function update(view, data) {
  const { parts } = view;
  const isAnother = view.data?.url !== data.url;
  if (isAnother && view.data) boardOf(document).put("address", { moment: null }); // of the run before
  view.data = data;
  boardOf(document).put("files", data.files);
  if (isAnother) startOver(view);
  parts.map.dress(data);
  parts.key.dress(data);
  parts.curves.dress(data);
  parts.probes.dress(data);
  if (data.before && view.step < 0) showFrame(view, data.before);
  if (isAnother && data.url) view.stream = openStream(data.url, handlersOf(view));
  else if (!OVER.has(data.status)) view.stream?.wake();
  askLater(view);
  showWords(view);
  showSteps(view);
}

function startOver(view) {
  view.stream?.close();
  Object.assign(view, NOTHING_YET);
  view.parts.curves.clear();
  view.parts.curves.mark(null);
  view.parts.time.open(view.data.framesUrl);
  lose(view, false);
}

function handlersOf(view) {
  return {
    status: (event) => hearStatus(view, event),
    rows: (event) => hearRows(view, event),
    frame(frame) {
      view.newest = frame;
      if (!view.parts.time.isBack()) showFrame(view, frame);
    },
    anatomy(event) {
      view.anatomy = event;
      showSteps(view, true);
    },
    end() {},
    lost: () => lose(view, true),
    found: () => lose(view, false),
  };
}

/** Have the server's page run again, and again if it does not answer. */
function ask(view) {
  view.tell(view.data.status);
  askLater(view);
}

function askLater(view) {
  clearTimeout(view.asking);
  view.asking = setTimeout(() => isBehind(view) && ask(view), ASK_AGAIN_MS);
}

/** Whether the server's page shows another state than the stream tells. */
function isBehind({ heard, data }) {
  if (heard === null) return false;
  if (heard.status !== data.status || heard.is_slow !== data.isSlow) return true;
  return isAtRest(heard) && heard.num_done !== data.numDone;
}

function isAtRest({ status }) {
  return status === "paused" || OVER.has(status);
}

function hearStatus(view, heard) {
  view.heard = heard;
  showWords(view);
  if (isBehind(view)) ask(view);
}

function hearRows(view, { rows, restarted }) {
  if (restarted) view.parts.curves.clear();
  view.parts.curves.add(rows);
  const last = rows.findLast((row) => row.kind === "progress");
  if (last || restarted) view.row = last ?? null;
  showWords(view);
  showSteps(view);
  goToShared(view);
}

/** The moment that a shared address names is shown once, when there is something to go back in. */
function goToShared(view) {
  if (view.wentTo || view.row === null || view.data.moment === null) return;
  view.wentTo = true;
  view.parts.time.goTo(view.data.moment);
}

function showFrame(view, frame, ms) {
  view.parts.map.show(frame, view.step < 0 ? 0 : ms);
  view.parts.probes.show(frame.recons);
  view.step = frame === view.data.before ? -1 : frame.step;
}

/** An earlier moment in all parts at once; null: the newest again. */
function showMoment(view, frame, ms) {
  const { parts, data, newest } = view;
  const moment = frame ?? newest;
  if (moment) showFrame(view, moment, ms);
  if (frame) parts.loss.show(frame.step ? frame.numbers : null, data.hasKl);
  parts.curves.mark(frame ? (frame.numbers.epoch ?? 0) : null);
  view.cover.classList.toggle("is-void", frame !== null && !frame.manifold);
  boardOf(document).put("address", { moment: frame?.step ?? null });
  showWords(view);
  showSteps(view);
}

/** Where the server makes the film as it looks here. */
function filmOf({ data, isCovered }) {
  const address = `${data.filmUrl}&behind=${isCovered ? 1 : 0}`;
  return { address, name: `${data.files.title}.gif` };
}

function showWords(view) {
  const { parts, data, row, heard } = view;
  parts.says.show(data, row, heard?.waiting);
  parts.time.told(row);
  if (!parts.time.isBack()) parts.loss.show(row, data.hasKl);
}

/** A step taken apart stands in place of the curves while the run waits for the next one. */
function showSteps(view, isNew = false) {
  const { anatomy, row, parts, root } = view;
  const isLast = anatomy !== null && (row === null || row.step <= anatomy.step);
  const isShown = isLast && !OVER.has(view.data.status) && !parts.time.isBack();
  const was = root.classList.contains("has-step");
  root.classList.toggle("has-step", isShown);
  if (isShown && (isNew || !was)) parts.step.show(anatomy, view.data);
  if (!isShown && was) parts.map.mark([], 0);
}

function markBatch(view, place) {
  if (view.data.latentDim === 2) view.parts.map.mark(view.anatomy.pictures, place);
}

function lose(view, isLost) {
  view.root.classList.toggle("is-lost", isLost);
  view.lost.textContent = isLost ? "Reconnecting" : "";
}
