// The lab's keys: space for new images, arrows for the level.

const OWN_ARROWS = "input, select, textarea, [contenteditable], [role=slider]";
const OWN_SPACE = "button, summary, a, input, select, textarea, [contenteditable]";

/**
 * @param {HTMLElement} element hears keys while the focus is in it.
 * @param {object} steps see `lab_steps.js`.
 */
export function listenToKeys(element, steps) {
  element.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    const isLevel = target.matches(".vl-lab-range");
    if (event.key === " " && !target.closest(OWN_SPACE)) steps.images();
    else if (isArrow(event.key) && (isLevel || !target.closest(OWN_ARROWS))) {
      steps.nudge(event.key === "ArrowRight" || event.key === "ArrowUp" ? 1 : -1);
    } else return;
    event.preventDefault();
  });
}

/** Up and down scroll the page, unless they are the slider's. */
const isArrow = (key) => key === "ArrowLeft" || key === "ArrowRight";
