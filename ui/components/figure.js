// A chart with lines, drawn by Plotly. Where there is room, each line has its name beside its end;
// on a narrow page the names are a key under the chart. Numbers mark some places.

import { loadPlotly } from "./axes.js";
import { make } from "./dom.js";

const NARROW = 640; // pixels
const LINE_HEIGHT = 18;
const LETTER = 7; // width
const BADGE = 22; // across
const CONFIG = { displayModeBar: false, doubleClick: false };

const views = new WeakMap();

/**
 * Draw the chart, or bring it up to date; see `ui/components/figure.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement }) {
  const view = views.get(parentElement) ?? open(parentElement);
  views.set(parentElement, view);
  const turn = Symbol("mounting");
  view.turn = turn;
  view.show(data);
  return () => {
    if (view.turn !== turn) return; // overtaken by a newer mounting
    view.close();
    views.delete(parentElement);
  };
}

function open(parentElement) {
  const plot = make("div", { class: "vl-figure-plot", role: "img" });
  const key = make("ul", { class: "vl-figure-key" });
  const root = make("div", { class: "vl-figure" }, [plot, key]);
  parentElement.append(root);
  const state = { data: null, width: 0, drawing: null };
  const draw = async () => {
    const plotly = await loadPlotly(document, state.data.plotlyUrl);
    if (!state.data || !plot.clientWidth) return; // closed, or out of sight
    state.width = plot.clientWidth;
    const { figure, names } = state.data;
    const isNarrow = state.width < NARROW;
    key.replaceChildren(...(isNarrow ? names.map(keyEntry) : []));
    const room = isNarrow ? {} : namesBeside(figure.layout, names);
    const layout = { ...figure.layout, ...room, width: state.width };
    const lines = [...figure.data, badges(layout, state.data.marks, plot)];
    state.drawing = plotly.react(plot, lines, layout, CONFIG);
    await state.drawing;
    root.dataset.drawn = figure.data.length;
  };
  const observer = new ResizeObserver(() => {
    if (state.data && plot.clientWidth !== state.width) draw();
  });
  observer.observe(root);
  return {
    turn: null,
    show(data) {
      state.data = data;
      plot.setAttribute("aria-label", data.spoken);
      plot.style.minHeight = `${data.figure.layout.height}px`; // while Plotly loads
      draw();
    },
    close() {
      observer.disconnect();
      const url = state.data.plotlyUrl;
      state.data = null;
      loadPlotly(document, url).then(async (plotly) => {
        await state.drawing; // Plotly tells the plot when it has drawn
        plotly.purge(plot);
      });
      root.remove();
    },
  };
}

/** Room at the right, and each name there beside its line, none over another. */
function namesBeside(layout, names) {
  const { t, b, r } = layout.margin;
  const height = layout.height - t - b;
  const [low, high] = layout.yaxis.range;
  const wanted = names.map(({ y }) => ((high - y) / (high - low)) * height);
  const tops = apart(wanted, height);
  const longest = Math.max(0, ...names.map(({ text }) => text.length));
  const annotations = names.map(({ text, colour, mark }, place) => ({
    xref: "paper",
    x: 1,
    xanchor: "left",
    xshift: 8,
    yref: "paper",
    y: 1 - tops[place] / height,
    yanchor: "middle",
    showarrow: false,
    text: `${mark} ${escaped(text)}`,
    font: { color: colour, size: 14 },
    align: "left",
  }));
  const margin = { ...layout.margin, r: r + 16 + LETTER * (longest + 3) };
  return { annotations, margin };
}

/** Places like those wanted, in the same order, at least a line apart, as far as there is room. */
function apart(wanted, height) {
  const order = wanted.map((_, place) => place).sort((a, b) => wanted[a] - wanted[b]);
  const tops = wanted.map((top) => Math.min(height, Math.max(0, top)));
  for (let i = 1; i < order.length; i += 1) {
    tops[order[i]] = Math.max(tops[order[i]], tops[order[i - 1]] + LINE_HEIGHT);
  }
  let lowest = height;
  for (const place of order.toReversed()) {
    tops[place] = Math.min(tops[place], lowest);
    lowest = tops[place] - LINE_HEIGHT;
  }
  return tops;
}

/** Numbers on their places, or a little above or below them where one would hide another. */
function badges(layout, marks, plot) {
  const { l, r, t, b } = layout.margin;
  const across = scaleOf(layout.xaxis.range, layout.width - l - r);
  const up = scaleOf(layout.yaxis.range, layout.height - t - b);
  const [low, high] = layout.yaxis.range;
  const placed = [];
  for (const [x, y] of marks) {
    const away = (at, it) => Math.hypot((x - it.x) * across, (at - it.y) * up);
    const isFree = (at) => at >= low && at <= high && placed.every((it) => away(at, it) >= BADGE);
    const steps = [0, 1, -1, 2, -2, 3, -3, 4, -4];
    const shift = steps.find((step) => isFree(y + (step * BADGE) / up)) ?? 0;
    placed.push({ x, y: Math.min(high, y + (shift * BADGE) / up) });
  }
  const colour = (name) => getComputedStyle(plot).getPropertyValue(`--vl-${name}`).trim();
  return {
    type: "scatter",
    mode: "markers+text",
    x: placed.map(({ x }) => x),
    y: placed.map(({ y }) => y),
    text: placed.map((_, place) => `${place + 1}`),
    textfont: { size: 13, color: colour("text") },
    marker: {
      size: BADGE - 2,
      color: colour("background"),
      line: { color: colour("text"), width: 1.5 },
    },
    cliponaxis: false,
    hoverinfo: "skip",
  };
}

/** Pixels for each unit of an axis. */
const scaleOf = (range, length) => length / (range[1] - range[0]);

function keyEntry({ text, colour, dash, mark }) {
  const sample = make("i", { class: dash === "solid" ? "" : "vl-dashed" });
  const entry = make("li", {}, [sample, make("span", { text: `${mark} ${text}` })]);
  entry.style.setProperty("--line", colour);
  return entry;
}

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
