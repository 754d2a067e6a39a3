// The axes of a map without Plotly, for a page that has to carry everything with it: a square with
// ticks. The same to its callers as `axes.js`.

import { ticksOf } from "./axes_ticks.js";
import { svg } from "./map_shapes.js";

const MARGIN = { left: 44, right: 14, top: 12, bottom: 40 };

/**
 * @param {HTMLElement} host gets the height that makes the map a square.
 * @param {{limit: number, labels: [string, string]}} options labels: of the axes; an empty one hides
 *   its ticks.
 * @returns {Promise<object>} see `createAxes` of `axes.js`.
 */
export async function createPlainAxes(host, { limit, labels }) {
  const whole = { x: [-limit, limit], y: [-limit, limit] };
  const element = svg("svg", { class: "vl-axes vl-plain-axes", "aria-hidden": "true" });
  const state = { host, element, labels, range: whole, side: sideOf(host) };
  const listeners = new Set();
  const draw = () => {
    paint(state);
    listeners.forEach((listener) => listener());
  };
  host.prepend(element);
  const observer = new ResizeObserver(() => {
    const side = sideOf(host);
    if (side === state.side || side <= 0) return;
    state.side = side;
    draw();
  });
  draw();
  observer.observe(host);
  return {
    ...geometry(state),
    range: () => state.range,
    setRange(x, y) {
      state.range = { x, y };
      draw();
    },
    reset() {
      this.setRange(whole.x, whole.y);
    },
    onChange: (listener) => listeners.add(listener),
    destroy() {
      observer.disconnect();
      listeners.clear();
      element.remove();
    },
  };
}

function sideOf(host) {
  const side = Math.floor(host.clientWidth) - MARGIN.left - MARGIN.right;
  host.style.height = `${side + MARGIN.top + MARGIN.bottom}px`;
  return side;
}

function geometry(state) {
  const box = () => {
    const { side } = state;
    return { left: MARGIN.left, top: MARGIN.top, width: side, height: side };
  };
  return {
    box,
    toPixel(x, y) {
      const { range, side } = state;
      const right = ((x - range.x[0]) / (range.x[1] - range.x[0])) * side;
      const down = ((range.y[1] - y) / (range.y[1] - range.y[0])) * side;
      return [MARGIN.left + right, MARGIN.top + down];
    },
    toData(px, py) {
      const { range, side } = state;
      const right = (px - MARGIN.left) / side;
      const down = (py - MARGIN.top) / side;
      const x = range.x[0] + right * (range.x[1] - range.x[0]);
      return [x, range.y[1] - down * (range.y[1] - range.y[0])];
    },
  };
}

function paint(state) {
  const { element, side, labels, range } = state;
  const { toPixel } = geometry(state);
  const size = { width: side + MARGIN.left + MARGIN.right, height: side + MARGIN.top + MARGIN.bottom };
  for (const [name, value] of Object.entries(size)) element.setAttribute(name, value);
  const [left, top] = [MARGIN.left, MARGIN.top];
  const [right, bottom] = [left + side, top + side];
  const parts = [svg("rect", { x: left, y: top, width: side, height: side })];
  const [zeroX, zeroY] = toPixel(0, 0);
  if (labels[0] && zeroX > left && zeroX < right) parts.push(line(zeroX, top, zeroX, bottom));
  if (labels[1] && zeroY > top && zeroY < bottom) parts.push(line(left, zeroY, right, zeroY));
  const across = ticksOf(range.x);
  const up = ticksOf(range.y);
  if (labels[0]) {
    across.tickvals.forEach((value, place) =>
      parts.push(text(toPixel(value, 0)[0], bottom + 16, across.ticktext[place], "middle")),
    );
    parts.push(text((left + right) / 2, bottom + 34, nameOf(labels[0]), "middle"));
  }
  if (labels[1]) {
    up.tickvals.forEach((value, place) =>
      parts.push(text(left - 6, toPixel(0, value)[1] + 5, up.ticktext[place], "end")),
    );
    const turned = { transform: `rotate(-90 12 ${(top + bottom) / 2})` };
    parts.push(text(12, (top + bottom) / 2, nameOf(labels[1]), "middle", turned));
  }
  element.replaceChildren(...parts);
}

const nameOf = (label) => (/^z\d/.test(label) ? `number ${label.slice(1)} (${label})` : label);

const line = (x1, y1, x2, y2) => svg("line", { x1, y1, x2, y2 });

function text(x, y, content, anchor, more = {}) {
  const element = svg("text", { x, y, "text-anchor": anchor, ...more });
  element.textContent = content;
  return element;
}
