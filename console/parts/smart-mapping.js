/** Suggestions of which channel belongs to which place, with how sure they are; those that are ticked become mappings. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { number, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button } from "./buttons.js";
import { useServers } from "./channel-picker.js";
import { SelectField } from "./fields.js";
import { Empty, Notice, Problem } from "./feedback.js";

const SURE = 0.8;
const LIKELY = 0.6;

function toneOf(confidence) {
  return confidence >= SURE ? "good" : confidence >= LIKELY ? "warn" : "none";
}

/** What is sent for a suggestion with the chosen target; "" leaves the channel out. */
function rowOf(suggestion, chosen) {
  const [botId, target] = JSON.parse(chosen);
  return {
    kook_server_id: suggestion.kook_server_id,
    kook_channel_id: suggestion.kook_channel_id,
    kook_channel: suggestion.kook_channel,
    target,
    bot_id: botId,
  };
}

const keyOf = (one) => JSON.stringify([one.bot_id, one.target]);

/**
 * `accounts` and `bots` are the lists; `onApplied(count)` is told how many mappings there are more. Until what it returns
 * is settled, nothing is applied again.
 */
export function SmartMapping({ accounts, bots, onApplied, preferredBot }) {
  const askable = accounts.filter((account) => account.credentials.includes("bot_token"));
  const platforms = [...new Set(bots.filter((bot) => bot.platform !== "webhook").map((bot) => bot.platform))];
  const [accountId, setAccountId] = useState(askable[0]?.id ?? null);
  const [serverId, setServerId] = useState("");
  const [platform, setPlatform] = useState(platforms.includes(preferredBot?.platform) ? preferredBot.platform : platforms[0]);
  const [found, setFound] = useState(null);
  const servers = useServers(accountId);
  const match = useAction(() => api.post("/api/smart-mapping/auto-match", { account_id: accountId, platform, server_id: serverId || null }));
  const go = async () => {
    setFound(null);
    const answer = await match.run();
    if (answer) setFound(answer);
  };
  if (askable.length === 0) return html`<${Notice} tone="warn">${t("smart.needsToken")}<//>`;
  if (platforms.length === 0) return html`<${Notice} tone="warn">${t("smart.needsBot")}<//>`;
  return html`<div class="stack">
    <div class="filters">
      ${askable.length > 1 &&
      html`<${SelectField}
        label=${t("mapping.account")}
        value=${accountId}
        choices=${askable.map((account) => [account.id, account.kook_user_name || account.email])}
        onChange=${setAccountId}
      />`}
      <${SelectField}
        label=${t("mapping.server")}
        value=${serverId}
        choices=${[["", t("smart.allServers")], ...(servers.data ?? [])]}
        onChange=${setServerId}
      />
      <${SelectField}
        label=${t("filter.platform")}
        value=${platform}
        choices=${platforms.map((one) => [one, t(`platform.${one}`)])}
        onChange=${setPlatform}
      />
      <${Button} kind="primary" icon="wand-sparkles" busy=${match.busy} onClick=${go}>${t("smart.match")}<//>
    </div>
    <${Problem} problem=${servers.problem ?? match.problem} />
    ${found && html`<${Suggestions} key=${JSON.stringify(found.stats)} found=${found} onApplied=${onApplied} />`}
  </div>`;
}

function Suggestions({ found, onApplied }) {
  const open = found.mappings.filter((one) => !one.already_mapped);
  // What is sure is ticked; the rest is the reader's to judge.
  const [chosen, setChosen] = useState(
    Object.fromEntries(open.map((one) => [one.kook_channel_id, one.confidence >= LIKELY ? keyOf(one) : ""])),
  );
  const [results, setResults] = useState(null);
  const apply = useAction(async (mappings) => {
    const answer = await api.post("/api/smart-mapping/apply", { mappings });
    setResults(answer);
    if (answer.success_count > 0) await onApplied(answer.success_count);
  });
  const wanted = open.filter((one) => chosen[one.kook_channel_id]);
  const go = () => apply.run(wanted.map((one) => rowOf(one, chosen[one.kook_channel_id])));
  const failed = (results?.results ?? []).filter((one) => one.status === "failed");
  return html`
    <p class="soft">
      ${t("smart.summary", {
        matched: number(found.stats.matched_count),
        channels: number(found.stats.total_kook_channels),
        targets: number(found.stats.total_target_channels),
      })}
    </p>
    ${found.unavailable_bots.map(
      (one) => html`<${Notice} key=${one.bot_id} tone="warn" title=${t("smart.notListed", { name: one.bot_name })}>${one.reason} ${one.detail}<//>`,
    )}
    ${open.length === 0
      ? html`<${Empty} icon="waypoints" title=${t(found.mappings.length ? "smart.allMapped" : "smart.nothing")}>${t("smart.nothing.text")}<//>`
      : html`<ul class="suggestions">
            ${open.map(
              (one) =>
                html`<${Suggestion}
                  key=${one.kook_channel_id}
                  suggestion=${one}
                  targets=${found.available_targets}
                  chosen=${chosen[one.kook_channel_id]}
                  onChoose=${(value) => setChosen({ ...chosen, [one.kook_channel_id]: value })}
                />`,
            )}
          </ul>
          <div class="form-foot">
            <${Button} kind="primary" icon="check" busy=${apply.busy} disabled=${wanted.length === 0} onClick=${go}>
              ${t("smart.apply", { count: wanted.length })}
            <//>
          </div>`}
    <${Problem} problem=${apply.problem} />
    ${results && html`<${Notice} tone=${failed.length ? "warn" : "good"}>${results.message}<//>`}
    ${failed.map((one) => html`<${Notice} key=${one.index} tone="bad" title=${wanted[one.index]?.kook_channel ?? ""}>${one.error_message} ${one.solution ?? ""}<//>`)}
  `;
}

function Suggestion({ suggestion, targets, chosen, onChoose }) {
  const own = keyOf(suggestion);
  const better = [suggestion, ...suggestion.alternatives];
  const listed = new Set(better.map(keyOf));
  const choices = [
    ...better.map((one) => [keyOf(one), `${one.target_name} · ${one.bot_name} (${percent(one.confidence, 0)})`]),
    ...targets.filter((one) => !listed.has(keyOf(one))).map((one) => [keyOf(one), `${one.target_name} · ${one.bot_name}`]),
    ["", t("smart.leaveOut")],
  ];
  return html`<li class=${chosen ? "chosen" : ""}>
    <input
      type="checkbox"
      aria-label=${t("smart.take", { channel: suggestion.kook_channel })}
      checked=${Boolean(chosen)}
      onChange=${(event) => onChoose(event.target.checked ? own : "")}
    />
    <div class="suggestion-from">
      <strong># ${suggestion.kook_channel}</strong>
      <p class="faint">${[suggestion.kook_server, suggestion.kook_category].filter(Boolean).join(" / ")}</p>
    </div>
    <${SelectField} label=${t("smart.target")} value=${chosen} choices=${choices} onChange=${onChoose} />
    <div class="confidence">
      <p class="number"><span class=${`confidence-bar ${toneOf(suggestion.confidence)}`}><progress max="1" value=${suggestion.confidence} aria-label=${t("smart.confidence")} /></span>${percent(suggestion.confidence, 0)}</p>
      <p class="faint">${suggestion.match_reason}</p>
    </div>
  </li>`;
}
