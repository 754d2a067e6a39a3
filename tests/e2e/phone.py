"""A narrow page: nothing beyond its edge, and a finger hits every control."""

from typing import Any

from playwright.sync_api import Page

WIDE = """() => {
  const all = [document.documentElement, document.querySelector(".stMain"),
    ...document.querySelectorAll("dialog[open]")];
  return all.filter((box) => box && box.scrollWidth > box.clientWidth)
    .map((box) => [box.className, box.scrollWidth, box.clientWidth]);
}"""
# A finger of 24 pixels in the middle of a control has to fall on it at each side, and on nothing
# that lies over it. What a label names is hit where the label is. Left out: what cannot be pressed,
# and the link past the navigation, which is there for keys alone.
MISSED = """(within) => {
  const kinds = "button, a, input, select, textarea, summary, [role=slider], [tabindex='0']";
  const main = document.querySelector(".stMain");
  const finger = [[0, 0], [-11, 0], [11, 0], [0, -11], [0, 11]];
  const missed = [];
  for (const control of document.querySelectorAll(`:is(${within}) :is(${kinds})`)) {
    const isSeen = control.checkVisibility({ visibilityProperty: true });
    const isChoice = control.matches("[type=radio], [type=checkbox]");
    const target = isChoice ? (control.closest("label") ?? control) : control;
    if (!isSeen || control === main || control.matches(":disabled, [type=file]")) continue;
    target.scrollIntoView({ block: "center", behavior: "instant" });
    const { left, right, top, width, height } = target.getBoundingClientRect();
    if (width < 2) continue;
    const [x, y] = [left + width / 2, top + height / 2];
    const under = finger.map(([right, down]) => document.elementFromPoint(x + right, y + down));
    const isHit = under.every((one) => one && (target.contains(one) || one.control === control));
    const name = control.ariaLabel ?? control.textContent.trim() ?? control.className;
    if (left < 0 || right > innerWidth + 0.5) missed.push(`${name}: beyond the edge`);
    else if (!isHit) missed.push(`${control.tagName} ${name}: ${width} x ${height}, or covered`);
  }
  return missed;
}"""


def faults(page: Page, within: str = "body") -> list[Any]:
    """What lies beyond the edge, is too small for a finger, or is covered by something else."""
    return [*page.evaluate(WIDE), *page.evaluate(MISSED, within)]
