// The film of a search, as the server tells it: server-sent events that answer a POST.

/**
 * @param {object} body what is asked.
 * @param {AbortSignal} signal ends it.
 * @param {(name: string, data: object) => any} hear called for each event; awaited.
 * @throws {Error} with the server's words where it refuses; AbortError once ended.
 */
export async function followSearch(body, signal, hear) {
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch("/api/restore/search", request);
  if (!answer.ok) {
    const { error } = await answer.json().catch(() => ({}));
    throw new Error(error ?? `The server answered ${answer.status}.`);
  }
  let waiting = "";
  const write = (text) => {
    const parts = (waiting + text).replaceAll("\r\n", "\n").split("\n\n");
    waiting = parts.pop();
    return inTurn(parts.map(eventOf).filter(Boolean), hear);
  };
  await answer.body.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write }));
}

/** Each is heard once the one before has been. */
function inTurn(events, hear) {
  return events.reduce(
    (before, { name, data }) => before.then(() => hear(name, data)),
    Promise.resolve(),
  );
}

/** One event; null for a comment, which keeps the connection alive. */
function eventOf(text) {
  const lines = text.split("\n").map((line) => line.match(/^(event|data): ?(.*)$/));
  const found = Object.fromEntries(lines.filter(Boolean).map(([, field, value]) => [field, value]));
  return found.event ? { name: found.event, data: JSON.parse(found.data ?? "{}") } : null;
}
