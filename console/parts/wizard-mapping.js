/** The wizard's last steps: which channel goes where, and the first message on its way. */
import { html, useEffect, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { listen } from "../core/live.js";
import { Button, LinkButton, Segments } from "./buttons.js";
import { DeliveryLine, PlatformMark } from "./delivery.js";
import { byId } from "./lookups.js";
import { MappingForm } from "./mapping-form.js";
import { Notice, toast } from "./feedback.js";
import { Icon } from "./icon.js";
import { SmartMapping } from "./smart-mapping.js";
import { Card } from "./surfaces.js";

const LINES = 20;

export function MappingStep({ accounts, bots, mappings, bot, onBack, onNext }) {
  const canSuggest = accounts.some((account) => account.credentials.includes("bot_token"));
  const [way, setWay] = useState(canSuggest ? "smart" : "hand");
  const applied = async () => {
    await mappings.reload();
    onNext();
  };
  const count = mappings.data.length;
  return html`<div class="stack">
    ${count > 0 &&
    html`<${Notice} tone="info" actions=${html`<${Button} small icon="arrow-right" onClick=${onNext}>${t("wizard.next")}<//>`}>
      ${t("wizard.mapping.existing", { count })}
    <//>`}
    <${Card}>
      <div class="stack">
        <${Segments}
          label=${t("wizard.mapping.way")}
          value=${way}
          choices=${[
            ["smart", t("wizard.mapping.smart")],
            ["hand", t("wizard.mapping.hand")],
          ]}
          onChange=${setWay}
        />
        ${way === "smart"
          ? html`<p class="soft">${t("smart.lead")}</p><${SmartMapping} accounts=${accounts} bots=${bots} preferredBot=${bot} onApplied=${applied} />`
          : html`<${MappingForm} accounts=${accounts} bots=${bots} onSaved=${() => {
              toast(t("mappings.saved"));
              return applied();
            }} />`}
      </div>
    <//>
    <div><${Button} kind="quiet" onClick=${onBack}>${t("wizard.back")}<//></div>
  </div>`;
}

/** Listens until something of a mapping arrives, and shows it. */
export function ArrivalStep({ mappings, bots, onBack }) {
  const [rows, setRows] = useState([]);
  useEffect(
    () => listen((frame) => frame.type === "log" && setRows((before) => [frame.data, ...before.filter((row) => row.id !== frame.data.id)].slice(0, LINES))),
    [],
  );
  const isDelivered = rows.some((row) => row.status === "success");
  const isFailed = !isDelivered && rows.length > 0;
  const enabled = mappings.filter((mapping) => mapping.enabled === 1);
  return html`<div class="stack">
    <${Card}>
      <div class="stack">
        <div class=${`big-light ${isDelivered ? "on" : ""}`} role="status">
          <span class="big-light-lamp">
            ${isDelivered ? html`<${Icon} name="check" size=${20} />` : isFailed ? html`<${Icon} name="x" size=${20} />` : html`<span class="spinner" />`}
          </span>
          <div>
            <p class="big-light-title">${t(isDelivered ? "wizard.arrival.done" : isFailed ? "wizard.arrival.failed" : "wizard.arrival.waiting")}</p>
            <p class="faint">${t(isDelivered ? "wizard.arrival.done.text" : isFailed ? "wizard.arrival.failed.text" : "wizard.arrival.waiting.text")}</p>
          </div>
        </div>
        <ul class="routes">
          ${enabled.slice(0, 6).map(
            (mapping) =>
              html`<li key=${mapping.id}>
                <strong># ${mapping.kook_channel_name || mapping.kook_channel_id}</strong>
                <${Icon} name="arrow-right" size=${14} />
                <${PlatformMark} platform=${mapping.target_platform} /> ${byId(bots, mapping.target_bot_id)?.name ?? ""}
              </li>`,
          )}
        </ul>
        ${rows.length > 0 && html`<ul class="lines framed">${rows.map((row) => html`<${DeliveryLine} key=${row.id} row=${row} isNew />`)}</ul>`}
        <div class="form-foot">
          ${isDelivered && html`<${LinkButton} kind="primary" icon="radio" to="/log">${t("wizard.toLog")}<//>`}
          <${LinkButton} icon="house" to="/">${t("page.home")}<//>
          <${Button} kind="quiet" onClick=${onBack}>${t("wizard.back")}<//>
        </div>
      </div>
    <//>
  </div>`;
}
