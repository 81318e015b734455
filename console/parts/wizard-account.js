/** The wizard's first step: a KOOK account, and the light that says that KOOK reaches it. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { AccountForm, KookSteps, PrivateAddress, Warnings } from "./account-form.js";
import { Button } from "./buttons.js";
import { CopyText } from "./copy.js";
import { Notice, Problem } from "./feedback.js";
import { SelectField } from "./fields.js";
import { Icon } from "./icon.js";
import { Card } from "./surfaces.js";

const LOOK_SECONDS = 2;

export function AccountStep({ accounts, chosenId, onChoose, onNext }) {
  const [warnings, setWarnings] = useState([]);
  const known = accounts.data.find((account) => account.id === chosenId);
  const saved = async (account, given) => {
    setWarnings(given);
    await accounts.reload();
    onChoose(account.id);
  };
  if (known) {
    return html`<div class="stack">
      <${Warnings} warnings=${warnings} />
      <${Connecting} account=${known} onNext=${() => onNext(known.id)} onOther=${() => onChoose("")} />
    </div>`;
  }
  return html`<div class="stack">
    ${accounts.data.length > 0 &&
    html`<${Card} title=${t("wizard.account.existing")}>
      <div class="filters">
        <${SelectField}
          label=${t("wizard.account.which")}
          value=${null}
          choices=${accounts.data.map((account) => [account.id, account.kook_user_name || account.email])}
          onChange=${onChoose}
        />
      </div>
    <//>`}
    <${Card} title=${t("wizard.account.new")}>
      <${AccountForm} withSteps onSaved=${saved} submitText=${t("wizard.account.save")} />
    <//>
  </div>`;
}

/** What is left to do at KOOK, and whether it has worked: looked at every two seconds. */
function Connecting({ account, onNext, onOther }) {
  const watched = useResource((signal) => api.get(`/api/accounts/${account.id}`, {}, { signal }).then((answer) => answer.data), [account.id], {
    everySeconds: LOOK_SECONDS,
  });
  const shown = watched.data ?? account;
  const isWebhook = shown.ingress === "webhook";
  const { state, challenged_at: challengedAt, detail } = shown.connection;
  const isConnected = isWebhook ? Boolean(challengedAt) : state === "connected";
  return html`<${Card} title=${shown.kook_user_name || shown.email} lead=${isWebhook ? t("wizard.account.added") : ""}>
    <div class="stack">
      ${isWebhook
        ? html`<${KookSteps} part="after" />
            <div><p class="label">${t("accounts.webhook")}</p><${CopyText} label=${t("accounts.webhook")} text=${shown.webhook_url} /></div>
            ${!isConnected && html`<${PrivateAddress} url=${shown.webhook_url} />`}`
        : html`<p class="soft">${t("wizard.gateway.text")}</p>`}
      <div class=${`big-light ${isConnected ? "on" : ""}`} role="status">
        <span class="big-light-lamp">${isConnected ? html`<${Icon} name="check" size=${20} />` : html`<span class="spinner" />`}</span>
        <div>
          <p class="big-light-title">${t(isWebhook ? (isConnected ? "wizard.challenge.done" : "wizard.challenge.waiting") : isConnected ? "wizard.gateway.done" : "wizard.gateway.waiting")}</p>
          <p class="faint">
            ${isConnected && isWebhook && html`<span class="number">${moment(challengedAt)}</span>`}
            ${!isConnected && (isWebhook ? t("wizard.challenge.help") : [wordFor("connection", state), detail && wordFor("connectionDetail", detail)].filter(Boolean).join(" · "))}
          </p>
        </div>
      </div>
      ${!shown.credentials.includes("bot_token") && html`<${Notice} tone="warn">${t("wizard.account.noToken")}<//>`}
      <${Problem} problem=${watched.problem} />
      <div class="form-foot">
        <${Button} kind=${isConnected ? "primary" : "plain"} icon="arrow-right" onClick=${onNext}>
          ${t(isConnected ? "wizard.next" : "wizard.nextAnyway")}
        <//>
        <${Button} kind="quiet" onClick=${onOther}>${t("wizard.account.other")}<//>
      </div>
    </div>
  <//>`;
}
