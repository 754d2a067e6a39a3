// What one picture costs: to say where it lies (KL, number by number) and to redraw what its place
// leaves open (reconstruction, pixel by pixel). Each number lights its term in the formula.

import { klBars, shownOf } from "./bill_kl.js";
import { pixelPicture } from "./bill_pixels.js";
import { fixed, rounded } from "./live_numbers.js";
import { NAT, help, make } from "./dom.js";

const views = new WeakMap();

/**
 * Draw the bill, or make it out anew; see `ui/components/bill.py` for `data`.
 * @returns {() => void} what to call when it goes.
 */
export default function mount({ data, parentElement }) {
  views.get(parentElement)?.remove();
  const root = make("div", { class: "vl-bill" });
  const light = (term) => {
    root.dataset.lit = term ?? "";
  };
  root.append(make("p", { class: "vl-bill-away", text: awayText(data) }), ...partsOf(data, light));
  parentElement.append(root);
  views.set(parentElement, root);
  return () => {
    root.remove();
    views.delete(parentElement);
  };
}

function partsOf(data, light) {
  if (data.recon === null) return [make("p", { text: missing(data) })];
  const detail = make("p", { class: "vl-bill-detail", "aria-live": "polite" });
  const tell = (term, parts) => {
    light(term);
    detail.replaceChildren(...(parts ?? [HINT]));
  };
  tell(null);
  const pixels = pixelPicture(data, (parts) => tell(parts && "reconstruction", parts));
  const bars = data.hasKl ? klBars(data, (parts) => tell(parts && "kl", parts)) : noKl();
  const pictures = make("div", { class: "vl-bill-pictures" }, [pixels, bars]);
  return [formula(data, light), sentence(data), pictures, detail];
}

const HINT = "Move over the picture or the bars, by hand or by keys: each number lights its term.";

/** Said in place of the bill while a drawing or a selection stands where the picked dot is shown. */
function awayText({ noun }) {
  return `The maths is that of the picked ${noun}. Choose Look above the map to see both.`;
}

function missing({ noun }) {
  return `The bill needs the original ${noun}, which is not on this computer.`;
}

/** The terms as they are shown, so that what is shown adds up. */
function sums({ recon, kl, hasKl }) {
  const reconstruction = rounded(recon.flat().reduce((sum, nats) => sum + nats, 0));
  const address = hasKl ? shownOf(kl).total : 0;
  return { reconstruction, address, total: rounded(reconstruction + address) };
}

function formula(data, light) {
  const { reconstruction, address, total } = sums(data);
  const term = (name, text, value) => {
    const parts = [make("span", { text }), make("b", { text: fixed(value) })];
    const element = make("span", { class: `vl-term ${name}`, tabindex: name ? 0 : null }, parts);
    if (!name) return element;
    for (const on of ["pointerenter", "focus"]) element.addEventListener(on, () => light(name));
    for (const off of ["pointerleave", "blur"]) element.addEventListener(off, () => light(null));
    return element;
  };
  const redraw = term("reconstruction", "\u2212log p(x | z)", reconstruction);
  if (!data.hasKl) return make("div", { class: "vl-formula" }, [redraw, nats()]);
  const where = term("kl", "KL(q(z | x) \u2016 p(z))", address);
  const bill = term("", "\u2212ELBO", total);
  return make("div", { class: "vl-formula" }, [bill, sign("="), redraw, sign("+"), where, nats()]);
}

const sign = (text) => make("span", { class: "vl-sign", text });
const nats = () => make("span", { class: "vl-sign vl-muted" }, ["nats ", help("Nats", NAT)]);

function sentence(data) {
  const { noun, hasKl, average, note } = data;
  const { reconstruction, address, total } = sums(data);
  const redraw = make("b", { class: "reconstruction", text: `${fixed(reconstruction, 1)} nats` });
  if (!hasKl) {
    const why = ". An autoencoder has no prior, so no price for an address: no KL, no ELBO.";
    return make("p", {}, ["To redraw this ", noun, " from its place costs ", redraw, why]);
  }
  const where = make("b", { class: "kl", text: `${fixed(address, 1)} nats` });
  const held =
    average === null ? "" : ` With z drawn, the average test picture costs ${fixed(average, 1)}.`;
  const tail = `, ${fixed(total, 1)} together, with z at the mean.${held}${weighing(data)}`;
  const says = ["To say where this ", noun, " lies costs ", where];
  const title = note ?? "1 nat is 1.44 bits";
  return make("p", { title }, [...says, ", to redraw what that leaves open ", redraw, tail]);
}

/** What training made of the two terms; only where it minimised nothing else that is its loss. */
function weighing(data) {
  const { beta, hasOtherTerms } = data;
  if (beta === 1) return "";
  const { reconstruction, address } = sums(data);
  const weighed = rounded(reconstruction + beta * address);
  const loss = hasOtherTerms ? ", beside other terms" : `: a loss of ${fixed(weighed, 1)}`;
  return ` Training weighed the KL with beta ${beta}${loss}.`;
}

function noKl() {
  return make("p", { class: "vl-muted", text: "No posterior spread, no prior: no KL." });
}
