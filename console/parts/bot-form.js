/** The form of a destination, by platform, with the test that sends a real message. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { milliseconds } from "../core/format.js";
import { useAction } from "../core/resource.js";
import { Button, Segments } from "./buttons.js";
import { Check, AreaField, Form, SecretField, SelectField, TextField } from "./fields.js";
import { CopyText } from "./copy.js";
import { Notice, Problem } from "./feedback.js";
import { PLATFORMS, PLATFORM_NAMES, variantOf } from "./platforms.js";

/** The steps that lead to what the form asks for. */
export function PlatformSteps({ platform, variant }) {
  const name = variant === "default" ? platform : `${platform}.${variant}`;
  return html`<ol class="steps">
    ${t(`bot.steps.${name}`)
      .split("\n")
      .map((step) => html`<li key=${step}>${step}</li>`)}
  </ol>`;
}

/** What of the form is sent: fields left empty are left out of a new one and taken out of a changed one. */
function configOf(fields, values, before) {
  const config = {};
  for (const { name, kind } of fields) {
    const value = kind === "list" ? (values[name] ?? "").split("\n").map((line) => line.trim()).filter(Boolean) : values[name];
    const isEmpty = value === undefined || value === "" || value === false || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) config[name] = typeof value === "string" ? value.trim() : value;
    else if (before && name in before) config[name] = null;
  }
  return config;
}

function valuesOf(fields, config) {
  return Object.fromEntries(
    fields.map(({ name, kind }) => [name, kind === "list" ? (config[name] ?? []).join("\n") : (config[name] ?? "")]),
  );
}

/**
 * `bot` is the one to change, undefined for a new one. `onSaved(bot, madeSecrets)` is told of the kept one; until what it
 * returns is settled the form takes no second press.
 */
export function BotForm({ bot, onSaved, submitText, extra }) {
  const [platform, setPlatform] = useState(bot?.platform ?? "discord");
  const [variant, setVariant] = useState(variantOf(platform, bot?.config ?? {}));
  const [name, setName] = useState(bot?.name ?? "");
  const fields = PLATFORMS[platform][variant];
  const [values, setValues] = useState(bot ? valuesOf(fields, bot.config) : {});
  const save = useAction(async (body) => {
    const answer = await (bot ? api.put(`/api/bots/${bot.id}`, body) : api.post("/api/bots", body));
    await onSaved(answer.data, answer.made_secrets);
  });

  const choose = (chosen) => {
    setPlatform(chosen);
    setVariant(variantOf(chosen, chosen === "feishu" ? { webhook_url: "" } : {}));
    setValues({});
    save.clear();
  };
  const submit = () => save.run({ platform, name: name.trim() || t(`platform.${platform}`), config: configOf(fields, values, bot?.config) });
  const errors = save.problem?.fields ?? {};
  const isFieldError = Object.keys(errors).some((field) => field === "name" || fields.some((one) => field === `config.${one.name}`));
  return html`<${Form} class="form" onSubmit=${submit}>
    ${!bot &&
    html`<${SelectField}
      label=${t("bot.platform")}
      value=${platform}
      choices=${PLATFORM_NAMES.map((one) => [one, t(`platform.${one}`)])}
      onChange=${choose}
    />`}
    ${!bot &&
    platform === "feishu" &&
    html`<${Segments}
      label=${t("bot.variant")}
      value=${variant}
      choices=${[
        ["hook", t("bot.variant.hook")],
        ["app", t("bot.variant.app")],
      ]}
      onChange=${(chosen) => {
        setVariant(chosen);
        setValues({});
      }}
    />`}
    ${!bot && html`<${PlatformSteps} platform=${platform} variant=${variant} />`}
    <${TextField} label=${t("bot.name")} error=${errors.name} value=${name} onChange=${setName} placeholder=${t(`platform.${platform}`)} maxlength="100" />
    ${fields.map(
      (field) =>
        html`<${ConfigField}
          key=${`${platform}.${variant}.${field.name}`}
          platform=${platform}
          field=${field}
          value=${values[field.name] ?? ""}
          error=${errors[`config.${field.name}`]}
          isKept=${Boolean(bot)}
          onChange=${(value) => setValues({ ...values, [field.name]: value })}
        />`,
    )}
    ${!isFieldError && html`<${Problem} problem=${save.problem} />`}
    ${isFieldError && html`<${Notice} tone="bad">${t("form.seeFields")}<//>`}
    <div class="form-foot">
      <${Button} kind="primary" type="submit" busy=${save.busy}>${submitText ?? t("action.save")}<//>
      ${extra}
    </div>
  <//>`;
}

function ConfigField({ platform, field, value, error, isKept, onChange }) {
  const label = t(`bot.field.${platform}.${field.name}`);
  const hint = field.hint ? t(`bot.hint.${platform}.${field.name}`) : isKept && field.kind === "secret" ? t("form.maskedKept") : "";
  const shared = { label, hint, error, value, onChange, optional: !field.required };
  if (field.kind === "secret") return html`<${SecretField} ...${shared} />`;
  if (field.kind === "check") return html`<${Check} label=${label} checked=${Boolean(value)} onChange=${onChange} />`;
  if (field.kind === "list") return html`<${AreaField} ...${shared} />`;
  return html`<${TextField} ...${shared} autocomplete="off" spellcheck="false" />`;
}

/** Secrets the relay made for a new destination: shown this once. */
export function MadeSecrets({ secrets }) {
  return html`<${Notice} tone="warn" title=${t("bot.madeSecrets")}>
    ${Object.entries(secrets).map(([name, value]) => html`<${CopyText} key=${name} label=${name} text=${value} />`)}
  <//>`;
}

/** Sends a test message and says how it went; `onTested(ok)` is told. */
export function BotTest({ bot, onTested, kind = "plain" }) {
  const [done, setDone] = useState(null);
  const test = useAction(() => api.post(`/api/bots/${bot.id}/test`));
  const go = async () => {
    setDone(null);
    const answer = await test.run();
    if (answer) setDone(answer);
    onTested?.(Boolean(answer));
  };
  return html`<div class="stack tight">
    <div><${Button} kind=${kind} icon="send" busy=${test.busy} onClick=${go}>${t("bot.test")}<//></div>
    ${done &&
    html`<${Notice} tone="good" title=${t("bot.tested", { latency: milliseconds(done.latency_ms) })}>${done.notes.join(" · ")}<//>`}
    <${Problem} problem=${test.problem} />
  </div>`;
}
