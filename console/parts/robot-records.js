/** What a robot hears and what became of its commands, in one list by time, asked for every few seconds. */
import { html, useState } from "../core/html.js";
import { duration, timeOfDay } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Segments } from "./buttons.js";
import { Empty, Loaded } from "./feedback.js";
import { Icon } from "./icon.js";
import { ownerApi } from "./robot-api.js";
import { Badge, Card } from "./surfaces.js";

const EVERY_SECONDS = 4;
const SHOWN = 50;
const TONES = { pending: "warn", sent: "info", success: "good", failed: "bad" };
// The contract's numbers of textType that are no plain text.
const TEXT = 1;

function linesOf({ commands, messages }, kind) {
  const asked = commands.map((one) => ({ kind: "command", key: one.commandId, at: one.createdAt, one }));
  const heard = messages.map((one) => ({ kind: "message", key: one.messageId, at: one.receivedAt, one }));
  return [...asked, ...heard].filter((line) => !kind || line.kind === kind).sort((a, b) => (a.at < b.at ? 1 : -1));
}

export function RobotRecords({ robotId }) {
  const [kind, setKind] = useState("");
  const records = useResource((signal) => ownerApi.get(`/api/robots/${robotId}/records`, { limit: SHOWN }, { signal }), [robotId], { everySeconds: EVERY_SECONDS });
  const choices = ["", "message", "command"].map((one) => [one, one ? t(`record.${one}`) : t("filter.all")]);
  const actions = html`
    <span class="live-light good" role="status"><i class="pulse" />${t("record.live")}</span>
    <${Segments} label=${t("record.kind")} value=${kind} choices=${choices} onChange=${setKind} />
  `;
  return html`<${Card} flush title=${t("record.title")} actions=${actions}>
    <${Loaded}
      resource=${records}
      rows=${6}
      show=${({ data }) => {
        const lines = linesOf(data, kind);
        if (lines.length === 0) return html`<${Empty} icon="message-square" title=${t("record.none")}>${t("record.none.text")}<//>`;
        return html`<ul class="lines records" aria-live="polite">
          ${lines.map(({ kind: which, key, at, one }) => html`<li key=${key} class="line">
            <time class="line-time number" datetime=${at}>${timeOfDay(at)}</time>
            ${which === "message" ? html`<${HeardLine} message=${one} />` : html`<${CommandLine} command=${one} />`}
          </li>`)}
        </ul>`;
      }}
    />
  <//>`;
}

function HeardLine({ message }) {
  return html`<div class="line-main">
    <p class="line-head">
      <${Icon} name="message-square" size=${14} /><strong>${message.receivedName}</strong>
      ${message.groupName && html`<span class="line-channel"><${Icon} name="users" size=${13} /> ${message.groupName}</span>`}
      ${message.textType !== TEXT && html`<span class="line-kind">${wordFor("textType", message.textType)}</span>`}
      ${message.atMe && html`<span class="line-kind">${t("record.atMe")}</span>`}
    </p>
    <p class="line-content">${message.spoken}</p>
  </div>`;
}

function CommandLine({ command }) {
  const { groupName, titleList = groupName ? [groupName] : [], content, receivedContent, objectName, extraText, type } = command.commandParams;
  const took = command.executionTimeMs === null ? "" : duration(command.executionTimeMs / 1000);
  return html`
    <div class="line-main">
      <p class="line-head">
        <${Icon} name="send" size=${14} /><span class="faint">${t("record.to")}</span><strong>${titleList.join(", ")}</strong>
        ${type && type !== "text" && html`<span class="line-kind">${wordFor("sendKind", type)}</span>`}
      </p>
      <p class="line-content">${content ?? receivedContent ?? [objectName, extraText].filter(Boolean).join(" · ")}</p>
      ${command.errorReason && html`<p class="line-reason">${command.errorReason}</p>`}
      ${command.attempts > 1 && html`<p class="line-note">${t("record.attempts", { count: command.attempts })}</p>`}
    </div>
    <div class="line-end">${took && html`<span class="faint number">${took}</span>`}<${Badge} tone=${TONES[command.status] ?? "none"}>${t(`commandStatus.${command.status}`)}<//></div>
  `;
}
