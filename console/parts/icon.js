import { html } from "../core/html.js";

/** A picture of vendor/icons.svg. It says nothing to a screen reader: the text beside it does. */
export function Icon({ name, size = 16 }) {
  return html`<svg class="icon" width=${size} height=${size} aria-hidden="true" focusable="false">
    <use href=${`vendor/icons.svg#${name}`} />
  </svg>`;
}
