// Where the sliders stand and what the model is told: the one truth that every part of the page
// reads, changes, and hears of.

/**
 * @typedef {{z: number[], told: object, start: number|null, asks: number|null,
 *   pictures: number[], way: string}} Setting as `ui/sliders_setting.py` describes it; never
 *   changed in place.
 */

/**
 * @param {Setting} first
 * @param {(setting: Setting) => void} send to the server.
 * @returns {object} now(); change(patch): tells every listener; release(): a hand has let go, send
 *   what is new; remember() and undo(): one step back; onChange(listener(now, before)).
 */
export function createSetting(first, send) {
  let now = first;
  let sent = JSON.stringify(first);
  let remembered = null;
  const listeners = [];
  const change = (patch) => {
    const before = now;
    now = { ...now, ...patch };
    for (const listener of listeners) listener(now, before);
  };
  const release = () => {
    const text = JSON.stringify(now);
    if (text === sent) return;
    sent = text;
    send(now);
  };
  return {
    now: () => now,
    change,
    release,
    remember: () => {
      remembered = now;
    },
    canUndo: () => remembered !== null,
    undo: () => {
      const back = remembered;
      remembered = null;
      change(back);
      release();
    },
    onChange: (listener) => listeners.push(listener),
  };
}

/**
 * For something else than the sliders that moves them all; one step back leads to before it did.
 * @param {object} setting
 * @returns {(z: number[]) => void}
 */
export function mover(setting) {
  let mine = null;
  return (z) => {
    if (setting.now().z !== mine) setting.remember();
    mine = z;
    setting.change({ z, start: null });
  };
}

/**
 * @param {number} value
 * @param {{low: number, high: number, step: number}} limit
 * @returns {number} the nearest value that the slider can show.
 */
export function snap(value, { low, high, step }) {
  const snapped = Number((Math.round(value / step) * step).toFixed(6));
  return Math.min(high, Math.max(low, snapped));
}

/** Numbers, with one of them replaced. */
export function put(numbers, place, value) {
  const changed = [...numbers];
  changed[place] = value;
  return changed;
}
