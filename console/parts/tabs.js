import { html } from "../core/html.js";
import { hrefOf } from "../core/router.js";
import { Icon } from "./icon.js";

/** Views of one page, each with an address of its own. `tabs` is [{to, text, icon}]; `current` is the `to` that is shown. */
export function Tabs({ label, tabs, current }) {
  return html`<nav class="tabs" aria-label=${label}>
    ${tabs.map(
      ({ to, text, icon }) =>
        html`<a key=${to} href=${hrefOf(to)} aria-current=${to === current ? "page" : undefined}>
          ${icon && html`<${Icon} name=${icon} />`}${text}
        </a>`,
    )}
  </nav>`;
}
