// Encoders and decoders in the page: what `vae_core/export` wrote, run in plain JavaScript.

import { MEANS, POSTERIORS } from "./ends.js";
import { build } from "./layers.js";
import { embedding } from "./told.js";

const MAGIC = "VAEN";
const FORMAT = 1;
const POWERS = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 25));

/**
 * Fetch a network.
 * @param {string} url
 * @param {AbortSignal} [signal] gives it up.
 * @returns {Promise<object>} see `parseNet`.
 */
export async function loadNet(url, signal) {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}; expected a network.`);
  return parseNet(await answer.arrayBuffer());
}

/**
 * @param {ArrayBuffer} buffer a file of `vae_core/export`.
 * @returns {{part: string, inputShape: number[], outputShape: number[], told: object[],
 *   run: (values: ArrayLike<number>, told?: object) => any}} a network. `run(values, told)` of a
 *   decoder takes D numbers and gives a picture, a new Float32Array of C * H * W numbers in [0, 1];
 *   that of an encoder takes a picture and gives {mean, logvar}, D numbers each, logvar null for an
 *   autoencoder. `told` maps a condition's name to a class or to an array of numbers; what is
 *   missing, null or negative, or an array with a gap (null, NaN), counts as not told. `net.told`
 *   lists what there is to tell: {name, kind, knowsNull} with `classes` or `entries`, how many.
 */
export function parseNet(buffer) {
  const { header, block } = parse(buffer);
  const tensor = reader(block);
  const embed = embedding(header.told, tensor);
  const layers = build(header.layers, tensor, embed.vector);
  const end = ending(header);
  const input = new Float32Array(product(header.input));
  return {
    part: header.part,
    inputShape: header.input,
    outputShape: header.output,
    told: header.told.map(({ name, kind, knowsNull, classes, entries }) =>
      kind === "category" ? { name, kind, knowsNull, classes } : { name, kind, knowsNull, entries },
    ),
    run(values, told = {}) {
      if (values.length !== input.length) {
        const received = `${values.length} numbers received`;
        throw new Error(`${received}; this ${header.part} expects ${input.length}.`);
      }
      input.set(values);
      embed.tell(told);
      return end(layers(input));
    },
  };
}

function parse(buffer) {
  const start = new TextDecoder().decode(new Uint8Array(buffer, 0, Math.min(4, buffer.byteLength)));
  if (start !== MAGIC) {
    throw new Error(`A file that begins with "${start}" received; expected "${MAGIC}", a network.`);
  }
  const length = buffer.byteLength < 8 ? 0 : new DataView(buffer).getUint32(4, true);
  need(buffer.byteLength, 8 + length);
  const header = headerOf(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  if (header.format !== FORMAT) {
    throw new Error(`Format ${header.format} received; this page expects format ${FORMAT}.`);
  }
  return { header, block: buffer.slice(8 + length) };
}

function need(received, expected) {
  if (received >= expected) return;
  const sizes = `${received} bytes received, at least ${expected} expected`;
  throw new Error(`The network's file is cut short: ${sizes}.`);
}

function headerOf(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    const received = `A header that begins with "${text.slice(0, 20)}" received`;
    throw new Error(`${received}; expected JSON.`, { cause: error });
  }
}

function reader(block) {
  return ({ at, length, type }) => {
    need(block.byteLength, at + length * (type === "f2" ? 2 : 4));
    return type === "f4" ? new Float32Array(block, at, length) : halves(block, at, length);
  };
}

function halves(block, at, length) {
  const bits = new Uint16Array(block, at, length);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i += 1) values[i] = fromHalf(bits[i]);
  return values;
}

// Neither infinite nor NaN: those are never written.
function fromHalf(bits) {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const size = exponent === 0 ? fraction * POWERS[1] : (1024 + fraction) * POWERS[exponent];
  return bits & 0x8000 ? -size : size;
}

function ending({ part, end, output }) {
  const ends = part === "decoder" ? MEANS : POSTERIORS;
  if (!(end.op in ends)) {
    const known = Object.keys(ends).join(", ");
    throw new Error(`End "${end.op}" received; this page expects one of ${known}.`);
  }
  return (params) => ends[end.op](params, end, product(output));
}

const product = (shape) => shape.reduce((result, side) => result * side, 1);
