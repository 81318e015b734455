/** One delivery in full, with the retry of a failed one. */
import { html } from "../core/html.js";
import { api } from "../core/api.js";
import { milliseconds, moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button } from "./buttons.js";
import { PlatformMark, StatusBadge, reasonOf } from "./delivery.js";
import { Dialog } from "./dialog.js";
import { Loaded, Notice, Problem, toast } from "./feedback.js";
import { byId } from "./lookups.js";
import { Terms } from "./surfaces.js";

const FOLLOW_SECONDS = 2;

export function DeliveryDetails({ deliveryId, bots, onClose, onChanged }) {
  const path = `/api/deliveries/${encodeURIComponent(deliveryId)}`;
  const resource = useResource((signal) => api.get(path, {}, { signal }).then((answer) => answer.data), [deliveryId], {
    everySeconds: FOLLOW_SECONDS,
  });
  const retry = useAction(() => api.post(`${path}/retry`));
  const again = async () => {
    const answer = await retry.run();
    if (!answer) return;
    toast(answer.message);
    await resource.reload();
    onChanged?.();
  };
  const footer = html`
    <${Button} onClick=${onClose}>${t("action.close")}<//>
    ${resource.data?.status === "failed" &&
    html`<${Button} kind="primary" icon="rotate-cw" busy=${retry.busy} onClick=${again}>${t("deliveries.retry")}<//>`}
  `;
  return html`<${Dialog} wide title=${t("deliveries.detail")} onClose=${onClose} footer=${footer}>
    <${Loaded} resource=${resource} rows=${6} show=${(delivery) => html`<${Details} delivery=${delivery} bots=${bots} />`} />
    <${Problem} problem=${retry.problem} />
  <//>`;
}

/** In the page's words where it has some for the code, else in the API's. */
function adviceOn({ error_code, solution }) {
  const advice = wordFor("errorAdvice", error_code);
  return advice === error_code ? solution : advice;
}

function Details({ delivery, bots }) {
  const bot = byId(bots, delivery.target_bot_id);
  const time = (text) => (text ? html`<span class="number">${moment(text)}</span>` : null);
  return html`
    <div class="delivery-head">
      <${StatusBadge} status=${delivery.status} />
      <${PlatformMark} platform=${delivery.target_platform} />
      <span class="faint number">${milliseconds(delivery.latency_ms)}</span>
    </div>
    <blockquote>${delivery.content || html`<span class="faint">${t("delivery.noText")}</span>`}</blockquote>
    ${delivery.status === "failed" &&
    html`<${Notice} tone="bad" title=${reasonOf(delivery)}>${adviceOn(delivery)}<//>`}
    ${delivery.possible_duplicate && html`<${Notice} tone="warn">${t("deliveries.duplicate")}<//>`}
    <${Terms}
      rows=${[
        [t("deliveries.sender"), delivery.sender_name],
        [t("deliveries.channel"), `# ${delivery.kook_channel_name || delivery.kook_channel_id}`],
        [t("deliveries.target"), `${bot?.name ?? t("deliveries.goneBot", { id: delivery.target_bot_id })} → ${delivery.target_channel}`],
        [t("deliveries.received"), time(delivery.received_at)],
        [t("deliveries.firstAttempt"), time(delivery.first_attempt_at)],
        [t("deliveries.nextAttempt"), time(delivery.next_attempt_at)],
        [t("deliveries.closed"), time(delivery.closed_at)],
        [t("deliveries.attempts"), String(delivery.attempts)],
        [t("deliveries.parts"), `${delivery.parts_sent} / ${delivery.parts_total}`],
        [t("deliveries.notes"), delivery.notes.length ? delivery.notes.join(" · ") : null],
        [t("deliveries.kookId"), html`<code>${delivery.kook_message_id}</code>`],
        [
          t("deliveries.platformIds"),
          delivery.platform_message_ids.flat().length ? html`<code>${delivery.platform_message_ids.flat().join(", ")}</code>` : null,
        ],
      ]}
    />
  `;
}
