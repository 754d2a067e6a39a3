// What stands at the end of a network: a picture from the likelihood's parameters, or a posterior.
// The formulas are those of `vae_core/likelihoods`, `mean`.

const TINY = 1e-12; // of 1 / s: see likelihoods/logistic.py

/** (params, op, number of values) -> Float32Array in [0, 1]; only the mean's planes are read. */
export const MEANS = {
  bernoulli: (params, op, num) => each(params, num, sigmoid),
  clip: (params, op, num) => each(params, num, clip),
  "continuous-bernoulli": (params, op, num) => each(params, num, continuousBernoulli),
  "discretised-logistic": logistic,
};

/** (params, op) -> {mean, logvar or null}, D numbers each. */
export const POSTERIORS = {
  point: (params) => ({ mean: Float32Array.from(params), logvar: null }),
  gaussian: (params, { bound }) => {
    const dim = params.length / 2;
    const soft = (raw) => bound * Math.tanh(raw / bound);
    return { mean: params.slice(0, dim), logvar: params.slice(dim).map(soft) };
  },
};

function each(params, num, change) {
  const picture = new Float32Array(num);
  for (let i = 0; i < num; i += 1) picture[i] = change(params[i]);
  return picture;
}

const sigmoid = (value) => 1 / (1 + Math.exp(-value));
const clip = (value) => Math.min(1, Math.max(0, value));
// log(1 + exp(value)), for values of any size.
const softplus = (value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));

function continuousBernoulli(logit) {
  const rate = Math.abs(logit);
  if (rate < 0.1) return 0.5 + logit / 12; // both terms of the formula grow without bound
  const distance = 1 / rate + Math.exp(-rate) / Math.expm1(-rate);
  return logit > 0 ? 1 - distance : distance;
}

function logistic(params, { levels, half, floor, start }, num) {
  const picture = new Float32Array(num);
  for (let i = 0; i < num; i += 1) {
    const inverse = Math.max(TINY, Math.exp(-(floor + softplus(start + params[num + i] - floor))));
    picture[i] = clip(
      levels <= 32 ? steps(params[i], inverse, levels, half) : ramp(params[i], inverse),
    );
  }
  return picture;
}

function steps(mean, inverse, levels, half) {
  let total = 0;
  for (let k = 1; k < levels; k += 1) total += sigmoid((mean - (2 * k - 1) * half) * inverse);
  return total / (levels - 1);
}

function ramp(mean, inverse) {
  const upper = (mean - 1) * inverse;
  if (inverse > 10) return (softplus(mean * inverse) - softplus(upper)) / inverse;
  return Math.log1p(sigmoid(upper) * Math.expm1(inverse)) / inverse;
}
