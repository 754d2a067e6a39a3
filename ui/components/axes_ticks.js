// The ticks of a map's axis that was moved: as `ui/charts.py` sets those of one that was not.

/**
 * @param {[number, number]} range of the axis.
 * @returns {{tickvals: number[], ticktext: string[]}}
 */
export function ticksOf([from, to]) {
  const step = stepOf((to - from) / 2);
  const first = Math.ceil(from / step - 1e-9);
  const num = Math.floor(to / step + 1e-9) - first + 1;
  const places = Array.from({ length: num }, (_, place) => first + place);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    tickvals: places.map((place) => place * step),
    ticktext: places.map((place) => (place * step).toFixed(decimals).replace("-", "\u2212")),
  };
}

/** 1, 2 or 5 times a power of ten. */
function stepOf(half) {
  for (let power = Math.floor(Math.log10(half)) - 1; ; power += 1) {
    for (const factor of [1, 2, 5]) {
      const step = factor * 10 ** power;
      if (half < 4 * step) return step;
    }
  }
}
