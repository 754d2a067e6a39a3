// Small helpers for building a component's elements.

/**
 * @param {string} tag
 * @param {object} attributes as in HTML; `text` is its text; true sets a bare one, null none.
 * @param {(Node|string)[]} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} text
 * @param {() => void} press
 * @param {object} attributes
 * @returns {HTMLButtonElement}
 */
export function button(text, press, attributes = {}) {
  const element = make("button", { type: "button", class: "vl-button", text, ...attributes });
  element.addEventListener("click", press);
  return element;
}

/**
 * A few words, each a radio button; arrow keys move between them.
 * @param {string} label of the group.
 * @param {[string, string][]} options value and text.
 * @param {(value: string) => void} choose
 * @returns {HTMLElement & {select: (value: string) => void}}
 */
export function choices(label, options, choose) {
  const name = uniqueName();
  const inputs = new Map();
  const element = make("div", { class: "vl-choices", role: "radiogroup", "aria-label": label });
  for (const [value, text] of options) {
    const input = make("input", { type: "radio", name, value });
    input.addEventListener("change", () => choose(value));
    inputs.set(value, input);
    element.append(make("label", {}, [input, make("span", { text })]));
  }
  return Object.assign(element, {
    select: (value) => {
      const input = inputs.get(value);
      if (input) input.checked = true;
    },
  });
}

/** What a nat is, wherever numbers are in it. */
export const NAT = "A nat is a unit of information: 1 nat is 1.44 yes-or-no answers (bits).";

/** A question mark that explains something under the pointer, on a tap or a Tab. */
export function help(name, explained) {
  const spoken = { tabindex: 0, role: "note", "aria-label": `${name}: ${explained}` };
  return make("span", { class: "vl-help", text: "?", "data-help": explained, ...spoken });
}

/** A name that no other group of radio buttons on the page has. */
export function uniqueName() {
  return `vl-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
}

/**
 * @param {number} value
 * @param {number} step of the slider that shows it.
 * @returns {string} with as many decimals as the step has, and a real minus sign.
 */
export function shown(value, step) {
  const decimals = Math.max(0, -Math.round(Math.log10(step)));
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

/** "a 3", "an 8", "an ankle boot". */
export function a(noun) {
  return `${/^[8aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;
}
