// What a part of the page opens while it loads is closed with it, even if something else of it failed
// to load, or if it was closed before.

/**
 * @template {{close: () => void}} T
 * @param {{isOpen: boolean, closers: (() => void)[]}} state of the part; whoever closes it calls the
 *   closers.
 * @param {Promise<T>} promise of what is opened.
 * @returns {Promise<T>}
 */
export async function kept(state, promise) {
  const found = await promise;
  if (state.isOpen) state.closers.push(() => found.close());
  else found.close();
  return found;
}
