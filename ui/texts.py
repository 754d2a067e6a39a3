"""Texts that people typed, on their way into a page."""


def plain(text: str) -> str:
    """Take Markdown's meaning from a text: what was typed is what is read."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+!$:<>~|" else c for c in text)


def a(noun: str) -> str:
    """Put the right article before a class: "a 3", "an 8", "an ankle boot"."""
    return f"{'an' if noun[:1].lower() in '8aeiou' else 'a'} {noun}"
