"""Colours and style sheet: one place for what the pages look like."""

import streamlit as st

_CLASSES = {
    "light": "#E31686 #B46E17 #1282B1 #FD9324 #A536FC #A594F3 #634A1B #930C75 #3C3EBE #2CC395",
    "dark": "#FDDCF3 #F7BF29 #709CA6 #EA7445 #B564FC #BBACFB #906010 #C2087D #2B6CB4 #17D6A4",
}
_LINES = {
    "light": "#12845A #9449FA #ED0503 #412065 #C613B3 #690B06",
    "dark": "#7AB8FF #E3DD18 #E73C3A #6D70FA #F2945D #B6629A",
}
_CONCEPTS = {
    "data": ("#475467", "#CBD5E1"),
    "mean": ("#0B63CE", "#7AB8FF"),
    "sigma": ("#0F766E", "#4FD1C5"),
    "eps": ("#6B7280", "#9CA3AF"),
    "z": ("#7C3AED", "#C4A5FF"),
    "reconstruction": ("#B45309", "#F5B04C"),
    "kl": ("#BE185D", "#FF8AB8"),
}
_SURFACES = {
    "background": ("#FFFFFF", "#0F1419"),
    "text": ("#1B2430", "#E6EBF2"),
    "muted": ("#475467", "#A9B4C2"),
    "line": ("#D0D8E2", "#35404D"),
    "soft": ("#F2F5F9", "#1A222C"),
    "primary": ("#0B63CE", "#7AB8FF"),
    "on-primary": ("#FFFFFF", "#0F1419"),
    "error": ("#B42318", "#FF9A8F"),
}
FONT = '"Source Sans", sans-serif'


def is_dark() -> bool:
    """Say whether the person's page is dark."""
    return st.context.theme.type == "dark"


def class_colours(dark: bool | None = None) -> list[str]:
    """One colour for each of ten classes, apart under simulated colour blindness.

    Args:
        dark: for a dark page or a light one; None for the person's page as it is now.
    """
    return _CLASSES["dark" if _or_now(dark) else "light"].split()


def line_colours() -> list[str]:
    """One colour for each of six lines of a chart, on the page as it is now.

    As text they have a contrast of 4.5 with the background; under simulated colour blindness any
    two are as far apart as those of the classes.
    """
    return _LINES["dark" if is_dark() else "light"].split()


def concept(name: str) -> str:
    """Colour of data, mean, sigma, eps, z, reconstruction or kl, on the page as it is now."""
    return _CONCEPTS[name][is_dark()]


def surface(name: str, dark: bool | None = None) -> str:
    """Colour of background, text, muted, line, soft or primary."""
    return _SURFACES[name][_or_now(dark)]


def _or_now(dark: bool | None) -> bool:
    return is_dark() if dark is None else dark


def inject() -> None:
    """Put the style sheet into the page. Called once, by the router."""
    st.html(f"<style>:root{{{_variables(is_dark())}}}{_CSS}</style>")


def style_sheet() -> str:
    """The same for a page of its own, which follows the reader's light or dark by itself."""
    media = "@media (prefers-color-scheme: dark)"
    return f":root{{{_variables(False)}}}{media}{{:root{{{_variables(True)}}}}}{_CSS}"


def _variables(dark: bool) -> str:
    names = _CONCEPTS | _SURFACES
    return ";".join(f"--vl-{name}:{pair[dark]}" for name, pair in names.items())


_CSS = """
.stMainBlockContainer { padding-left: 24px; padding-right: 24px; max-width: 1400px; }
.stMain img { image-rendering: pixelated; }
.stMain button[kind="primary"] p { color: var(--vl-on-primary); font-weight: 600; }
.stMultiSelect [data-tag] * { color: var(--vl-on-primary); }
.stMain h1 { padding: 0; }
.stMain h3 { padding: 0 0 4px; }
.st-key-strip p { font-size: 16px; line-height: 1.25; }
@media (min-width: 640px) { .st-key-strip { flex-wrap: nowrap; } }
.vl { font-size: 14px; line-height: 1.4; font-variant-numeric: tabular-nums; }
.vl p { margin: 0; font-size: 14px; }
.vl img { image-rendering: pixelated; }
.vl img { background: #000; border-radius: 4px; display: block; }
.stMain .katex { font-size: 1em; }
.stMain .katex-display { margin: 0; }
/* A finger hits what is small, and the keyboard's focus is seen: also on what Streamlit draws. */
.vl-help, .stTooltipIcon button, .stMultiSelect [data-tag] button { position: relative; }
.vl-help::before, .stTooltipIcon button::before { content: ""; position: absolute; inset: -5px; }
.stMultiSelect [data-tag] button::before { content: ""; position: absolute; inset: -9px -5px; }
.stMultiSelect button[aria-haspopup] { min-height: 24px; }
.stCheckbox label { min-height: 24px; }
.stPageLink a:focus-visible { outline: 2px solid var(--vl-primary); }
.stMultiSelect input:focus-visible { box-shadow: inset 0 -2px var(--vl-primary); }
/* A menu that is closed has no links to stop at; Streamlit only moves it out of sight. */
.stSidebar[data-collapsed="true"] { visibility: hidden; }
@media (max-width: 639px) {
  .stMainBlockContainer { padding-left: 16px; padding-right: 16px; }
  /* Streamlit keeps 200 pixels for the menu beside the logo, more than a phone has. */
  .stAppToolbar div:has(> .stMainMenu) { min-width: 0; }
}
.vl-lab { border-collapse: collapse; width: 100%; }
.vl-lab th, .vl-lab td { border: 0; padding: 3px 8px 3px 0; text-align: left; font-size: 14px; }
.vl-lab tbody .head { font-size: 14px; font-weight: 400; color: var(--vl-muted);
  vertical-align: bottom; }
.vl-lab tbody th { width: 190px; font-weight: 600; line-height: 1.25; }
.vl-lab small { display: block; font-size: 13px; font-weight: 400; color: var(--vl-muted); }
.vl-lab tbody .num { width: 88px; text-align: right; white-space: nowrap; }
.vl-lab tbody .num { font-size: 16px; }
.vl-lab .best { font-weight: 700; color: var(--vl-primary); }
@media (max-width: 639px) {
  .vl-lab tbody th { width: auto; }
  .vl-lab tbody .head { width: auto; padding: 0 0 0 8px; }
  .vl-compared tbody .num { width: auto; }
}
.vl-compared tbody .num.head { font-size: 14px; white-space: normal; overflow-wrap: anywhere;
  text-align: right; }
.vl-wide { overflow-x: auto; }
.vl-levels { border-collapse: collapse; }
.vl-levels :is(th, td) { padding: 3px 16px 3px 0; border: 0; font-size: 14px; text-align: right;
  white-space: nowrap; }
.vl-levels thead th { font-weight: 600; vertical-align: bottom; white-space: normal;
  min-width: 72px; max-width: 150px; }
.vl-levels small { display: block; color: var(--vl-muted); font-size: 13px; }
.vl-help { display: inline-block; flex: none; width: 16px; height: 16px; cursor: help;
  border: 1px solid var(--vl-muted); border-radius: 50%; font-size: 11px; line-height: 15px;
  text-align: center; }
.vl-help:hover::after, .vl-help:focus::after { content: attr(data-help); position: absolute;
  top: 22px; right: -8px; z-index: 9; width: 260px; padding: 8px; border-radius: 8px;
  border: 1px solid var(--vl-line); background: var(--vl-soft); color: var(--vl-text);
  font-size: 14px; line-height: 1.4; text-align: left; white-space: normal; }
th > .vl-help::after { right: auto; left: -8px; font-weight: 400; }
/* Room for what a script draws: what stands below it stays where it is. */
.st-key-lab { min-height: 640px; }
.st-key-foot a p { color: var(--vl-primary) !important; }
/* Buttons of components, as Streamlit's; choices: radio buttons side by side. */
.vl-button { box-sizing: border-box; min-height: 36px; padding: 4px 12px;
  border: 1px solid var(--vl-line); border-radius: 8px; background: var(--vl-background);
  color: var(--vl-text); font: inherit; cursor: pointer; }
.vl-button:hover:enabled { border-color: var(--vl-primary); color: var(--vl-primary); }
.vl-button:disabled { opacity: 0.45; cursor: default; }
.vl-choices { display: inline-flex; border: 1px solid var(--vl-line); border-radius: 8px; }
.vl-choices label { position: relative; }
.vl-choices input { position: absolute; opacity: 0; pointer-events: none; }
.vl-choices span { display: block; padding: 6px 12px; border-radius: 7px; cursor: pointer; }
.vl-choices :checked + span { background: var(--vl-soft); color: var(--vl-primary);
  font-weight: 600; }
/* Where the pen is that keys lead over a pad. */
.vl-pen { position: absolute; width: 14px; height: 14px; margin: -7px 0 0 -7px; border-radius: 50%;
  box-sizing: border-box; border: 2px solid #fff; outline: 2px solid #000; pointer-events: none; }
.vl-pen.is-down { background: #0b63ce; }
.vl-button:focus-visible, .vl-choices :focus-visible + span {
  outline: 2px solid var(--vl-primary); outline-offset: 1px; }
/* No second Stop button beside ours, and no fading of what draws itself. */
[data-testid="stStatusWidget"] { display: none; }
@media (min-width: 640px) { .st-key-bar { flex-wrap: nowrap; } }
.st-key-watch [data-stale="true"], .st-key-limits [data-stale="true"],
[data-stale="true"]:has(.vl-latent-map, .vl-panel) {
  opacity: 1 !important; transition: none !important; }
"""
