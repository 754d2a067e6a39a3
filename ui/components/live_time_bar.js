// The bar of the time machine: it fills while a run trains; its thumb stands at the moment shown.

import { whole } from "./live_numbers.js";
import { button, make } from "./dom.js";

const SPEEDS = [0.5, 1, 2, 4];
const [PLAY, PAUSE] = ["Play the training from here on", "Pause the film"];

/**
 * @returns {object} element; controls: thumb, play, now, keep (the film, as a file); speed(): of
 *   the film; fill(row): how far
 *   training is, null for not at all; place(frame): the moment shown, null for the present;
 *   enable(can, isBack); mark(isPlaying); say(text).
 */
export function timeBar() {
  const filled = make("div");
  const progress = { class: "vl-bar", role: "progressbar", "aria-label": "Steps" };
  const bar = make("div", progress, [filled]);
  const thumb = make("input", { type: "range", min: 0, max: 1, "aria-label": "Moment" });
  const play = button("", () => {}, { class: "vl-button vl-play" });
  const now = button("Now", () => {}, { title: "Back to the newest moment (End)" });
  const keep = button("GIF", () => {}, { title: "Save the film: every kept moment, as a GIF" });
  const speed = make("select", { class: "vl-button", "aria-label": "Speed of the film" });
  speed.append(...SPEEDS.map((value) => make("option", { value, text: `${value}\u00d7` })));
  speed.value = 1;
  const where = make("span", { class: "vl-where vl-muted", role: "status" });
  const track = make("div", { class: "vl-track" }, [bar, thumb]);
  const attributes = { class: "vl-time", role: "group", "aria-label": "Time machine" };
  const element = make("div", attributes, [play, track, where, speed, keep, now]);
  let [done, shown] = [0, null];
  const follow = () => {
    now.disabled = shown === null || shown.step >= done;
  };
  return {
    element,
    controls: { thumb, play, now, keep },
    speed: () => Number(speed.value),
    fill(row) {
      done = row?.step ?? 0;
      thumb.max = row?.num_steps ?? 1;
      const percent = (100 * done) / thumb.max;
      filled.style.width = `${percent}%`;
      bar.setAttribute("aria-valuenow", Math.round(percent));
      follow();
    },
    place(frame) {
      shown = frame;
      follow();
      thumb.value = frame ? frame.step : done;
      where.textContent = frame ? momentOf(frame) : "";
      thumb.setAttribute("aria-valuetext", frame ? momentOf(frame) : "now");
    },
    enable(can, isBack) {
      for (const control of [thumb, play, speed, keep]) control.disabled = !can;
      element.classList.toggle("is-back", isBack);
    },
    mark(isPlaying) {
      play.textContent = isPlaying ? "\u275a\u275a" : "\u25b6";
      play.setAttribute("aria-label", isPlaying ? PAUSE : PLAY);
    },
    say: (text) => (where.textContent = text),
  };
}

function momentOf({ step, numbers }) {
  if (step === 0) return "before the first step";
  return `epoch ${whole(numbers.epoch)}, step ${whole(step)}`;
}
