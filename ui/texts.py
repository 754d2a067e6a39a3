"""Texts that people typed, on their way into a page."""


def plain(text: str) -> str:
    """Take Markdown's meaning from a text: what was typed is what is read."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+!$:<>~|" else c for c in text)
