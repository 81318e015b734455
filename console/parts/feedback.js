/** What the page says back: notices, problems of the API, toasts, and what stands where there is nothing yet. */
import { html, signal, useEffect, useRef } from "../core/html.js";
import { t } from "../core/i18n.js";
import { Button, IconButton } from "./buttons.js";
import { Icon } from "./icon.js";

const TOAST_MS = 6_000;
const ICONS = { good: "circle-check", bad: "circle-alert", warn: "triangle-alert", info: "info" };

/** `tone`: "good", "bad", "warn" or "info". */
export function Notice({ tone = "info", title, children, actions }) {
  return html`<div class=${`notice ${tone}`} role=${tone === "bad" ? "alert" : "status"}>
    <${Icon} name=${ICONS[tone]} size=${18} />
    <div class="notice-text">${title && html`<strong>${title}</strong>`}${children && html`<div>${children}</div>`}</div>
    ${actions && html`<div class="notice-actions">${actions}</div>`}
  </div>`;
}

/** An ApiProblem: what happened, why, and what to do about it. Nothing for null. */
export function Problem({ problem, onRetry }) {
  if (!problem) return null;
  return html`<${Notice}
    tone="bad"
    title=${problem.message}
    actions=${onRetry && html`<${Button} small icon="refresh-cw" onClick=${onRetry}>${t("action.retry")}<//>`}
  >
    ${problem.reason && !problem.message.includes(problem.reason) && html`<p class="reason">${problem.reason}</p>`}
    ${problem.solution && html`<p>${problem.solution}</p>`}
  <//>`;
}

/** `title` says what is not there, the children what to do about it. */
export function Empty({ icon = "circle-help", title, tone = "none", children }) {
  return html`<div class=${`empty ${tone}`}>
    <span class="empty-icon"><${Icon} name=${icon} size=${26} /></span>
    <p class="empty-title">${title}</p>
    ${children && html`<div class="empty-text">${children}</div>`}
  </div>`;
}

export function Loading({ rows = 3 }) {
  return html`<div class="loading" role="status" aria-label=${t("state.loading")}>
    ${Array.from({ length: rows }, (_, index) => html`<span key=${index} class="skeleton" />`)}
  </div>`;
}

/** The data of a resource by `show(data)`, or what stands in its place. */
export function Loaded({ resource, rows, show }) {
  const { data, problem, reload } = resource;
  if (data === null && problem) return html`<${Problem} problem=${problem} onRetry=${reload} />`;
  if (data === null) return html`<${Loading} rows=${rows} />`;
  return html`${problem && html`<${Problem} problem=${problem} onRetry=${reload} />`}${show(data)}`;
}

const toasts = signal([]);
let lastToast = 0;

/** Say that something was done. What failed is said where it failed, by Problem, and stays. */
export function toast(text, tone = "good") {
  lastToast += 1;
  const id = lastToast;
  toasts.value = [...toasts.value.slice(-3), { id, text, tone }];
  setTimeout(() => dismiss(id), TOAST_MS);
}

/** A failure of an action that has no place of its own on the page. */
export function toastProblem(problem) {
  toast([problem.message, problem.reason, problem.solution].filter(Boolean).join(" "), "bad");
}

function dismiss(id) {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts() {
  const place = useRef(null);
  const shown = toasts.value;
  // In the browser's top layer, and again on top of it with each new one: a window over the page is there, too.
  useEffect(() => {
    if (place.current.matches(":popover-open")) place.current.hidePopover();
    if (shown.length > 0) place.current.showPopover();
  }, [shown]);
  return html`<div class="toasts" aria-live="polite" popover="manual" ref=${place}>
    ${shown.map(
      ({ id, text, tone }) =>
        html`<div key=${id} class=${`toast ${tone}`}>
          <${Icon} name=${ICONS[tone]} />
          <p>${text}</p>
          <${IconButton} icon="x" label=${t("action.close")} onClick=${() => dismiss(id)} />
        </div>`,
    )}
  </div>`;
}
