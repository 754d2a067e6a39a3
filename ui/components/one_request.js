// Requests to the server as a hand makes them: one in flight, and of those that wait for the same
// slot only the newest.

const REFUSED_NOTE = "The server no longer has this model as it was. Reload the page.";
const LOST_NOTE = "The server does not answer; pictures follow once it does.";
const RETRY_MS = 1000;

/**
 * @param {(note: string) => void} say called when there is something to tell a person.
 * @param {string} usual what is said while all is well; "" for nothing.
 * @param {(text: string) => string} refused what is said instead of the server's words, where it
 *   will never answer this.
 * @returns {{ask: (slot: string, request: {url: string, body: object, read: (answer: Response) =>
 *   Promise<any>}, done: (result: any) => void) => void, drop: (slot: string) => void,
 *   close: () => void}} ask: send the body as JSON and call done with what `read` makes of the
 *   answer, unless a newer request for that slot came first. A lost one is sent again. drop: forget
 *   what waits for a slot.
 */
export function oneRequest(say, usual = "", refused = () => REFUSED_NOTE) {
  const waiting = new Map();
  const closing = new AbortController();
  let busy = false;
  const next = async () => {
    if (busy || !waiting.size || closing.signal.aborted) return;
    busy = true;
    const [slot, job] = waiting.entries().next().value;
    waiting.delete(slot);
    try {
      const result = await send(job.request, closing.signal);
      say(usual);
      if (!closing.signal.aborted) job.done(result);
    } catch (error) {
      if (error.isRefusal) {
        say(refused(error.message));
      } else if (!closing.signal.aborted) {
        say(LOST_NOTE);
        if (!waiting.has(slot)) waiting.set(slot, job);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    busy = false;
    next();
  };
  return {
    ask(slot, request, done) {
      waiting.set(slot, { request, done });
      next();
    },
    drop: (slot) => waiting.delete(slot),
    close: () => closing.abort(),
  };
}

async function send({ url, body, read }, signal) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  if (!answer.ok) {
    const isRefusal = answer.status >= 400 && answer.status < 500;
    const { error } = isRefusal ? await answer.json().catch(() => ({})) : {};
    const text = error ?? `The server answered ${answer.status}.`;
    throw Object.assign(new Error(text), { isRefusal });
  }
  return read(answer);
}
