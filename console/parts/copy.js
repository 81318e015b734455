import { html, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { IconButton } from "./buttons.js";

const DONE_MS = 2_000;

/** A text to be copied, in full and with a button. `label` names it for screen readers. */
export function CopyText({ text, label }) {
  const [state, setState] = useState("");
  const copy = async () => {
    setState((await copied(text)) ? "done" : "failed");
    setTimeout(() => setState(""), DONE_MS);
  };
  return html`<div class="copy">
    <code tabindex="0" aria-label=${label}>${text}</code>
    <${IconButton} icon=${state === "done" ? "check" : "copy"} label=${t("action.copy")} onClick=${copy} />
    <span class="visually-hidden" role="status">${state && t(`copy.${state}`)}</span>
  </div>`;
}

/** Over plain HTTP, as in a home network, browsers have no clipboard: then the text is there to be selected. */
async function copied(text) {
  if (!navigator.clipboard) return false;
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}
