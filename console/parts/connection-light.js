/** Whether an account's events come in, and what to do when they do not. */
import { html } from "../core/html.js";
import { moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { Badge } from "./surfaces.js";

const TONES = {
  online: "good",
  connected: "good",
  connecting: "warn",
  waiting_for_storage: "warn",
  unknown: "none",
  stopped: "none",
  offline: "bad",
  refused: "bad",
};

/** `account` is a row of /api/accounts. */
export function ConnectionLight({ account }) {
  const { state, detail, since, next_attempt_at: next, missed_at: missed, challenged_at: challenged } = account.connection;
  return html`<div class="connection">
    <p>
      <${Badge} tone=${TONES[state] ?? "none"} pulse=${state === "connecting"}>${wordFor("connection", state)}<//>
      ${since && html` <span class="faint number">${t("connection.since", { time: moment(since) })}</span>`}
    </p>
    ${detail && html`<p class="warn-text">${wordFor("connectionDetail", detail)}</p>`}
    ${(state === "offline" || state === "refused") && html`<p class="hint">${t(`connection.${state}.todo`)}</p>`}
    ${next && html`<p class="hint">${t("connection.next", { time: moment(next) })}</p>`}
    ${challenged && html`<p class="hint">${t("connection.challenged", { time: moment(challenged) })}</p>`}
    ${missed && html`<p class="hint">${t("connection.missed", { time: moment(missed) })}</p>`}
  </div>`;
}
