// The picture that is picked, in its versions.

import { errorMap } from "./lab_errors.js";
import { TINTED } from "./lab_mask.js";
import { shownOf } from "./lab_steps.js";

/**
 * @param {object} part see `lab.js`.
 * @param {string} version "clean", "damaged", "restored" or "error".
 * @returns {ImageData|null} null while there is none that is of the pictures in sight.
 */
export function pictureOf(part, version) {
  const name = { clean: "clean", damaged: "damaged" }[version] ?? shownOf(part).name;
  const { picture, errors } = part.setting.now();
  const place = Math.min(picture, part.asker.num - 1);
  const found = part.asker.beside(name);
  if (version !== "error") return found?.seen[place] ?? null;
  if (!found?.pictures[place]) return null;
  const clean = part.asker.row("clean").pictures[place];
  return errorMap(found.pictures[place], clean, errors === "off" ? "signed" : errors);
}

/** What is to be said beside damaged pictures; "" where no pixel is hidden. */
export const tintOf = ({ asker }) => (asker.newest?.share ? TINTED : "");
