// The pictures of a batch as columns: what is seen, its numbers, what comes back, what it costs.

import { fixed } from "./live_numbers.js";
import { shownNumbers } from "./live_step_numbers.js";
import { make, uniqueName } from "./dom.js";

const MOST_AS_TEXT = 2; // more latent numbers than these are drawn as bars

/**
 * @param {object[]} pictures of an "anatomy" event.
 * @param {number} picked which of them is spelled out.
 * @param {(place: number) => void} pick called when another one is.
 * @returns {HTMLElement[]} the heads of the rows, then the columns: radio buttons.
 */
export function stepColumns(pictures, picked, pick) {
  const rows = rowsOf(pictures);
  const heads = rows.map(({ name, concept, kind }) =>
    make("span", { class: `vl-cell ${kind}` }, [make("b", { class: concept, text: name })]),
  );
  const name = uniqueName();
  const columns = pictures.map((picture, place) => {
    const input = make("input", { type: "radio", name, checked: place === picked });
    input.setAttribute("aria-label", `Picture ${place + 1}`);
    input.addEventListener("change", () => pick(place));
    const cells = rows.map(({ kind, concept, cell }) =>
      make("span", { class: `vl-cell ${kind} ${concept}` }, [cell(picture)].flat()),
    );
    return make("label", { class: "vl-column" }, [input, ...cells]);
  });
  const attributes = { role: "radiogroup", "aria-label": "Pictures of this batch" };
  const group = make("div", attributes, columns);
  return [make("div", { class: "vl-heads", "aria-hidden": "true" }, heads), group];
}

/** Only what there is: an autoencoder has neither spread nor KL. */
function rowsOf(pictures) {
  const [first] = pictures;
  const [hasSpread, has] = [first.sigma !== null, (part) => first[part] !== null];
  const { mean, sigma, z } = numberRows(pictures);
  return [
    imageRow("input", "seen", "data", "What the network sees"),
    ...(hasSpread ? [mean, sigma, z] : [{ ...mean, name: "place" }]),
    imageRow("recon", "decoded", "reconstruction", "What the network makes of it"),
    // A soft hyphen: a phone has no room for it in one line.
    ...(has("recon_nats") ? [costRow("recon_nats", "recon\u00ADstruction", "reconstruction")] : []),
    ...(has("kl_nats") ? [costRow("kl_nats", "KL", "kl")] : []),
  ];
}

function imageRow(part, name, concept, alt) {
  const cell = (picture) => make("img", { src: `data:image/png;base64,${picture[part]}`, alt });
  return { name, concept, kind: "picture", cell };
}

function costRow(part, name, concept) {
  return { name, concept, kind: "lines-1", cell: (picture) => fixed(picture[part], 1) };
}

function numberRows(pictures) {
  const shown = new Map(pictures.map((picture) => [picture, shownNumbers(picture)]));
  const size = pictures[0].mean.length;
  const kind = size <= MOST_AS_TEXT ? `lines-${size}` : "bars";
  const values = (part) => (picture) => shown.get(picture).map((numbers) => numbers[part]);
  const most = (part) => Math.max(...pictures.flatMap(values(part)).map(Math.abs), 1e-6);
  const reach = Math.max(most("mean"), most("z"));
  const row = (part, name, top) => ({
    name,
    concept: part,
    kind,
    cell: (picture) => drawn(values(part)(picture), top, part === "sigma"),
  });
  return {
    mean: row("mean", "mean", reach),
    sigma: row("sigma", "spread", Math.max(1, most("sigma"))),
    z: row("z", "drawn z", reach),
  };
}

/** Numbers as text, or as bars that stand on zero: in the middle, or below for a spread. */
function drawn(values, reach, isPositive) {
  if (values.length <= MOST_AS_TEXT) {
    return values.map((value) => make("i", { text: fixed(value) }));
  }
  const bars = values.map((value, place) => `M${place + 0.1} 1h0.8v${-value / reach}h-0.8z`);
  const graph = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  graph.setAttribute("viewBox", `0 0 ${values.length} ${isPositive ? 1 : 2}`);
  graph.setAttribute("class", isPositive ? "is-positive" : "");
  graph.setAttribute("preserveAspectRatio", "none");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", bars.join(""));
  graph.append(path);
  return graph;
}
