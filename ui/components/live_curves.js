// The loss over the epochs, as layers that stand on each other: their top edge is the loss.

import { loadPlotly } from "./axes.js";
import { createPace } from "./live_pace.js";
import { make } from "./dom.js";

const EVERY_MS = 200;
const MAX_POINTS = 400;
const CONFIG = { displayModeBar: false, doubleClick: false, responsive: true };

/**
 * @returns {{element: HTMLElement, dress: (data: object) => void, add: (rows: object[]) => void,
 *   clear: () => void, close: () => void}} `element.dataset.rows` counts every row that arrived;
 *   dress: take over what `live.py` says, and the page's colours; mark: a line at an epoch, none for
 *   null.
 */
export function curves() {
  const plot = make("div", { class: "vl-curves-plot" });
  const element = make("div", { class: "vl-curves", "data-rows": 0 }, [plot]);
  const state = { data: null, steps: [], plotly: null, drawing: null, epoch: null };
  const pace = createPace(() => draw(plot, state), EVERY_MS);
  const follow = new ResizeObserver(() => pace.ask());
  follow.observe(element);
  const count = (num) => {
    element.dataset.rows = num;
    pace.ask();
  };
  return {
    element,
    dress(data) {
      state.data = data;
      state.plotly ??= loadPlotly(document, data.plotlyUrl);
      pace.ask();
    },
    add(rows) {
      state.steps.push(...rows.filter((row) => row.kind === "progress"));
      count(Number(element.dataset.rows) + rows.length);
    },
    mark(epoch) {
      state.epoch = epoch;
      pace.ask();
    },
    clear() {
      state.steps = [];
      count(0);
    },
    close() {
      pace.close();
      follow.disconnect();
      state.data = null;
      state.plotly?.then(async (plotly) => {
        await state.drawing; // Plotly tells the plot when it has drawn
        plotly.purge(plot);
      });
    },
  };
}

async function draw(plot, state) {
  const plotly = await state.plotly;
  if (!state.data || !plot.clientWidth) return; // closed, or out of sight
  const colour = (name) => getComputedStyle(plot).getPropertyValue(`--vl-${name}`).trim();
  const steps = thinned(state.steps);
  const shapes = state.epoch === null ? [] : [lineAt(state.epoch, colour("primary"))];
  const look = { ...layout(steps, state.data, colour), shapes };
  const drawing = [traces(steps, state.data, colour), look];
  state.drawing = plotly.react(plot, ...drawing, CONFIG);
  await state.drawing;
  plot.dataset.step = steps.at(-1)?.step ?? 0;
}

/** Every so many rows, counted from the newest, so that the last one is always drawn. */
function thinned(steps) {
  const every = Math.ceil((steps.length + 1) / MAX_POINTS);
  return steps.filter((_, place) => (steps.length - 1 - place) % every === 0);
}

function traces(steps, { hasKl }, colour) {
  const x = steps.map((row) => row.epoch);
  const shared = { x, mode: "lines", type: "scatter", hovertemplate: "%{y:.2f}" };
  const line = (name, y, color, width) => ({ ...shared, name, y, line: { color, width } });
  const layer = (name, y, color) => ({ ...line(name, y, color, 1.5), stackgroup: "loss" });
  const recon = steps.map((row) => row.recon_nats);
  const layers = [layer("reconstruction", recon, colour("reconstruction"))];
  if (hasKl) {
    const kl = steps.map((row) => row.beta * (row.kl_nats ?? 0));
    layers.push(layer("beta \u00d7 KL", kl, colour("kl")));
  }
  const loss = steps.map((row) => row.loss_nats);
  return [...layers, line("loss", loss, colour("text"), 2)];
}

function lineAt(epoch, color) {
  return { type: "line", x0: epoch, x1: epoch, y0: 0, y1: 1, yref: "paper", line: { color, width: 2 } };
}

function layout(steps, { epochs, font }, colour) {
  const late = steps.slice(Math.floor(steps.length / 50)).map((row) => row.loss_nats);
  const top = late.length ? Math.max(...late) : 1;
  const axis = { fixedrange: true, zeroline: false };
  return {
    autosize: true,
    margin: { l: 40, r: 16, t: 8, b: 36 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: colour("soft"), bordercolor: colour("line") },
    dragmode: false,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: font, size: 13, color: colour("muted") },
    showlegend: false, // the line above has the same words in the same colours
    xaxis: {
      ...axis,
      title: { text: "epoch", standoff: 6, font: { size: 13 } },
      range: [0, epochs],
      showgrid: false,
      ticklabeloverflow: "allow",
      linecolor: colour("line"),
    },
    yaxis: {
      ...axis,
      range: [0, 1.08 * top],
      gridcolor: colour("line"),
      showticklabels: steps.length > 0,
    },
  };
}
