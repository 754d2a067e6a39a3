// One stream of server-sent events: it survives a lost connection, and rests while nobody looks.

const RETRY_MS = 1000;
const ABOUT_THE_LINE = new Set(["lost", "found"]);

/**
 * Listen to a stream. It is closed while the tab is hidden; each new connection says after which
 * event it goes on (`?after=ID`), so that none is missed and none comes twice.
 *
 * @param {string} url
 * @param {Object<string, (data: object) => void>} handlers one for each kind of event. "end" is the
 *   last one. `lost()` is called when the connection is gone, `found()` when it is back.
 * @returns {{close: () => void, wake: () => void}} wake: listen again after an "end".
 */
export function openStream(url, handlers) {
  const line = { url, handlers, source: null, after: "", retry: 0, isOver: false, isLost: false };
  const look = () => (document.hidden ? hangUp(line) : call(line));
  document.addEventListener("visibilitychange", look);
  look();
  return {
    close() {
      document.removeEventListener("visibilitychange", look);
      hangUp(line);
    },
    wake() {
      line.isOver = false;
      look();
    },
  };
}

function call(line) {
  if (line.source || line.isOver) return;
  clearTimeout(line.retry);
  const query = line.after ? `?after=${encodeURIComponent(line.after)}` : "";
  const source = new EventSource(line.url + query);
  line.source = source;
  source.addEventListener("open", () => {
    if (line.isLost) line.handlers.found();
    line.isLost = false;
  });
  source.addEventListener("error", () => {
    hangUp(line); // it would try again by itself, but only after three seconds
    if (!line.isLost) line.handlers.lost();
    line.isLost = true;
    line.retry = setTimeout(call, RETRY_MS, line);
  });
  for (const [kind, handle] of Object.entries(line.handlers)) {
    if (!ABOUT_THE_LINE.has(kind)) listen(line, kind, handle);
  }
}

function listen(line, kind, handle) {
  line.source.addEventListener(kind, (event) => {
    if (event.lastEventId) line.after = event.lastEventId;
    if (kind === "end") {
      line.isOver = true;
      hangUp(line);
    }
    handle(JSON.parse(event.data));
  });
}

function hangUp(line) {
  clearTimeout(line.retry);
  line.source?.close();
  line.source = null;
}
