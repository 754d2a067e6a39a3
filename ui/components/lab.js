// The Denoise page: pictures are damaged, and restored by several methods, while a hand moves. The
// server restores them, one request in flight; it hears what is shown once a hand lets go.

import { createAsker } from "./lab_ask.js";
import { listenToKeys } from "./lab_keys.js";
import { largePicture } from "./lab_large.js";
import { labMap } from "./lab_map.js";
import { ownSection } from "./lab_own_use.js";
import { presentButton } from "./lab_present.js";
import { rowsView } from "./lab_rows.js";
import { saidView } from "./lab_said.js";
import { saveMenu } from "./lab_save.js";
import { stepsOf } from "./lab_steps.js";
import { toolsOf } from "./lab_tools.js";
import { createSetting } from "./sliders_setting.js";
import { make } from "./dom.js";

const views = new WeakMap();
const KEYS = "Left and right arrows change the level, the space bar brings new images.";

/**
 * Draw the lab, or bring it up to date; see `ui/components/lab.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement, setStateValue }) {
  const send = (at) => setStateValue("at", at);
  const before = views.get(parentElement);
  if (before?.identity === identityOf(data)) before.part.send = send;
  else {
    before?.close();
    views.set(parentElement, open(data, parentElement, send));
  }
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}

const identityOf = (data) => JSON.stringify({ ...data, at: null });

/**
 * What all parts share: data; setting: what is shown, see `ui/restoring_setting.py`; steps: the
 * ways to change it; seen: the newest answers, see `lab_ask.js`; own: pictures of a person's own
 * instead of the data set's, base64 of PNGs, or null; root; onSeen(listener); closers.
 */
function open(data, parentElement, send) {
  const root = make("div", { class: "vl-denoise", tabindex: 0, role: "group" });
  root.setAttribute("aria-label", `Denoise lab. ${KEYS}`);
  const part = { data, root, send, own: null, isMoreOpen: false, closers: [] };
  part.setting = createSetting(data.at, (at) => part.send(at));
  part.asker = createAsker(part);
  part.onSeen = part.asker.onSeen;
  part.steps = stepsOf(part);
  const [tools, said, rows, large] = [toolsOf, saidView, rowsView, largePicture].map((build) =>
    build(part),
  );
  const beside = make("div", { class: "vl-lab-beside" }, [large, labMap(part)]);
  root.append(tools, ownSection(part), said, make("div", { class: "vl-lab-body" }, [rows, beside]));
  tools.append(presentButton(part), saveMenu(part));
  listenToKeys(root, part.steps);
  root.classList.add("is-waiting");
  part.onSeen(() => root.classList.remove("is-waiting"));
  parentElement.append(root);
  part.asker.ask();
  return {
    identity: identityOf(data),
    part,
    close() {
      part.asker.close();
      for (const closer of part.closers) closer();
      root.remove();
    },
  };
}
