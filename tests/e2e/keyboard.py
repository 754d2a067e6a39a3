"""A page by keyboard alone: where Tab leads, and whether the focus is seen there."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page

MOST = 90  # stops of a page
# Remembers the focused element and how it and its surroundings look; says how the one before looks
# now that it has lost the focus. Custom radio buttons show the focus on what stands beside them,
# Streamlit's fields on what they stand in.
STEP = """() => {
  const parts = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor",
    "backgroundColor", "color", "opacity"];
  const look = (element) => {
    for (const one of document.getAnimations()) if (one instanceof CSSTransition) one.finish();
    const around = [[element], [element, "::before"], [element, "::after"],
      [element.nextElementSibling]];
    let parent = element;
    for (let up = 0; up < 4; up += 1) around.push([parent = parent?.parentElement]);
    return around.filter(([one]) => one).map(([one, pseudo]) => {
      const style = getComputedStyle(one, pseudo);
      const isOutlined = style.outlineStyle !== "none";
      return parts.map((part) => part.startsWith("outline") && !isOutlined ? "" : style[part]);
    }).join("\\n");
  };
  const walk = (window.walk ??= { stops: new Set(), before: null });
  const before = walk.before;
  const wasSeen = !before?.element.isConnected || look(before.element) !== before.look;
  const element = document.activeElement;
  const isOver = element === document.body || walk.stops.has(element);
  walk.before = { element, look: look(element) };
  walk.stops.add(element);
  const { x, y, width, height } = element.getBoundingClientRect();
  const name = element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent;
  return [isOver, `${element.tagName} ${name.trim().slice(0, 60)}`, wasSeen,
    element.type === "range", { x, y, width, height }];
}"""
# The body takes the focus for a moment: Tab goes on from where the focus was last.
TO_THE_TOP = """() => {
  delete window.walk;
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
}"""


@dataclass
class Walk:
    """All stops of Tab through a page, in order, and those at which nobody sees the focus."""

    page: Page
    stops: list[str]
    unseen: list[str]

    def reached(self, control: Locator) -> bool:
        """Say whether Tab stopped at this control."""
        return bool(control.first.evaluate("element => window.walk.stops.has(element)"))


def tab_through(page: Page) -> Walk:
    """Press Tab until it leaves the page; a page that it never leaves is a failure."""
    page.evaluate(TO_THE_TOP)
    walk = Walk(page, [], [])
    picture: bytes | None = None
    box: dict[str, float] = {}
    for _ in range(MOST):
        page.keyboard.press("Tab")
        is_over, name, was_seen, is_range, place = page.evaluate(STEP)
        if picture is not None:  # the ring of a slider's thumb has no style that can be read
            was_seen = was_seen or page.screenshot(clip=box) != picture
        if walk.stops and not was_seen:
            walk.unseen.append(walk.stops[-1])
        if is_over:
            return walk
        walk.stops.append(name)
        box = place
        picture = page.screenshot(clip=box) if is_range else None
    raise AssertionError(f"Tab never leaves the page: {walk.stops[-5:]}")


def tab_to(page: Page, control: Locator) -> None:
    """Press Tab until the control has the focus, past the end of the page if need be."""
    for _ in range(MOST):
        if control.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {control}")
