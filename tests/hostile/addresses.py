"""The parameters that pages read from their addresses, found in the program's own text."""

import ast
from collections.abc import Iterator

from tests.hostile.watching import ROOT
from ui.restoring_setting import _NAMES

# Hostile tests set all of these in every page's address. Whoever adds one adds it here.
NAMES = (
    "across_16",
    "at",
    "behind",
    "brought",
    "compare_class",
    "damage",
    "errors",
    "hidden",
    "images",
    "level",
    "limits_kind",
    "limits_quality",
    "maths",
    "methods",
    "model",
    "moment",
    "noise_seed",
    "on",
    "other_digits",
    "pick",
    "picture",
    "pictures",
    "run",
    "samples",
    "shown",
    "told",
    "up_16",
    "view",
    "way",
    "z",
)
_CALLS = ("st.query_params.get", "st.query_params.pop", "given.get", "number", "state.number")


def read_by_pages() -> set[str]:
    """Names as the program's text has them; of one with something inserted, its beginning."""
    found = set(_NAMES.values())
    for folder in ("ui", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            if "api" not in path.parts:
                found |= set(_names(ast.parse(path.read_text("utf-8"))))
    return found


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        words = {word.arg: word.value for word in node.keywords}
        if "bind" in words:
            yield from _text(words["key"])
        if ast.unparse(node.func) in _CALLS and node.args:
            yield from _text(node.args[0])


def _text(node: ast.expr) -> Iterator[str]:
    """A literal's text, up to what is inserted; nothing of a name that is handed on."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    if isinstance(node, ast.Constant):
        yield str(node.value)
