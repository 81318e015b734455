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

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** One of several, side by side: choices is [[value, text], …]. One stop of the Tab key, within it the arrows move. */
export function Segments({ label, value, choices, onChange }) {
  const move = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const at = choices.findIndex(([choice]) => choice === value);
    const next = (at + step + choices.length) % choices.length;
    event.currentTarget.children[next].focus();
    onChange(choices[next][0]);
  };
  return html`<div class="segments" role="radiogroup" aria-label=${label} onKeyDown=${move}>
    ${choices.map(
      ([choice, text]) =>
        html`<button
          key=${choice}
          type="button"
          role="radio"
          aria-checked=${choice === value ? "true" : "false"}
          tabindex=${choice === value ? 0 : -1}
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
