// Asks for another run of the server's script, a moment after the last.

const WAIT_MS = 700;
const asking = new WeakMap();

/**
 * Draw nothing, and ask; see `ui/components/again.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement, setTriggerValue }) {
  clearTimeout(asking.get(parentElement)?.timer);
  const turn = { timer: 0 };
  const ask = () => {
    if (document.hidden) turn.timer = setTimeout(ask, WAIT_MS);
    else setTriggerValue("more", data.askedAt);
  };
  turn.timer = setTimeout(ask, WAIT_MS);
  asking.set(parentElement, turn);
  return () => clearTimeout(turn.timer);
}
