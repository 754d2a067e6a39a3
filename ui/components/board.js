// What the components of one page tell each other. Values stay, so that whoever comes later learns
// them too.

const boards = new WeakMap(); // of a document

/**
 * @param {Document} page
 * @returns {{put: (name: string, value: any) => void,
 *   on: (name: string, listener: (value: any) => void) => () => void}} on: the listener hears the
 *   present value, if there is one, and every later one, until the returned function is called.
 */
export function boardOf(page) {
  if (!boards.has(page)) boards.set(page, createBoard());
  return boards.get(page);
}

function createBoard() {
  const values = new Map();
  const listeners = new Map();
  return {
    put(name, value) {
      values.set(name, value);
      listeners.get(name)?.forEach((listener) => listener(value));
    },
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      if (values.has(name)) listener(values.get(name));
      return () => listeners.get(name).delete(listener);
    },
  };
}
