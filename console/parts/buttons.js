import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { Link } from "../core/router.js";
import { Icon } from "./icon.js";

/** `kind`: "primary", "plain" (default), "quiet" or "danger". `busy` shows that it works and takes no second press. */
export function Button({ kind = "plain", icon, busy = false, disabled = false, type = "button", small, children, ...rest }) {
  return html`<button
    type=${type}
    class=${`button ${kind}${small ? " small" : ""}`}
    disabled=${disabled || busy}
    aria-busy=${busy ? "true" : undefined}
    ...${rest}
  >
    ${busy ? html`<span class="spinner" />` : icon && html`<${Icon} name=${icon} />`}
    ${children && html`<span>${children}</span>`}
  </button>`;
}

/** A button that is a picture only; `label` is its name. */
export function IconButton({ icon, label, kind = "quiet", busy = false, disabled = false, ...rest }) {
  return html`<button
    type="button"
    class=${`button icon-only ${kind}`}
    aria-label=${label}
    title=${label}
    disabled=${disabled || busy}
    ...${rest}
  >
    ${busy ? html`<span class="spinner" />` : html`<${Icon} name=${icon} />`}
  </button>`;
}

/** A link that looks like a button. */
export function LinkButton({ kind = "plain", icon, children, small, ...rest }) {
  return html`<${Link} class=${`button ${kind}${small ? " small" : ""}`} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}<span>${children}</span>
  <//>`;
}

/** One of several, side by side: choices is [[value, text], …]. */
export function Segments({ label, value, choices, onChange }) {
  return html`<div class="segments" role="radiogroup" aria-label=${label}>
    ${choices.map(
      ([choice, text]) =>
        html`<button
          key=${choice}
          type="button"
          role="radio"
          aria-checked=${choice === value ? "true" : "false"}
          onClick=${() => onChange(choice)}
        >
          ${text}
        </button>`,
    )}
  </div>`;
}

/** Loads again, turning while it does. */
export function ReloadButton({ resource }) {
  return html`<${IconButton} icon="refresh-cw" label=${t("action.reload")} busy=${resource.loading} onClick=${resource.reload} />`;
}
