"""axe-core in a page: what the rules of WCAG 2.2 find wrong with it."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

SOURCE = (files("axe_playwright_python") / "axe.min.js").read_text()
# The size of targets is the one rule of level AA that axe-core leaves out unless asked for.
RUN = """async (within) => {
  const { violations } = await axe.run(within, {
    resultTypes: ["violations"], rules: { "target-size": { enabled: true } },
  });
  return violations;
}"""
GRAVE = ("serious", "critical")


def violations(page: Page, within: str = "html") -> list[str]:
    """What is seriously or critically wrong, one line for each element.

    axe-core is evaluated rather than put into a script element, which the page's content-security
    policy would refuse.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE)
    found: list[dict[str, Any]] = page.evaluate(RUN, within)
    return [
        f"{rule['impact']} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
        if rule["impact"] in GRAVE
    ]
