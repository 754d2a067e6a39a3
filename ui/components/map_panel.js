// Beside a map: what was found there. Under the cursor, in the lasso or along the path; and below
// it the picked dot. The map computes, and tells it over the board.

import { boardOf } from "./board.js";
import { cursorView } from "./panel_cursor.js";
import { drawView } from "./panel_draw.js";
import { groupsView } from "./panel_groups.js";
import { pathView } from "./panel_path.js";
import { pickedView } from "./panel_picked.js";
import { selectionView } from "./panel_selection.js";
import { make } from "./dom.js";

const views = new WeakMap();

/**
 * Draw the panel, or bring it up to date; see `ui/components/map_panel.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  if (!views.has(parentElement)) views.set(parentElement, open(parentElement));
  const view = views.get(parentElement);
  view.root.classList.toggle("is-small", data.isSmall);
  view.keep = (direction) => setTriggerValue("direction", direction);
  view.hear(data.told);
  return () => {
    views.get(parentElement)?.close();
    views.delete(parentElement);
  };
}

function open(parentElement) {
  const board = boardOf(document);
  const draw = drawView(
    (ink) => board.put("ink", ink),
    (label) => board.put("drawnAs", label),
  );
  const view = { keep: null };
  const mark = (groups) => board.put("groups", groups);
  const groups = groupsView((direction) => view.keep(direction), mark);
  const parts = { look: cursorView(), select: selectionView(groups), path: pathView(), draw };
  const picked = pickedView();
  const found = make("div", { class: "vl-found" });
  found.append(...Object.values(parts).map(({ element }) => element));
  const root = make("div", { class: "vl-panel" }, [found, picked.element, groups.element]);
  parentElement.append(root);
  const now = { mode: "look", selection: null, path: null };
  // Until something is selected or drawn, the cursor's picture stays.
  const choose = (change) => {
    Object.assign(now, change);
    const isEmpty = { select: now.selection === null, path: now.path === null };
    const chosen = isEmpty[now.mode] ? "look" : now.mode;
    for (const [name, { element }] of Object.entries(parts)) element.hidden = name !== chosen;
    root.classList.toggle("is-drawing", chosen === "draw");
    root.classList.toggle("is-selecting", chosen === "select");
    parts.look.invite(now.mode);
    if (change.mode === "draw") draw.reveal();
  };
  const listeners = {
    about: (about) => [...Object.values(parts), picked].forEach((part) => part.dress(about)),
    mode: (mode) => choose({ mode }),
    here: (here) => here && parts.look.here(here),
    dot: parts.look.dot,
    drawn: parts.draw.show,
    near: parts.draw.near,
    picked(one) {
      if (!one) return;
      picked.show(one);
      draw.picked(one.label);
    },
    selection(selection) {
      choose({ selection });
      if (selection) parts.select.show(selection);
    },
    path(path) {
      choose({ path });
      if (path) parts.path.show(path);
    },
  };
  const offs = Object.entries(listeners).map(([name, listener]) => board.on(name, listener));
  const close = () => {
    offs.forEach((off) => off());
    root.remove();
  };
  return Object.assign(view, { root, close, hear: groups.told });
}
