"""Colours and style sheet: one place for what the pages look like."""

import streamlit as st

_CLASSES = {
    "light": "#E31686 #B46E17 #1282B1 #FD9324 #A536FC #A594F3 #634A1B #930C75 #3C3EBE #2CC395",
    "dark": "#FDDCF3 #F7BF29 #709CA6 #EA7445 #B564FC #BBACFB #906010 #C2087D #2B6CB4 #17D6A4",
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
}
FONT = '"Source Sans", sans-serif'


def is_dark() -> bool:
    """Say whether the person's page is dark."""
    return st.context.theme.type == "dark"


def class_colours() -> list[str]:
    """One colour for each of ten classes, apart under simulated colour blindness."""
    return _CLASSES["dark" if is_dark() else "light"].split()


def concept(name: str) -> str:
    """Colour of data, mean, sigma, eps, z, reconstruction or kl, on the page as it is now."""
    return _CONCEPTS[name][is_dark()]


def surface(name: str) -> str:
    """Colour of background, text, muted, line, soft or primary."""
    return _SURFACES[name][is_dark()]


def inject() -> None:
    """Put the style sheet into the page. Called once, by the router."""
    names = _CONCEPTS | _SURFACES
    colours = ";".join(f"--vl-{name}:{pair[is_dark()]}" for name, pair in names.items())
    st.html(f"<style>:root{{{colours}}}{_CSS}</style>")


_CSS = """
.stMainBlockContainer { padding-left: 24px; padding-right: 24px; max-width: 1400px; }
.stMain img { image-rendering: pixelated; }
.vl-key { display: flex; flex-wrap: wrap; gap: 0 12px; padding-left: 44px; font-size: 14px;
  color: var(--vl-muted); line-height: 28px; }
.vl-key i { display: inline-block; width: 10px; height: 10px; border-radius: 5px;
  margin-right: 4px; }
.stMain button[kind="primary"] p { color: var(--vl-on-primary); font-weight: 600; }
.stMultiSelect [data-tag] * { color: var(--vl-on-primary); }
.stMain h1 { padding: 0; }
.stMain h3 { padding: 0 0 4px; }
.st-key-strip p { font-size: 16px; line-height: 1.25; }
@media (min-width: 640px) { .st-key-strip { flex-wrap: nowrap; } }
.vl { font-size: 14px; line-height: 1.4; font-variant-numeric: tabular-nums; }
.vl p { margin: 0; font-size: 14px; }
.vl img, .vl svg image { image-rendering: pixelated; }
.vl img { background: #000; border-radius: 4px; display: block; }
.vl b.mean { color: var(--vl-mean); } .vl b.sigma { color: var(--vl-sigma); }
.vl b.z { color: var(--vl-z); } .vl b.kl { color: var(--vl-kl); }
.vl b.reconstruction { color: var(--vl-reconstruction); } .vl .muted { color: var(--vl-muted); }
.vl-row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
.vl-row figure { margin: 0; } .vl-row figcaption { color: var(--vl-muted); text-align: center; }
.vl-row .arrow { font-size: 20px; color: var(--vl-muted); padding-bottom: 20px; }
.vl-blank { display: flex; align-items: center; justify-content: center; text-align: center;
  padding: 8px; box-sizing: border-box; border: 1px dashed var(--vl-line); border-radius: 4px;
  color: var(--vl-muted); line-height: 1.25; }
.st-key-map { position: relative; }
.st-key-map_marks { position: absolute; inset: 0; pointer-events: none; z-index: 2; }
.st-key-map_marks * { pointer-events: none; }
.st-key-map_marks div:not(.vl-over) { position: absolute; inset: 0; }
.vl-over { position: absolute; }
.vl-over img { width: 100%; height: 100%; object-fit: contain; object-position: top;
  display: block;
  image-rendering: auto; }
.vl img.vl-svg { background: none; border-radius: 0;
  image-rendering: auto; }
.stMain .katex { font-size: 1em; }
.stMain .katex-display { margin: 0; }
@media (max-width: 639px) {
  .st-key-map { flex: none; height: calc(100vw - 16px); overflow: hidden; }
  .stMainBlockContainer { padding-left: 16px; padding-right: 16px; }
  .stColumn:has(.st-key-still) { position: sticky; top: 56px; z-index: 3; padding-bottom: 8px;
    background: var(--vl-background); }
  .st-key-decoded img { width: 152px !important; }
}
.vl-where { margin-top: 8px; } .vl-where > p { flex: 1; min-width: 180px; }
.vl-line { flex-wrap: nowrap; }
@media (min-width: 640px) {
  .stColumn:has(.st-key-still) { position: sticky; top: 76px; align-self: flex-start; }
}
.vl-strip { position: relative; margin-top: -12px; }
.vl-strip .here { position: absolute; top: 0; bottom: 0; box-sizing: border-box;
  border: 2px solid var(--vl-z); border-radius: 2px; }
.vl-lab { border-collapse: collapse; width: 100%; }
.vl-lab th, .vl-lab td { border: 0; padding: 3px 8px 3px 0; text-align: left; font-size: 14px; }
.vl-lab tbody .head { font-size: 14px; font-weight: 400; color: var(--vl-muted);
  vertical-align: bottom; }
.vl-lab tbody th { width: 190px; font-weight: 600; line-height: 1.25; }
.vl-lab small { display: block; font-size: 13px; font-weight: 400; color: var(--vl-muted); }
.vl-lab tbody .num { width: 88px; text-align: right; white-space: nowrap; }
.vl-lab tbody .num { font-size: 16px; }
.vl-lab .best { font-weight: 700; color: var(--vl-primary); }
.vl-lab img { width: 100%; max-width: 556px !important; }
@media (max-width: 639px) {
  .vl-lab tr { display: flex; flex-wrap: wrap; align-items: end; padding-bottom: 8px; }
  .vl-lab tbody th { width: auto; flex: 1; }
  .vl-lab tbody .num { flex: none; width: 72px; }
  .vl-lab tbody .head { width: auto; padding: 0 0 0 8px; }
  [class*="st-key-restore_"] { min-width: 100%; }
  .st-key-noise button { padding-left: 10px; padding-right: 10px; }
  .vl-lab .strip { order: 9; width: 100%; padding: 0; }
}
.vl-help { position: relative; display: inline-block; width: 16px; height: 16px; cursor: help;
  border: 1px solid var(--vl-muted); border-radius: 50%; font-size: 11px; line-height: 15px;
  text-align: center; }
.vl-help:hover::after, .vl-help:focus::after { content: attr(data-help); position: absolute;
  top: 22px; right: -8px; z-index: 9; width: 260px; padding: 8px; border-radius: 8px;
  border: 1px solid var(--vl-line); background: var(--vl-soft); color: var(--vl-text);
  font-size: 14px; line-height: 1.4; text-align: left; white-space: normal; }
.vl-foot { color: var(--vl-muted); }
/* No second Stop button beside ours, and no fading of what is drawn again each second. */
[data-testid="stStatusWidget"] { display: none; }
@media (min-width: 640px) { .st-key-bar { flex-wrap: nowrap; } }
.st-key-classes button { height: auto; min-width: 56px; padding: 3px; }
.st-key-classes button p { display: flex; flex-direction: column; align-items: center; gap: 2px;
  line-height: 1.2; }
.st-key-classes button img { width: 50px; height: 50px; max-height: none; border-radius: 3px;
  object-fit: contain !important; background: #000; }
.st-key-collapsed { opacity: 0.5; }
.st-key-watch [data-stale="true"] { opacity: 1 !important; transition: none !important; }
"""
