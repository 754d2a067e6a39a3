// The kept frames of a run, fetched when they are looked at. A run that trains for long drops every
// other frame now and then, so that a known one may be gone.

const GONE = 404;

/**
 * @param {string} url of the run's frames.
 * @returns {{steps: () => number[], refresh: () => Promise<void>, frame: (step: number) =>
 *   Promise<object>}} steps: of the frames known; refresh: learn of frames kept since; frame: the one
 *   of a step or, where the run has dropped that one, of the nearest that is left. It is as the
 *   "frame" event gives it, with the axes that all frames share: `limit` and `axis_labels`, and
 *   `manifold_limit`, what its pictures span.
 */
export function openFilm(url) {
  let known = { steps: [] };
  const kept = new Map();
  let asked = null; // of several at a time, one request: whoever waits goes on in turn
  const refresh = () => {
    asked ??= get(url)
      .then((list) => {
        known = list;
      })
      .finally(() => {
        asked = null;
      });
    return asked;
  };
  const read = async (step) => {
    const { steps, limit, axis_labels } = known;
    const address = `${url}/${step}/${steps.at(-1)}`;
    if (!kept.has(address)) kept.set(address, get(address));
    try {
      const frame = await kept.get(address);
      return { ...frame, limit, axis_labels, manifold_limit: frame.limit };
    } catch (error) {
      kept.delete(address);
      throw error;
    }
  };
  return {
    steps: () => known.steps,
    refresh,
    async frame(step) {
      try {
        return await read(step);
      } catch (error) {
        if (error.status !== GONE) throw error;
        await refresh();
        return read(known.steps[placeOf(step, known.steps)]);
      }
    },
  };
}

/** @returns {number} the place of the step nearest to a wanted one. */
export function placeOf(wanted, steps) {
  const gaps = steps.map((step) => Math.abs(step - wanted));
  return gaps.indexOf(Math.min(...gaps));
}

async function get(url) {
  const answer = await fetch(url);
  if (answer.ok) return answer.json();
  const { status } = answer;
  throw Object.assign(new Error(`the server answered ${status}`), { status });
}
