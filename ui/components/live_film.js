// The kept frames of a run, fetched when they are looked at.

/**
 * @param {string} url of the run's frames.
 * @returns {{steps: () => number[], refresh: () => Promise<void>, frame: (place: number) =>
 *   Promise<object>}} refresh: learn of frames kept since; frame: the one at a place of `steps`, as
 *   the "frame" event gives it, with the axes that all frames share: `limit` and `axis_labels`, and
 *   `manifold_limit`, what its pictures span.
 */
export function openFilm(url) {
  let known = { steps: [] };
  const kept = new Map();
  return {
    steps: () => known.steps,
    async refresh() {
      known = await get(url);
    },
    async frame(place) {
      const { steps, limit, axis_labels } = known;
      const address = `${url}/${steps[place]}/${steps.at(-1)}`;
      if (!kept.has(address)) kept.set(address, get(address));
      try {
        const frame = await kept.get(address);
        return { ...frame, limit, axis_labels, manifold_limit: frame.limit };
      } catch (error) {
        kept.delete(address);
        throw error;
      }
    },
  };
}

async function get(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}
