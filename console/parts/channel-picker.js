/** A KOOK channel, chosen from the servers and channels the account's bot sees; by id where KOOK cannot be asked. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Button } from "./buttons.js";
import { SelectField, TextField } from "./fields.js";
import { Problem } from "./feedback.js";

/** The servers of an account as [[id, name], …] in `.data`; [] for no account. */
export function useServers(accountId) {
  const load = async (signal) =>
    accountId ? (await api.get(`/api/accounts/${accountId}/servers`, {}, { signal })).servers.map((one) => [one.id, one.name]) : [];
  return useResource(load, [accountId]);
}

/** `value` has kook_server_id, kook_channel_id, kook_channel_name; `onChange` is given those three. */
export function ChannelPicker({ accounts, value, errors, onChange }) {
  const askable = accounts.filter((account) => account.credentials.includes("bot_token"));
  const [accountId, setAccountId] = useState(askable[0]?.id ?? null);
  const [isTyped, setTyped] = useState(askable.length === 0);
  const servers = useServers(isTyped ? null : accountId);
  const serverId = value.kook_server_id;
  const isListed = (servers.data ?? []).some(([id]) => id === serverId);
  const channels = useResource(
    async (signal) =>
      !isTyped && isListed ? (await api.get(`/api/accounts/${accountId}/channels`, { server_id: serverId }, { signal })).channels : [],
    [accountId, serverId, isListed, isTyped],
  );
  if (isTyped) return html`<${TypedChannel} value=${value} errors=${errors} onChange=${onChange} canList=${askable.length > 0} onList=${() => setTyped(false)} />`;

  const texts = (channels.data ?? []).filter((channel) => channel.type === "text");
  const choose = (id) => {
    const channel = texts.find((one) => one.id === id);
    onChange({ kook_server_id: serverId, kook_channel_id: id, kook_channel_name: channel.name });
  };
  const named = (channel) => (channel.category_name ? `${channel.category_name} / ${channel.name}` : channel.name);
  return html`<div class="stack tight">
    <div class="form-row">
      ${askable.length > 1 &&
      html`<${SelectField}
        label=${t("mapping.account")}
        value=${accountId}
        choices=${askable.map((account) => [account.id, account.kook_user_name || account.email])}
        onChange=${setAccountId}
      />`}
      <${SelectField}
        label=${t("mapping.server")}
        error=${errors.kook_server_id}
        value=${serverId}
        choices=${servers.data ?? []}
        onChange=${(id) => onChange({ kook_server_id: id, kook_channel_id: "", kook_channel_name: "" })}
      />
      <${SelectField}
        label=${t("mapping.channel")}
        error=${errors.kook_channel_id}
        value=${value.kook_channel_id}
        choices=${texts.map((channel) => [channel.id, named(channel)])}
        onChange=${choose}
      />
    </div>
    <${Problem} problem=${servers.problem ?? channels.problem} />
    <div><${Button} small kind="quiet" icon="pencil" onClick=${() => setTyped(true)}>${t("mapping.typeIds")}<//></div>
  </div>`;
}

function TypedChannel({ value, errors, onChange, canList, onList }) {
  const set = (name) => (text) => onChange({ ...value, [name]: text });
  return html`<div class="stack tight">
    <div class="form-row">
      <${TextField} label=${t("mapping.serverId")} error=${errors.kook_server_id} value=${value.kook_server_id} onChange=${set("kook_server_id")} />
      <${TextField} label=${t("mapping.channelId")} error=${errors.kook_channel_id} value=${value.kook_channel_id} onChange=${set("kook_channel_id")} />
      <${TextField} label=${t("mapping.channelName")} error=${errors.kook_channel_name} value=${value.kook_channel_name} onChange=${set("kook_channel_name")} />
    </div>
    <p class="hint">${t("mapping.typeIds.hint")}</p>
    ${canList && html`<div><${Button} small kind="quiet" icon="list-checks" onClick=${onList}>${t("mapping.chooseFromList")}<//></div>`}
  </div>`;
}
