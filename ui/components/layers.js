// The layers of `net.js`: each makes a function from numbers to numbers, one item at a time,
// channel by channel, row by row. Buffers are made once and written over at each run.

/** How to build each layer: (op, tensor, told vector) -> (Float32Array) -> Float32Array. */
const LAYERS = {
  linear,
  conv: (op, tensor) => convolution(op, tensor, windowsOf(op)),
  conv_transpose: (op, tensor) => convolution(op, tensor, windowsOfTransposed(op)),
  concatenate,
  scale,
  layer_norm: layerNorm,
  silu: () => inPlace((value) => value / (1 + Math.exp(-value))),
  relu: () => inPlace((value) => (value > 0 ? value : 0)),
  tanh: () => inPlace(Math.tanh),
};

/**
 * All layers of a network as one function.
 * @param {object[]} ops layers of a header.
 * @param {(place: object) => Float32Array} tensor
 * @param {Float32Array} [told] what is concatenated; read at each run.
 * @returns {(values: Float32Array) => Float32Array} its result is written over by the next run.
 */
export function build(ops, tensor, told) {
  const steps = ops.map((op) => {
    if (op.op in LAYERS) return LAYERS[op.op](op, tensor, told);
    const known = Object.keys(LAYERS).join(", ");
    throw new Error(`Layer "${op.op}" received; this page expects one of ${known}.`);
  });
  return (values) => steps.reduce((result, step) => step(result), values);
}

function inPlace(change) {
  return (values) => {
    for (let i = 0; i < values.length; i += 1) values[i] = change(values[i]);
    return values;
  };
}

function concatenate(op, tensor, told) {
  const joined = new Float32Array(op.out);
  return (values) => {
    joined.set(values);
    joined.set(told, op.in);
    return joined;
  };
}

const upToFour = (count) => Math.ceil(count / 4) * 4;

/**
 * sums += matrix * vector, four rows at a time: each number of the vector is read once for four
 * products, and no sum waits for its own last step. sums.length rows, a multiple of four.
 */
function addProducts(sums, weight, from, values, start, width) {
  for (let row = 0; row < sums.length; row += 4) {
    const first = from + row * width;
    const second = first + width;
    const third = second + width;
    const fourth = third + width;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < width; i += 1) {
      const value = values[start + i];
      a += weight[first + i] * value;
      b += weight[second + i] * value;
      c += weight[third + i] * value;
      d += weight[fourth + i] * value;
    }
    sums[row] += a;
    sums[row + 1] += b;
    sums[row + 2] += c;
    sums[row + 3] += d;
  }
}

function linear(op, tensor) {
  const weight = new Float32Array(upToFour(op.out) * op.in);
  weight.set(tensor(op.weight));
  const bias = tensor(op.bias);
  const sums = new Float32Array(upToFour(op.out));
  const output = sums.subarray(0, op.out);
  return (values) => {
    output.set(bias);
    addProducts(sums, weight, 0, values, 0, op.in);
    return output;
  };
}

/**
 * For one axis: each output place is a sum over some [input place, place in the kernel].
 * A transposed convolution is the same with another list, so that both share one loop.
 */
function pairs(outputs, inputs, kernel, reads) {
  return Array.from({ length: outputs }, (_, out) => {
    const found = [];
    for (let k = 0; k < kernel; k += 1) {
      const place = reads(out, k);
      if (Number.isInteger(place) && place >= 0 && place < inputs) found.push([place, k]);
    }
    return found;
  });
}

function windowsOf({ in: before, out: after, kernel, stride, padding }) {
  return [0, 1].map((axis) =>
    pairs(after[axis + 1], before[axis + 1], kernel[axis], (out, k) =>
      out * stride[axis] - padding[axis] + k,
    ),
  );
}

function windowsOfTransposed({ in: before, out: after, kernel, stride, padding }) {
  return [0, 1].map((axis) =>
    pairs(after[axis + 1], before[axis + 1], kernel[axis], (out, k) =>
      (out + padding[axis] - k) / stride[axis],
    ),
  );
}

/** Weights by place in the kernel, then output channel, then input channel: read in one go. */
function kernelRows(op, weight) {
  const [inputs, outputs] = [op.in[0], op.out[0]];
  const size = op.kernel[0] * op.kernel[1];
  const rows = new Float32Array(size * upToFour(outputs) * inputs);
  for (let o = 0; o < outputs; o += 1) {
    for (let i = 0; i < inputs; i += 1) {
      const pair = op.op === "conv" ? o * inputs + i : i * outputs + o;
      for (let k = 0; k < size; k += 1) {
        rows[(k * upToFour(outputs) + o) * inputs + i] = weight[pair * size + k];
      }
    }
  }
  return rows;
}

function convolution(op, tensor, [rowsOf, columnsOf]) {
  const weight = kernelRows(op, tensor(op.weight));
  const bias = tensor(op.bias);
  const [inputs, inHeight, inWidth] = op.in;
  const [outputs, outHeight, outWidth] = op.out;
  const places = new Float32Array(inputs * inHeight * inWidth); // channels of a place together
  const output = new Float32Array(outputs * outHeight * outWidth);
  const sums = new Float32Array(upToFour(outputs));
  const at = (row, column) => {
    sums.set(bias);
    for (const [inRow, kernelRow] of rowsOf[row]) {
      for (const [inColumn, kernelColumn] of columnsOf[column]) {
        const from = (kernelRow * op.kernel[1] + kernelColumn) * sums.length * inputs;
        addProducts(sums, weight, from, places, (inRow * inWidth + inColumn) * inputs, inputs);
      }
    }
    for (let o = 0; o < outputs; o += 1) {
      output[(o * outHeight + row) * outWidth + column] = sums[o];
    }
  };
  return (values) => {
    const area = inHeight * inWidth;
    for (let i = 0; i < inputs; i += 1) {
      for (let p = 0; p < area; p += 1) places[p * inputs + i] = values[i * area + p];
    }
    for (let row = 0; row < outHeight; row += 1) {
      for (let column = 0; column < outWidth; column += 1) at(row, column);
    }
    return output;
  };
}

function scale(op, tensor) {
  const factors = tensor(op.scale);
  const shifts = tensor(op.shift);
  return (values) => {
    const area = values.length / factors.length;
    for (let i = 0; i < values.length; i += 1) {
      const channel = Math.floor(i / area);
      values[i] = values[i] * factors[channel] + shifts[channel];
    }
    return values;
  };
}

function layerNorm(op, tensor) {
  const scaled = scale(op, tensor);
  return (values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const factor = 1 / Math.sqrt(variance + op.eps);
    for (let i = 0; i < values.length; i += 1) values[i] = (values[i] - mean) * factor;
    return scaled(values);
  };
}
