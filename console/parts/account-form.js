/** The form of a KOOK account, with the steps in KOOK's own console. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button, Segments } from "./buttons.js";
import { Check, Form, SecretField, TextField } from "./fields.js";
import { Notice, Problem } from "./feedback.js";

const SECRETS = { webhook: ["bot_token", "verify_token", "encrypt_key"], gateway: ["bot_token"] };

/** The steps in KOOK's developer centre, numbered from `start`; `part` is "before", "after" or "gateway". */
export function KookSteps({ part, start = 1 }) {
  return html`<ol class="steps" start=${start}>
    ${t(`account.steps.${part}`)
      .split("\n")
      .map((step) => html`<li key=${step}>${step}</li>`)}
  </ol>`;
}

export function IngressChoice({ value, onChange }) {
  return html`<div class="stack tight">
    <${Segments}
      label=${t("account.ingress")}
      value=${value}
      choices=${[
        ["webhook", t("account.ingress.webhook")],
        ["gateway", t("account.ingress.gateway")],
      ]}
      onChange=${onChange}
    />
    <p class="hint">${t(`account.ingress.${value}.hint`)}</p>
  </div>`;
}

/**
 * `account` is the one to change, undefined for a new one; `onSaved(account, warnings)` is told of the kept one, and until
 * what it returns is settled the form takes no second press. A field of a kept account that is left empty keeps its secret.
 */
export function AccountForm({ account, onSaved, submitText, withSteps = false }) {
  const [email, setEmail] = useState(account?.email ?? "");
  const [ingress, setIngress] = useState(account?.ingress ?? "webhook");
  const [isDefault, setDefault] = useState(account?.is_default ?? false);
  const [secrets, setSecrets] = useState({});
  const save = useAction(async (body) => {
    const answer = await (account ? api.put(`/api/accounts/${account.id}`, body) : api.post("/api/accounts", body));
    await onSaved(answer.data, answer.warnings ?? []);
  });
  const errors = save.problem?.fields ?? {};

  const submit = async () => {
    const given = Object.fromEntries(
      SECRETS[ingress].map((name) => [name, (secrets[name] ?? "").trim()]).filter(([, value]) => value),
    );
    await save.run({ email: email.trim(), ingress, is_default: isDefault, ...given });
  };
  const isFieldError = Object.keys(errors).some((field) => ["email", ...SECRETS[ingress]].includes(field));
  return html`<${Form} class="form" onSubmit=${submit}>
    <${IngressChoice} value=${ingress} onChange=${setIngress} />
    ${withSteps && html`<${KookSteps} part=${ingress === "webhook" ? "before" : "gateway"} />`}
    <${TextField}
      label=${t("account.email")}
      hint=${t("account.email.hint")}
      error=${errors.email}
      type="email"
      autocomplete="off"
      value=${email}
      onChange=${setEmail}
    />
    ${SECRETS[ingress].map((name) => {
      const isKept = account?.credentials.includes(name);
      return html`<${SecretField}
        key=${name}
        label=${t(`account.${name}`)}
        hint=${isKept ? t("form.keptUnlessFilled") : t(`account.${name}.hint`)}
        error=${errors[name]}
        optional=${name === "encrypt_key"}
        value=${secrets[name] ?? ""}
        onChange=${(value) => setSecrets({ ...secrets, [name]: value })}
      />`;
    })}
    ${ingress === "webhook" &&
    html`<${Check} label=${t("account.isDefault")} hint=${t("account.isDefault.hint")} checked=${isDefault} onChange=${setDefault} />`}
    ${isFieldError ? html`<${Notice} tone="bad">${t("form.seeFields")}<//>` : html`<${Problem} problem=${save.problem} />`}
    <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy}>${submitText ?? t("action.save")}<//></div>
  <//>`;
}

const PRIVATE_HOST = /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\]|\[f[cd])/;

/** Says so when KOOK cannot reach the callback address from the internet. */
export function PrivateAddress({ url }) {
  if (!PRIVATE_HOST.test(new URL(url).hostname)) return null;
  return html`<${Notice} tone="warn" title=${t("account.privateAddress")}>${t("account.privateAddress.todo")}<//>`;
}

/** What the API warned of although the account was kept. */
export function Warnings({ warnings }) {
  return warnings.map((one) => html`<${Notice} key=${one.code} tone="warn">${one.message}<//>`);
}
