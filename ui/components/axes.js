// The axes of a map: drawn by Plotly, moved by us. Points, marks and pictures are laid over them.

import { ticksOf } from "./axes_ticks.js";

const loading = new WeakMap(); // of a document: the promise of its Plotly

/**
 * Draw axes into an element and keep them at its width.
 * @param {HTMLElement} host gets the figure's height; what lies over the axes belongs into it too.
 * @param {{plotlyUrl: string, figure: object}} options figure: from `ui/charts.py`, `axes_figure`.
 * @returns {Promise<object>} box() -> {left, top, width, height} of the plotting area in CSS pixels
 *   of the host; toPixel(x, y), toData(px, py) between map and host; range() -> {x: [from, to], y};
 *   setRange(x, y); reset() to the figure's range; onChange(fn) after box or range changed;
 *   setFigure(figure) for another theme or model; destroy().
 */
export async function createAxes(host, { plotlyUrl, figure }) {
  const Plotly = await loadPlotly(host.ownerDocument, plotlyUrl);
  const plot = host.ownerDocument.createElement("div");
  plot.className = "vl-axes";
  host.prepend(plot);
  const listeners = new Set();
  const state = { figure, range: rangesOf(figure), size: sizeOf(host, figure) };
  const draw = async () => {
    const drawn = Plotly.react(plot, [], layoutOf(state), { displayModeBar: false, staticPlot: true });
    // Plotly tells the plot when it has drawn: until then nobody may take it away.
    state.drawing = Promise.all([state.drawing, drawn]);
    await drawn;
    listeners.forEach((listener) => listener());
  };
  const observer = new ResizeObserver(() => {
    const size = sizeOf(host, state.figure);
    if (size.width === state.size.width || size.width === 0) return;
    state.size = size;
    draw();
  });
  await draw();
  observer.observe(host);
  return {
    plot,
    ...geometry(plot, state),
    range: () => state.range,
    setRange(x, y) {
      state.range = { x, y };
      draw();
    },
    reset() {
      this.setRange(rangesOf(state.figure).x, rangesOf(state.figure).y);
    },
    onChange: (listener) => listeners.add(listener),
    setFigure(next) {
      const [before, after] = [rangesOf(state.figure), rangesOf(next)];
      state.figure = next;
      state.size = sizeOf(host, next);
      // Another theme keeps what was zoomed to, another model does not.
      if (JSON.stringify(before) !== JSON.stringify(after)) state.range = after;
      return draw();
    },
    destroy() {
      observer.disconnect();
      listeners.clear();
      state.drawing.then(() => Plotly.purge(plot));
      plot.remove();
    },
  };
}

/**
 * plotly.js, loaded once for a document.
 * @param {Document} page
 * @param {string} url
 * @returns {Promise<object>}
 */
export function loadPlotly(page, url) {
  if (!loading.has(page)) {
    const promise = new Promise((resolve, reject) => {
      const script = page.createElement("script");
      script.src = url;
      script.addEventListener("load", () => resolve(page.defaultView.Plotly));
      script.addEventListener("error", () => {
        loading.delete(page);
        script.remove();
        reject(new Error(`${url} could not be loaded; reload the page.`));
      });
      page.head.append(script);
    });
    loading.set(page, promise);
  }
  return loading.get(page);
}

function rangesOf({ layout }) {
  return { x: [...layout.xaxis.range], y: [...layout.yaxis.range] };
}

/** As wide as the host; as high as the figure asks, or less, so that a map stays a square. */
function sizeOf(host, { layout }) {
  const width = Math.floor(host.clientWidth);
  const { l, r, t, b } = layout.margin;
  const height = Math.min(layout.height, width - l - r + t + b);
  host.style.height = `${height}px`;
  return { width, height };
}

function layoutOf({ figure, range, size }) {
  const axis = (name) => {
    const asMade = figure.layout[name];
    const now = range[name[0]];
    const isMoved = now.some((end, which) => end !== asMade.range[which]);
    const ticks = isMoved && asMade.tickvals?.length ? ticksOf(now) : {};
    return { ...asMade, ...ticks, range: [...now] };
  };
  return { ...figure.layout, ...size, xaxis: axis("xaxis"), yaxis: axis("yaxis") };
}

function geometry(plot, state) {
  // From the drawn layout, since Plotly shrinks the plotting area to keep both axes at one scale.
  const box = () => {
    const { xaxis, yaxis } = plot._fullLayout;
    const { _offset: left, _length: width } = xaxis;
    return { left, top: yaxis._offset, width, height: yaxis._length };
  };
  return {
    box,
    toPixel(x, y) {
      const { left, top, width, height } = box();
      const { x: across, y: up } = state.range;
      return [
        left + ((x - across[0]) / (across[1] - across[0])) * width,
        top + ((up[1] - y) / (up[1] - up[0])) * height,
      ];
    },
    toData(px, py) {
      const { left, top, width, height } = box();
      const { x: across, y: up } = state.range;
      return [
        across[0] + ((px - left) / width) * (across[1] - across[0]),
        up[1] - ((py - top) / height) * (up[1] - up[0]),
      ];
    },
  };
}
