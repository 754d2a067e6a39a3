// The lab's controls: kind of damage, level, which pictures, another noise.

import { button, make, shown } from "./dom.js";
import { kindOf } from "./lab_steps.js";

const STEP = 0.01;
const GROUPS = [
  ["Noise", ["gaussian", "salt-and-pepper", "speckle", "poisson"]],
  ["Lost sharpness", ["blur", "jpeg", "down-sample"]],
  ["Missing pixels", ["masked-square", "half", "scribble", "drop-out"]],
];

/**
 * @param {object} part see `lab.js`.
 * @returns {HTMLElement}
 */
export function toolsOf(part) {
  return make("div", { class: "vl-lab-tools" }, [
    damageControl(part),
    levelControl(part),
    picturesControl(part),
  ]);
}

/** Which damage: a menu of all kinds, in groups. */
export function damageControl(part) {
  const { data, setting, steps } = part;
  const known = new Set(GROUPS.flatMap(([, names]) => names));
  const others = data.kinds.map(({ name }) => name).filter((name) => !known.has(name));
  const option = (name) => {
    const found = data.kinds.find((kind) => kind.name === name);
    return found ? [make("option", { value: name, text: found.title })] : [];
  };
  const groups = [...GROUPS, ["Others", others]]
    .filter(([, names]) => names.length)
    .map(([label, names]) => make("optgroup", { label }, names.flatMap(option)));
  const select = make("select", { class: "vl-select" }, groups);
  select.addEventListener("change", () => steps.kind(select.value));
  const follow = () => {
    select.value = setting.now().kind;
  };
  setting.onChange(follow);
  follow();
  return make("label", { class: "vl-lab-control" }, [make("span", { text: "Damage" }), select]);
}

/** How much: everything follows while it is dragged; arrow keys go in larger steps. */
export function levelControl(part) {
  const { setting, steps } = part;
  // A label names the first field in it, here what says the level.
  const input = make("input", { type: "range", class: "vl-lab-range", "aria-label": "Level" });
  const [value, unit] = [make("output"), make("small")];
  input.addEventListener("input", () => {
    const { choices } = kindOf(part);
    steps.level(isStepped(choices) ? choices[Number(input.value)] : Number(input.value));
  });
  const follow = () => {
    const { choices } = kindOf(part);
    const { level, hidden } = setting.now();
    const byStep = isStepped(choices);
    const limits = byStep
      ? { min: 0, max: choices.length - 1, step: 1 }
      : { min: choices[0], max: choices.at(-1), step: STEP };
    Object.assign(input, limits);
    input.value = byStep ? choices.indexOf(level) : level;
    input.disabled = hidden !== null;
    if (hidden !== null) input.value = reachedBy(part);
    const said = levelWords(part);
    [value.textContent, unit.textContent] = said;
    input.setAttribute("aria-valuetext", said.join(" "));
  };
  setting.onChange(follow);
  part.onSeen(follow);
  follow();
  const head = make("span", {}, ["Level ", value, " ", unit]);
  return make("label", { class: "vl-lab-control vl-lab-level" }, [head, input]);
}

/** The level as people read it, and what it measures: "50 %", "of the height". */
export function levelWords(part) {
  const { choices, unit, share } = kindOf(part);
  const level = reachedBy(part);
  if (share) return [`${Math.round(100 * level)} %`, share];
  return [isStepped(choices) ? `${level}` : shown(level, STEP), unit];
}

/** The level; of a scribble by hand what it covers. */
function reachedBy({ asker, setting }) {
  const { level, hidden } = setting.now();
  return hidden === null ? level : (asker.newest?.share ?? 0);
}

/** Few levels, with nothing between: such as twice and four times smaller. */
const isStepped = (choices) => choices.length < 5;

/** Which pictures; those of a person's own have their controls here too. */
function picturesControl(part) {
  const { steps, setting } = part;
  const images = button("New images", () => steps.images(1), { class: "vl-button first" });
  const noise = button("New noise", steps.noise);
  const follow = () => {
    const { title, isRandom } = kindOf(part);
    const isByHand = setting.now().hidden !== null;
    noise.disabled = !isRandom || isByHand;
    noise.title = isRandom ? "" : `${title} is the same every time`;
    if (isByHand) noise.title = "drawn by hand; press At random first";
    images.disabled = part.own !== null;
  };
  setting.onChange(follow);
  follow();
  return make("div", { class: "vl-lab-pictures" }, [images, noise]);
}
