// A chart with lines, drawn by Plotly. Where there is room, each line has its name beside its end;
// on a narrow page the names are a key under the chart.

import { loadPlotly } from "./axes.js";
import { make } from "./dom.js";

const NARROW = 640; // pixels
const LINE_HEIGHT = 18;
const LETTER = 7; // width
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
  const state = { data: null, width: 0 };
  const draw = async () => {
    const plotly = await loadPlotly(document, state.data.plotlyUrl);
    if (!state.data || !plot.clientWidth) return; // closed, or out of sight
    state.width = plot.clientWidth;
    const { figure, names } = state.data;
    const isNarrow = state.width < NARROW;
    key.replaceChildren(...(isNarrow ? names.map(keyEntry) : []));
    const room = isNarrow ? {} : namesBeside(figure.layout, names);
    await plotly.react(plot, figure.data, { ...figure.layout, ...room, width: state.width }, CONFIG);
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
      loadPlotly(document, url).then((plotly) => plotly.purge(plot));
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

function keyEntry({ text, colour, dash, mark }) {
  const sample = make("i", { class: dash === "solid" ? "" : "vl-dashed" });
  const entry = make("li", {}, [sample, make("span", { text: `${mark} ${text}` })]);
  entry.style.setProperty("--line", colour);
  return entry;
}

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
