// Numbers as people read them.

/**
 * @param {number|null} value
 * @param {number} digits after the point.
 * @returns {string} with a real minus sign; a dash for what is not a number.
 */
export function fixed(value, digits = 2) {
  if (value === null || !Number.isFinite(value)) return "\u2013";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

/** @returns {number} the value that `fixed` shows, so that sums are made of what is seen. */
export function rounded(value, digits = 2) {
  return Number(value.toFixed(digits));
}

/** @returns {string} "12,000". */
export function whole(value) {
  return Math.round(value).toLocaleString("en-US");
}

/** @returns {string} with at most three digits after the point and no zeros at its end. */
export function short(value) {
  return String(rounded(value, 3)).replace("-", "\u2212");
}
