"""The page that asks for the access code: one file, no script, light or dark like its reader."""

from base64 import b64encode
from html import escape
from pathlib import Path

from ui import theme

STATIC = Path(__file__).parents[1] / "static"
_COLOURS = ("background", "text", "muted", "line", "soft", "primary", "on-primary", "error")
_CSS = """
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px;
  background: var(--background); color: var(--text);
  font: 16px/1.4 "Source Sans 3", "Source Sans Pro", system-ui, sans-serif; }
main { width: 100%; max-width: 360px; display: grid; gap: 16px; }
h1 { margin: 0; line-height: 0; }
p, form { margin: 0; }
form { display: grid; gap: 8px; }
label { font-weight: 600; }
input, button { width: 100%; min-height: 44px; padding: 8px 12px; border-radius: 8px;
  border: 1px solid var(--line); background: var(--soft); color: inherit; font: inherit; }
button { margin-top: 8px; border-color: transparent; background: var(--primary);
  color: var(--on-primary); font-weight: 600; cursor: pointer; }
:is(input, button):focus-visible { outline: 2px solid var(--primary); outline-offset: 2px; }
.error { color: var(--error); }
"""


def page(wanted: str, error: str = "") -> str:
    """Write the page.

    Args:
        wanted: local address to go to afterwards.
        error: what was wrong with the last try.
    """
    said = f'<p class="error" id="error" role="alert">{escape(error)}</p>' if error else ""
    about = ' aria-describedby="error" aria-invalid="true"' if error else ""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Access code \N{MIDDLE DOT} VAE Lab</title><style>{_variables()}{_CSS}</style></head>
<body><main><h1>{_wordmark()}</h1>
<p>This is a lab for a class. Type the code that your teacher has given you.</p>
<form method="post" action="/sign-in">
<label for="code">Access code</label>
<input id="code" name="code" required autofocus maxlength="200" autocomplete="off"
 autocapitalize="none" autocorrect="off" spellcheck="false"{about}>
{said}
<input type="hidden" name="to" value="{escape(wanted)}">
<button>Enter</button>
</form></main></body></html>"""


def _variables() -> str:
    light, dark = (
        ";".join(f"--{name}:{theme.surface(name, is_dark)}" for name in _COLOURS)
        for is_dark in (False, True)
    )
    return f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"


def _wordmark() -> str:
    """The wordmark inside the page: no other address answers before the code is typed."""
    light, dark = (
        b64encode((STATIC / f"wordmark-{name}.svg").read_bytes()).decode()
        for name in ("light", "dark")
    )
    return (
        '<picture><source media="(prefers-color-scheme: dark)" '
        f'srcset="data:image/svg+xml;base64,{dark}">'
        f'<img src="data:image/svg+xml;base64,{light}" alt="VAE Lab" width="140" height="32">'
        "</picture>"
    )
