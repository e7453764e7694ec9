// Keys that are the panel's, and no shortcuts of the host, which sees them come from the panel's element.

const FIELDS = "input, textarea, select";
/** Keys that edit a field, or move about in it, and the letters that do with Ctrl or Command. */
const EDITING = new Set(["Backspace", "Delete", "Enter", "Home", "End", "PageUp", "PageDown", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
const COMMANDS = new Set(["a", "c", "v", "x", "y", "z"]);

function isTyped(event) {
  // AltGr is Ctrl and Alt for some systems.
  const isCommand = (event.ctrlKey || event.metaKey) && !event.getModifierState?.("AltGraph");
  if (EDITING.has(event.key)) return true;
  if (event.key.length !== 1) return false;
  return isCommand ? COMMANDS.has(event.key.toLowerCase()) && !event.altKey : !event.altKey || event.getModifierState?.("AltGraph");
}

/** Keeps from the host what is typed into a field, and what has had its effect in the panel. */
export function keepTyping(event) {
  const isInField = event.composedPath()[0].matches?.(FIELDS);
  if (event.defaultPrevented || (isInField && isTyped(event))) event.stopPropagation();
}
