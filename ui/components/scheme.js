// Tells the server's page that the person has switched between light and dark, in the menu or for
// the whole computer. Streamlit mounts its components anew then, and says nothing else.

// A run of the page's script that something else interrupts is not made up for: it is asked again.
const AGAIN_MS = 2000;
const MOST = 5;
let timer = 0; // there is one of these on a page

/** Draw nothing; see `ui/components/scheme.py` for `data`. */
export default function mount({ data, parentElement, setTriggerValue }) {
  const style = getComputedStyle(parentElement);
  const background = style.getPropertyValue("--st-background-color").trim();
  const ask = (left) => {
    setTriggerValue("background", background);
    if (left > 1) timer = setTimeout(() => ask(left - 1), AGAIN_MS);
  };
  clearTimeout(timer);
  if (background.toUpperCase() !== data.background) ask(MOST);
  return () => clearTimeout(timer);
}
