/** An account by its cookie, and what can be changed of one. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button } from "./buttons.js";
import { CONTENT_PLATFORMS, PlatformField } from "./content-platforms.js";
import { Dialog } from "./dialog.js";
import { AreaField, Form, SelectField, TextField } from "./fields.js";
import { Notice, Problem, toast } from "./feedback.js";

const TYPES = ["personal", "business"];
const STATUSES = ["active", "inactive"];
const MAX_COOKIE_CHARACTERS = 16_384;

export function CookieField({ value, onChange, error, hint, optional }) {
  return html`<${AreaField}
    label=${t("content.cookie")}
    hint=${hint ?? t("content.cookie.hint")}
    rows=${4}
    maxlength=${MAX_COOKIE_CHARACTERS}
    autocomplete="off"
    spellcheck="false"
    ...${{ value, onChange, error, optional }}
  />`;
}

function numberChoices() {
  return Array.from({ length: 10 }, (_, index) => [index + 1, String(index + 1)]);
}

/** Only what was changed is sent: a new cookie makes the account wait for a check, and so does nothing else. */
function changesOf(account, values) {
  const names = ["account_name", "account_type", "priority", "status", "user_id", "project_id"];
  const changed = names.filter((name) => values[name] !== account[name]).map((name) => [name, values[name]]);
  return { ...Object.fromEntries(changed), ...(values.cookie_data.trim() && { cookie_data: values.cookie_data }) };
}

/** `account` is the one to change, undefined for a new one. */
export function ContentAccountDialog({ account, platform, onClose, onSaved }) {
  const [values, setValues] = useState({
    platform: platform || CONTENT_PLATFORMS[0],
    account_name: "",
    account_type: "personal",
    priority: 5,
    user_id: "",
    project_id: "",
    ...account,
    cookie_data: "",
  });
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction(() => (account ? api.patch(`/api/v1/accounts/${account.account_id}`, changesOf(account, values)) : api.post("/api/v1/accounts", values)));
  const submit = async () => {
    const answer = await save.run();
    if (!answer) return;
    toast(t(account ? "content.saved" : "content.added"));
    onSaved(answer.data);
    onClose();
  };
  const errors = save.problem?.fields ?? {};
  const statuses = account && !STATUSES.includes(account.status) ? [account.status, ...STATUSES] : STATUSES;
  return html`<${Dialog} title=${account ? t("content.edit", { name: account.account_name || account.account_id }) : t("content.addCookie")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${submit}>
      ${!account && html`<${PlatformField} value=${values.platform} error=${errors.platform} onChange=${set("platform")} />`}
      <${CookieField}
        value=${values.cookie_data}
        error=${errors.cookie_data}
        hint=${account ? t("content.cookie.kept") : undefined}
        optional=${Boolean(account)}
        onChange=${set("cookie_data")}
      />
      <${TextField} label=${t("content.name")} hint=${account ? "" : t("content.name.hint")} error=${errors.account_name} optional=${!account} maxlength="100" value=${values.account_name} onChange=${set("account_name")} />
      <div class="form-row">
        <${SelectField} label=${t("content.type")} value=${values.account_type} choices=${TYPES.map((one) => [one, t(`contentType.${one}`)])} onChange=${set("account_type")} />
        <${SelectField} label=${t("content.priority")} value=${values.priority} choices=${numberChoices()} onChange=${set("priority")} />
        ${account && html`<${SelectField} label=${t("content.status")} value=${values.status} choices=${statuses.map((one) => [one, t(`contentStatus.${one}`)])} onChange=${set("status")} />`}
      </div>
      <div class="form-row">
        <${TextField} label=${t("content.user")} optional error=${errors.user_id} maxlength="100" value=${values.user_id} onChange=${set("user_id")} />
        <${TextField} label=${t("content.project")} optional error=${errors.project_id} maxlength="100" value=${values.project_id} onChange=${set("project_id")} />
      </div>
      ${Object.keys(errors).length > 0 ? html`<${Notice} tone="bad" title=${save.problem.message}>${t("form.seeFields")}<//>` : html`<${Problem} problem=${save.problem} />`}
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy} disabled=${!account && !values.cookie_data.trim()}>${t("action.save")}<//></div>
    <//>
  <//>`;
}
