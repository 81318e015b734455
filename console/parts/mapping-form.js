/** The form of a mapping: from which KOOK channel to which place, and how. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button } from "./buttons.js";
import { ChannelPicker } from "./channel-picker.js";
import { AreaField, Check, Form, SelectField, TextField } from "./fields.js";
import { Notice, Problem } from "./feedback.js";
import { defaultTarget } from "./platforms.js";

const CHANGE_POLICIES = ["apply", "apply_or_note", "ignore"];
const CHANGES = ["edit_policy", "delete_policy", "pin_policy", "reaction_policy"];
const KINDS = ["text", "kmarkdown", "image", "video", "audio", "file", "card", "item"];
const LISTS = ["include_keywords", "exclude_keywords", "include_users", "exclude_users"];
const NEW = {
  kook_server_id: "",
  kook_channel_id: "",
  kook_channel_name: "",
  target_bot_id: null,
  target_channel_id: "",
  enabled: 1,
  name_format: "{name}",
  media_policy: "upload",
  edit_policy: "apply_or_note",
  pin_policy: "ignore",
  reaction_policy: "ignore",
  delete_policy: "apply_or_note",
  outcome_policy: "at_least_once",
  filters: {},
};

function linesOf(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/**
 * `mapping` is the one to change, undefined for a new one. `accounts` and `bots` are the lists. `onSaved(mapping)` is told
 * of the kept one; until what it returns is settled the form takes no second press.
 */
export function MappingForm({ mapping, accounts, bots, onSaved }) {
  const [values, setValues] = useState(mapping ?? NEW);
  const [lists, setLists] = useState(Object.fromEntries(LISTS.map((name) => [name, (mapping?.filters[name] ?? []).join("\n")])));
  const [kinds, setKinds] = useState(mapping?.filters.message_kinds ?? []);
  const [relayBots, setRelayBots] = useState(mapping?.filters.relay_bots ?? false);
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction(async (body) => {
    const answer = await (mapping ? api.put(`/api/mappings/${mapping.id}`, body) : api.post("/api/mappings", body));
    await onSaved(answer.data);
  });
  const errors = save.problem?.fields ?? {};

  const chooseBot = (id) => {
    const bot = bots.find((one) => one.id === id);
    setValues((before) => ({ ...before, target_bot_id: id, target_channel_id: bot ? defaultTarget(bot) : "" }));
  };
  const submit = async () => {
    const filters = { ...Object.fromEntries(LISTS.map((name) => [name, linesOf(lists[name])])), message_kinds: kinds, relay_bots: relayBots };
    const { id, created_at, disabled_reason, solution, ...kept } = values;
    const bot = bots.find((one) => one.id === kept.target_bot_id);
    await save.run({ ...kept, target_platform: bot?.platform ?? kept.target_platform, filters });
  };
  return html`<${Form} class="form" onSubmit=${submit}>
    <fieldset>
      <legend>${t("mapping.from")}</legend>
      <${ChannelPicker}
        accounts=${accounts}
        value=${values}
        errors=${errors}
        onChange=${(chosen) => setValues((before) => ({ ...before, ...chosen }))}
      />
    </fieldset>
    <fieldset>
      <legend>${t("mapping.to")}</legend>
      <div class="form-row">
        <${SelectField}
          label=${t("mapping.bot")}
          error=${errors.target_bot_id}
          value=${values.target_bot_id}
          choices=${bots.map((bot) => [bot.id, `${bot.name} · ${t(`platform.${bot.platform}`)}`])}
          onChange=${chooseBot}
        />
        <${TextField}
          label=${t("mapping.target")}
          hint=${t("mapping.target.hint")}
          error=${errors.target_channel_id}
          value=${values.target_channel_id}
          onChange=${set("target_channel_id")}
        />
      </div>
    </fieldset>
    <details open=${Boolean(mapping)}>
      <summary>${t("mapping.how")}</summary>
      <div class="form">
        <div class="form-row">
          <${TextField} label=${t("mapping.nameFormat")} hint=${t("mapping.nameFormat.hint")} error=${errors.name_format} value=${values.name_format} onChange=${set("name_format")} />
          <${SelectField}
            label=${t("mapping.media")}
            value=${values.media_policy}
            choices=${["upload", "link", "omit"].map((one) => [one, t(`mapping.media.${one}`)])}
            onChange=${set("media_policy")}
          />
          <${SelectField}
            label=${t("mapping.outcome")}
            hint=${t("mapping.outcome.hint")}
            value=${values.outcome_policy}
            choices=${["at_least_once", "at_most_once"].map((one) => [one, t(`mapping.outcome.${one}`)])}
            onChange=${set("outcome_policy")}
          />
        </div>
        <div class="form-row">
          ${CHANGES.map(
            (name) =>
              html`<${SelectField}
                key=${name}
                label=${t(`mapping.${name}`)}
                value=${values[name]}
                choices=${CHANGE_POLICIES.map((one) => [one, t(`mapping.change.${one}`)])}
                onChange=${set(name)}
              />`,
          )}
        </div>
      </div>
    </details>
    <details>
      <summary>${t("mapping.filters")}</summary>
      <div class="form">
        <p class="hint">${t("mapping.filters.hint")}</p>
        <div class="form-row">
          ${LISTS.map(
            (name) =>
              html`<${AreaField}
                key=${name}
                label=${t(`mapping.filter.${name}`)}
                error=${errors[`filters.${name}`]}
                value=${lists[name]}
                onChange=${(text) => setLists({ ...lists, [name]: text })}
              />`,
          )}
        </div>
        <div role="group" aria-label=${t("mapping.kinds")}>
          <p class="label">${t("mapping.kinds")}</p>
          <div class="checks">
            ${KINDS.map(
              (kind) =>
                html`<${Check}
                  key=${kind}
                  label=${t(`messageType.${kind}`)}
                  checked=${kinds.includes(kind)}
                  onChange=${(isOn) => setKinds(isOn ? [...kinds, kind] : kinds.filter((one) => one !== kind))}
                />`,
            )}
          </div>
        </div>
        <${Check} label=${t("mapping.relayBots")} hint=${t("mapping.relayBots.hint")} checked=${relayBots} onChange=${setRelayBots} />
      </div>
    </details>
    ${Object.keys(errors).length > 0 ? html`<${Notice} tone="bad" title=${save.problem.message}>${save.problem.solution}<//>` : html`<${Problem} problem=${save.problem} />`}
    <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy}>${t("action.save")}<//></div>
  <//>`;
}
