// The lab's keys: space for new images, arrows for the level; the keys of a presenter's clicker.

const OWN_ARROWS = "input, select, textarea, [contenteditable], [role=slider]";
const OWN_SPACE = "button, summary, a, input, select, textarea, [contenteditable]";

const ACROSS = { ArrowLeft: -1, ArrowRight: 1 };
const ALONG = { ArrowDown: -1, ArrowUp: 1 };
const PAGES = { PageUp: -1, PageDown: 1 };

/**
 * @param {HTMLElement} element hears keys while the focus is in it.
 * @param {object} steps see `lab_steps.js`.
 * @param {boolean} hasAll whether up and down are the level's too, and pages turn images: where
 *   nothing scrolls.
 */
export function listenToKeys(element, steps, hasAll = false) {
  element.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const { target } = event;
    const isLevel = target.matches(".vl-lab-range");
    const page = hasAll ? PAGES[event.key] : undefined;
    const by = isLevel || hasAll ? { ...ACROSS, ...ALONG }[event.key] : ACROSS[event.key];
    if (event.key === " " && !target.closest(OWN_SPACE)) steps.images(1);
    else if (page) steps.images(page);
    else if (by && (isLevel || !target.closest(OWN_ARROWS))) steps.nudge(by);
    else return;
    event.preventDefault();
    event.stopPropagation(); // a presentation lies within the lab, which listens too
  });
}
