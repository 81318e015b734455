/** One line of the log: who said what where, where it went, and how that ended. */
import { html } from "../core/html.js";
import { milliseconds, timeOfDay, moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { Badge } from "./surfaces.js";
import { Icon } from "./icon.js";

// What most messages are: not worth a word.
const PLAIN_KINDS = ["text", "kmarkdown"];
const TONES = { success: "good", failed: "bad", pending: "warn" };

export function StatusBadge({ status }) {
  return html`<${Badge} tone=${TONES[status] ?? "none"} pulse=${status === "pending"}>${wordFor("delivery", status)}<//>`;
}

export function PlatformMark({ platform }) {
  return html`<span class=${`platform ${platform}`}><i />${wordFor("platform", platform)}</span>`;
}

/** `row` is a row of /api/logs or, by core/live.js, a pushed frame's data. */
export function DeliveryLine({ row, isNew = false, onOpen }) {
  const kind = row.message_type && !PLAIN_KINDS.includes(row.message_type) ? wordFor("messageType", row.message_type) : "";
  return html`<li class=${`line ${row.status} ${isNew ? "new" : ""}`}>
    <time class="line-time number" title=${moment(row.timestamp ?? row.created_at)}>${timeOfDay(row.timestamp ?? row.created_at)}</time>
    <div class="line-main">
      <p class="line-head">
        <span class="line-channel"><${Icon} name="hash" size=${13} />${row.kook_channel_name || row.kook_channel_id}</span>
        <strong>${row.sender_name}</strong>
        ${kind && html`<span class="line-kind">${kind}</span>`}
      </p>
      <p class="line-content">${row.content || html`<span class="faint">${t("delivery.noText")}</span>`}</p>
      ${row.status === "failed" && html`<p class="line-reason">${reasonOf(row)}</p>`}
      ${(row.notes ?? []).length > 0 && html`<p class="line-note">${row.notes.join(" · ")}</p>`}
    </div>
    <div class="line-end">
      <${PlatformMark} platform=${row.platform ?? row.target_platform} />
      <${StatusBadge} status=${row.status} />
      <span class="faint number">${milliseconds(row.latency_ms)}</span>
      ${onOpen && row.delivery_id && html`<button type="button" class="link" onClick=${() => onOpen(row)}>${t("action.details")}</button>`}
    </div>
  </li>`;
}

/** Why a delivery failed, in the page's words where it has some for the code, with what the platform said. */
export function reasonOf(row) {
  const known = row.error_code ? wordFor("errorCode", row.error_code) : "";
  const word = known === row.error_code ? (row.error_explanation ?? known) : known;
  if (word && row.error_message) return t("delivery.reason", { word, reason: row.error_message });
  return word || row.error_message || t("delivery.noReason");
}
