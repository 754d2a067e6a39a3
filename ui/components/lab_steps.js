// The ways in which buttons, keys and sliders change what the lab shows.

const REST_MS = 300; // keys and a held slider say nothing to the server until they rest

/** The kind of damage that is shown. */
export const kindOf = ({ data, setting }) =>
  data.kinds.find(({ name }) => name === setting.now().kind);

/** Methods that fit the damage, by where they stand: above, and under More methods. */
export function methodsOf(part) {
  const { data, setting } = part;
  const { kind, rows } = setting.now();
  const fitting = data.methods.filter(({ kinds }) => kinds.includes(kind));
  const byName = new Map(fitting.map((method) => [method.name, method]));
  const chosen = (rows ?? []).filter((name) => byName.has(name));
  const above = (chosen.length ? chosen : kindOf(part).rows).map((name) => byName.get(name));
  return { above, more: fitting.filter((method) => !above.includes(method)) };
}

/** Methods that have a result, or get one without being told to: all but searches to be begun. */
export function readyOf(part) {
  const { above, more } = methodsOf(part);
  const isReady = ({ name, isSlow }) => !isSlow || part.asker.isFresh(name);
  return { above: above.filter(isReady), more: more.filter(isReady) };
}

/**
 * Whose result is large: the method that was picked, or else the champion, the chosen model. Without
 * a result only where all rows above wait to be told.
 */
export function shownOf(part) {
  const { above, more } = readyOf(part);
  const { shown } = part.setting.now();
  const isChosen = ({ name }) => name.endsWith(`:${part.data.id}`);
  return (
    [...above, ...more].find(({ name }) => name === shown) ??
    above.find(({ family }) => family === "champion") ??
    above.find(isChosen) ??
    above.at(-1) ??
    methodsOf(part).above.at(-1)
  );
}

/**
 * @param {object} part see `lab.js`.
 * @returns {object} kind(name), level(value), nudge(times) along the level's steps, images(by), noise(),
 *   picture(place), turn(by), shown(name), errors(how), keep(name, isAbove), hidden(text or null),
 *   own(pictures or null).
 */
export function stepsOf(part) {
  const { data, setting } = part;
  const levels = new Map(); // of each kind as it was left
  let timer = 0;
  part.closers.push(() => clearTimeout(timer));
  const change = (patch) => {
    setting.change(patch);
    clearTimeout(timer);
    timer = setTimeout(setting.release, REST_MS);
  };
  const next = (seed, by) => (seed + by + data.maxSeed) % data.maxSeed;
  return {
    kind(name) {
      const { kind, level } = setting.now();
      levels.set(kind, level);
      const found = data.kinds.find((one) => one.name === name);
      change({ kind: name, level: levels.get(name) ?? found.default, hidden: null });
    },
    level: (level) => change({ level }),
    nudge(times) {
      if (setting.now().hidden) return;
      const { choices } = kindOf(part);
      const { level } = setting.now();
      const isAbove = (choice) => choice > level + 1e-6;
      const isBelow = (choice) => choice < level - 1e-6;
      const to = times > 0 ? choices.find(isAbove) : choices.findLast(isBelow);
      if (to !== undefined) change({ level: to });
    },
    images(by) {
      if (part.own) part.steps.turn(by);
      else change({ images: next(setting.now().images, by) });
    },
    noise: () => change({ noise: next(setting.now().noise, 1) }),
    picture: (picture) => change({ picture }),
    turn(by) {
      const { num } = part.asker;
      change({ picture: (setting.now().picture + by + num) % num });
    },
    shown: (shown) => change({ shown }),
    errors: (errors) => change({ errors }),
    keep(name, isAbove) {
      const names = methodsOf(part).above.map((method) => method.name);
      const rows = isAbove ? [...names, name] : names.filter((one) => one !== name);
      change({ rows });
    },
    hidden: (hidden) => change({ hidden }),
    own(pictures) {
      part.own = pictures;
      change({ picture: 0 });
      part.asker.ask();
    },
  };
}
