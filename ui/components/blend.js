// Arithmetic on latents: between two of them, and what one has and another lacks.

const PARALLEL = 1e-3;

/**
 * On a straight line: every number changes evenly.
 * @param {number[]} a D numbers.
 * @param {number[]} b
 * @param {number} t 0 is a, 1 is b.
 * @returns {number[]}
 */
export function straight(a, b, t) {
  return weighted([a, b], [1 - t, t]);
}

/**
 * On an arc around the origin: the direction turns evenly (Shoemake 1985, "slerp"), and the length
 * changes evenly. Nearly parallel or opposite ones have no arc of their own, and get the straight
 * line.
 * @param {number[]} a D numbers.
 * @param {number[]} b
 * @param {number} t 0 is a, 1 is b.
 * @returns {number[]}
 */
export function arc(a, b, t) {
  const lengths = [Math.sqrt(dot(a, a)), Math.sqrt(dot(b, b))];
  const cosine = dot(a, b) / (lengths[0] * lengths[1]);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  if (!(sine > PARALLEL)) return straight(a, b, t); // also where one of them is the origin
  const length = (1 - t) * lengths[0] + t * lengths[1];
  const turned = [Math.sin((1 - t) * angle), Math.sin(t * angle)];
  return weighted([a, b], turned.map((part, which) => (length * part) / (sine * lengths[which])));
}

/**
 * c, and of what a has and b lacks as much as `strength` says.
 * @param {number[]} a
 * @param {number[]} b
 * @param {number[]} c
 * @param {number} strength 0 is c, 1 is a - b + c.
 * @returns {number[]}
 */
export function given(a, b, c, strength) {
  return weighted([a, b, c], [strength, -strength, 1]);
}

function weighted(vectors, weights) {
  return vectors[0].map((_, dim) =>
    vectors.reduce((sum, vector, which) => sum + weights[which] * vector[dim], 0),
  );
}

function dot(a, b) {
  return a.reduce((sum, value, dim) => sum + value * b[dim], 0);
}
