import { html } from "../core/html.js";
import { percent } from "../core/format.js";

const FULL = 0.9;
const BUSY = 0.75;

/** A share from 0 to 1 as a bar; null is shown as nothing to measure. `note` stands beside the figure. */
export function Share({ label, share, note }) {
  const tone = share >= FULL ? "bad" : share >= BUSY ? "warn" : "good";
  return html`<div class=${`share ${share === null ? "none" : tone}`}>
    <span class="share-label">${label}</span>
    <span class="share-value number">${percent(share, 0)}${note && html` <span class="faint">${note}</span>`}</span>
    <progress max="100" value=${Math.round((share ?? 0) * 100)} aria-label=${label}></progress>
  </div>`;
}
