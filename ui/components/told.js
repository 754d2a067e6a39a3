// What a network is told beside its numbers, as one vector: see `vae_core/models/conditions.py`.

import { build } from "./layers.js";

/**
 * @param {object[]} parts `told` of a network's header.
 * @param {(place: object) => Float32Array} tensor
 * @returns {{vector: Float32Array, tell: (told: object) => void}} `tell` writes into `vector`, each
 *   condition's embedding beside the next; it throws for a class or numbers that cannot be.
 */
export function embedding(parts, tensor) {
  const vector = new Float32Array(parts.reduce((sum, part) => sum + part.size, 0));
  let start = 0;
  const writers = parts.map((part) => {
    const place = start;
    start += part.size;
    const embed = part.kind === "category" ? category(part, tensor) : numbers(part, tensor);
    return (told) => vector.set(embed(told[part.name] ?? null), place);
  });
  return { vector, tell: (told) => writers.forEach((write) => write(told)) };
}

function category({ name, classes, size, table }, tensor) {
  const rows = tensor(table);
  const row = (index) => rows.subarray(index * size, (index + 1) * size);
  return (value) => {
    if (value === null || value < 0 || Number.isNaN(value)) return row(classes);
    if (Number.isInteger(value) && value < classes) return row(value);
    throw new Error(`Class ${value} of "${name}" received; expected 0 to ${classes - 1}.`);
  };
}

const isGap = (entry) => Number.isNaN(entry ?? NaN);

function numbers({ name, entries, layers, null: notTold }, tensor) {
  const run = build(layers, tensor);
  const absent = tensor(notTold);
  const input = new Float32Array(entries);
  return (values) => {
    if (values === null) return absent;
    const given = Array.from(values);
    if (given.length !== entries) {
      const received = `${given.length} numbers for "${name}" received`;
      throw new Error(`${received}; expected ${entries}.`);
    }
    if (given.some(isGap)) return absent;
    input.set(given);
    return run(input);
  };
}
