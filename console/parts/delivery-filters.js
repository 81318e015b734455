/** The filters over the log and over deliveries; they live in the address, so that a filtered view can be kept. */
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { replaceQuery } from "../core/router.js";
import { Button } from "./buttons.js";
import { SelectField, TextField } from "./fields.js";
import { PLATFORM_NAMES } from "./platforms.js";
import { channelChoices } from "./mapping-names.js";

const STATUSES = ["success", "failed", "pending"];

/** `query` is the address's; `fields` names the filters that are shown, `bots` and `mappings` are resources. */
export function DeliveryFilters({ query, fields, bots, mappings, statuses = STATUSES }) {
  const set = (name) => (value) => replaceQuery({ ...query, [name]: value });
  const any = ["", t("filter.any")];
  const filters = {
    status: () =>
      html`<${SelectField}
        label=${t("filter.status")}
        value=${query.status ?? ""}
        choices=${[any, ...statuses.map((status) => [status, t(`delivery.${status}`)])]}
        onChange=${set("status")}
      />`,
    platform: () =>
      html`<${SelectField}
        label=${t("filter.platform")}
        value=${query.platform ?? ""}
        choices=${[any, ...PLATFORM_NAMES.map((name) => [name, t(`platform.${name}`)])]}
        onChange=${set("platform")}
      />`,
    channel_id: () =>
      html`<${SelectField}
        label=${t("filter.channel")}
        value=${query.channel_id ?? ""}
        choices=${[any, ...channelChoices(mappings.data ?? [], query.channel_id)]}
        onChange=${set("channel_id")}
      />`,
    bot_id: () =>
      html`<${SelectField}
        label=${t("filter.bot")}
        value=${query.bot_id ?? ""}
        choices=${[any, ...(bots.data ?? []).map((bot) => [String(bot.id), bot.name])]}
        onChange=${set("bot_id")}
      />`,
    error_code: () =>
      html`<${TextField} label=${t("filter.errorCode")} value=${query.error_code ?? ""} onChange=${set("error_code")} />`,
    search: () =>
      html`<${TextField}
        label=${t("filter.search")}
        type="search"
        value=${query.search ?? ""}
        placeholder=${t("filter.search.placeholder")}
        onChange=${set("search")}
      />`,
  };
  const isFiltered = fields.some((name) => query[name]);
  return html`<div class="filters" role="search">
    ${fields.map((name) => html`<${filters[name]} key=${name} />`)}
    ${isFiltered && html`<${Button} kind="quiet" icon="x" onClick=${() => replaceQuery({})}>${t("filter.clear")}<//>`}
  </div>`;
}
