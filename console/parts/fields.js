import { html, useId, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { IconButton } from "./buttons.js";

/** Label, control, hint and error of one field, joined for screen readers. `control` is given {id, ...aria}. */
export function Field({ label, hint, error, optional, control, className = "" }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const aria = { id, "aria-describedby": described || undefined, "aria-invalid": error ? "true" : undefined };
  return html`<div class=${`field ${className}`}>
    <label for=${id}>${label}${optional && html`<span class="optional">${t("field.optional")}</span>`}</label>
    ${control(aria)}
    ${error && html`<p class="field-error" id=${`${id}-error`}>${error}</p>`}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** `onChange` is given the text. */
export function TextField({ label, hint, error, optional, value, onChange, type = "text", className, ...rest }) {
  return html`<${Field}
    ...${{ label, hint, error, optional, className }}
    control=${(aria) =>
      html`<input ...${aria} type=${type} value=${value} onInput=${(event) => onChange(event.target.value)} ...${rest} />`}
  />`;
}

/** Text that is not shown unless asked for. Password managers are told to leave tokens alone. */
export function SecretField({ label, hint, error, optional, value, onChange, autocomplete = "off", ...rest }) {
  const [isShown, setShown] = useState(false);
  return html`<${Field}
    ...${{ label, hint, error, optional }}
    control=${(aria) =>
      html`<div class="joined">
        <input
          ...${aria}
          type=${isShown ? "text" : "password"}
          value=${value}
          autocomplete=${autocomplete}
          spellcheck="false"
          onInput=${(event) => onChange(event.target.value)}
          ...${rest}
        />
        <${IconButton}
          icon=${isShown ? "eye-off" : "eye"}
          label=${t(isShown ? "action.hide" : "action.show")}
          aria-pressed=${isShown ? "true" : "false"}
          onClick=${() => setShown(!isShown)}
        />
      </div>`}
  />`;
}

export function AreaField({ label, hint, error, optional, value, onChange, rows = 3, ...rest }) {
  return html`<${Field}
    ...${{ label, hint, error, optional }}
    control=${(aria) =>
      html`<textarea ...${aria} rows=${rows} value=${value} onInput=${(event) => onChange(event.target.value)} ...${rest} />`}
  />`;
}

/** `choices` is [[value, text], …]; `onChange` is given the value as it is in there. */
export function SelectField({ label, hint, error, optional, value, choices, onChange, className, ...rest }) {
  const chosen = choices.findIndex(([choice]) => choice === value);
  return html`<${Field}
    ...${{ label, hint, error, optional, className }}
    control=${(aria) =>
      html`<select
        ...${aria}
        value=${String(chosen)}
        onChange=${(event) => onChange(choices[Number(event.target.value)][0])}
        ...${rest}
      >
        ${chosen < 0 && html`<option value="-1" disabled selected>${t("field.choose")}</option>`}
        ${choices.map(([, text], index) => html`<option key=${index} value=${String(index)} selected=${index === chosen}>${text}</option>`)}
      </select>`}
  />`;
}

/** A box to tick, with its text beside it. */
export function Check({ label, hint, checked, onChange, ...rest }) {
  const id = useId();
  return html`<div class="check">
    <input
      id=${id}
      type="checkbox"
      checked=${checked}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(event) => onChange(event.target.checked)}
      ...${rest}
    />
    <div>
      <label for=${id}>${label}</label>
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    </div>
  </div>`;
}

/** On or off, at once. `label` names it for screen readers. */
export function Switch({ label, checked, disabled, onChange }) {
  return html`<button
    type="button"
    role="switch"
    class="switch"
    aria-checked=${checked ? "true" : "false"}
    aria-label=${label}
    title=${label}
    disabled=${disabled}
    onClick=${() => onChange(!checked)}
  />`;
}

/** A form that never leaves the page: Enter and the submit button both end in `onSubmit`. */
export function Form({ onSubmit, children, ...rest }) {
  const submit = (event) => {
    event.preventDefault();
    onSubmit();
  };
  return html`<form novalidate onSubmit=${submit} ...${rest}>${children}</form>`;
}
