/** Light, dark, or as the system has it. */
import { signal } from "./html.js";
import { forget, keep, kept } from "./storage.js";

const STORED = "kook-relay.theme";
const system = window.matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark": what is shown. */
export const theme = signal("light");

function apply() {
  const chosen = kept("localStorage", STORED);
  theme.value = chosen === "light" || chosen === "dark" ? chosen : system.matches ? "dark" : "light";
  document.documentElement.dataset.theme = theme.value;
}

export function startTheme() {
  system.addEventListener("change", apply);
  apply();
}

export function toggleTheme() {
  const wanted = theme.value === "dark" ? "light" : "dark";
  // Back to what the system says is back to following it.
  if ((wanted === "dark") === system.matches) forget("localStorage", STORED);
  else keep("localStorage", STORED, wanted);
  apply();
}
