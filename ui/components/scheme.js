// Tells the server's page that the person has switched between light and dark, in the menu or for
// the whole computer. Streamlit mounts its components anew then, and says nothing else.

/** Draw nothing; see `ui/components/scheme.py` for `data`. */
export default function mount({ data, parentElement, setTriggerValue }) {
  const style = getComputedStyle(parentElement);
  const background = style.getPropertyValue("--st-background-color").trim();
  if (background.toUpperCase() !== data.background) setTriggerValue("background", background);
}
