// The Sliders page: what each number of a latent does. Every picture follows the hand, drawn in the
// page; the server hears where the sliders stand once a hand lets go.

import { betweenPictures } from "./blend_between.js";
import { pictureSum } from "./blend_sum.js";
import { openDecoder } from "./decoder.js";
import { paint } from "./pictures.js";
import { button, make } from "./dom.js";
import { createPainter } from "./painter.js";
import { placeMap } from "./sliders_place.js";
import { directionRow } from "./sliders_direction.js";
import { sliderRow } from "./sliders_row.js";
import { createSetting } from "./sliders_setting.js";
import { startControls } from "./sliders_start.js";
import { openStored } from "./sliders_stored.js";
import { toldControls } from "./sliders_told.js";

const views = new WeakMap();

/**
 * Draw the page, or bring it up to date; see `ui/components/sliders.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  const send = (at) => setStateValue("at", at);
  const forget = (name) => setTriggerValue("forget", name);
  const view = views.get(parentElement);
  if (view?.identity === identityOf(data)) {
    view.send = send;
    view.hear(data.at);
  } else {
    view?.close();
    views.set(parentElement, open(data, parentElement, send, forget));
  }
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}

const identityOf = ({ model, directions }) => JSON.stringify([model.url, directions]);

/**
 * What all parts of the page share: data, setting, painter, stored pictures; root: their element;
 * say(note); forget(name of a direction); ready: Promise of the decoder; map: the small map, if
 *   there is one.
 */
function open(data, parentElement, send, forget) {
  const view = { identity: identityOf(data), send };
  const setting = createSetting(data.at, (at) => view.send(at));
  const painter = createPainter();
  const root = make("div", { class: "vl-sliders" });
  const notes = [];
  const [say, sayOfDecoder] = [0, 1].map(() => {
    const note = make("p", { class: "vl-note", role: "status" });
    notes.push(note);
    return (...texts) => note.replaceChildren(...texts);
  });
  const part = { data, setting, painter, root, say, forget, stored: openStored(data), map: null };
  let isOpen = true;
  const connect = async () => {
    const decoder = await openDecoder(data.model, sayOfDecoder);
    if (isOpen) painter.use(decoder);
    else decoder.close();
    return decoder;
  };
  part.ready = connect();
  const blends = build(part, notes);
  parentElement.append(root);
  const again = () => {
    view.close();
    const now = { ...data, at: setting.now() };
    views.set(parentElement, open(now, parentElement, view.send, forget));
  };
  Promise.all([part.ready, ...blends.map((blend) => blend.load())]).catch((error) => {
    if (isOpen) say(`Not all arrived: ${error.message}. `, button("Try again", again));
  });
  view.hear = (at) => {
    const { asks } = setting.now();
    if (asks !== null && at.asks === null && at.start === asks) {
      setting.change({ told: at.told, asks: null });
      setting.release();
    }
  };
  view.close = () => {
    isOpen = false;
    for (const blend of blends) blend.close();
    painter.close();
    root.remove();
  };
  return view;
}

/** Put the parts into the page; the blends among them, which need more than the decoder. */
function build(part, notes) {
  const { data, root } = part;
  const top = make("div", { class: "vl-top" }, [bigPicture(part, notes), startControls(part)]);
  const left = make("div", { class: "vl-left" }, [top]);
  if (data.mapLimit !== null) {
    part.map = placeMap(part);
    left.append(part.map.element);
  }
  const right = make("div", { class: "vl-right" }, [
    make("p", { class: "vl-intro", text: data.intro }),
    ...toldControls(part),
    ...directionGroup(part),
    ...sliderGroups(part),
  ]);
  root.append(left, right);
  if (!data.model.num) return [];
  const between = betweenPictures(part);
  right.append(between, pictureSum(part));
  return [between];
}

function bigPicture({ data, setting, painter }, notes) {
  const [, height, width] = data.model.shape;
  const alt = `The ${data.noun} that the sliders make`;
  const canvas = make("canvas", { width, height, role: "img", "aria-label": alt });
  const element = make("figure", { class: "vl-big" }, [canvas, ...notes]);
  const job = {
    isFirst: true,
    count: 1,
    z: () => setting.now().z,
    told: () => setting.now().told,
    show: (picture) => paint(canvas, picture, data.model.shape),
    element,
  };
  setting.onChange(() => painter.ask(job));
  painter.ask(job);
  return element;
}

/** The directions that people have named, above the numbers that they move. */
function directionGroup(part) {
  const { directions, columns } = part.data;
  if (!directions.length) return [];
  const rows = directions.map((one) => directionRow(part, one, () => part.forget(one.name)));
  const attributes = { class: "vl-group directions", style: `--columns:${columns}` };
  return [make("h3", { text: "Directions" }), make("div", attributes, rows)];
}

/** The sliders in use, then those that the decoder ignores, with a sentence. */
function sliderGroups(part) {
  const { used, collapsed, columns } = part.data;
  const [explained] = [...used, ...collapsed];
  const group = (dims, name) =>
    make(
      "div",
      { class: `vl-group ${name}`, style: `--columns:${columns}` },
      dims.map((dim) => sliderRow(part, dim, dim === explained)),
    );
  if (!collapsed.length) return [group(used, "used")];
  if (!used.length) return [group(collapsed, "collapsed")]; // the line above the page says it
  const which = collapsed.length === 1 ? "this number" : `these ${collapsed.length} numbers`;
  const carry = collapsed.length === 1 ? "it carries" : "they carry";
  const text = `The decoder ignores ${which}: ${carry} almost nothing.`;
  return [group(used, "used"), make("p", { text }), group(collapsed, "collapsed")];
}
