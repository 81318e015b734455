/** An account's status, and the three answers that a check has. */
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { Badge } from "./surfaces.js";

const STATUS_TONES = { active: "good", pending: "info", inactive: "none", expired: "bad" };
export const OUTCOME_TONES = { logged_in: "good", must_log_in: "bad", unknown: "warn" };

export function ContentStatus({ status }) {
  return html`<${Badge} tone=${STATUS_TONES[status] ?? "none"}>${t(`contentStatus.${status}`)}<//>`;
}

export function HealthAnswer({ outcome }) {
  return html`<${Badge} tone=${OUTCOME_TONES[outcome] ?? "none"}>${t(`healthAnswer.${outcome}`)}<//>`;
}
