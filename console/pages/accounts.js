/** The KOOK accounts: whether their events come in, their webhook's address, their secrets. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { moment } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { AccountForm, PrivateAddress, Warnings } from "../parts/account-form.js";
import { Backfill } from "../parts/backfill.js";
import { Button, IconButton, ReloadButton } from "../parts/buttons.js";
import { ConnectionLight } from "../parts/connection-light.js";
import { CopyText } from "../parts/copy.js";
import { Dialog, ask } from "../parts/dialog.js";
import { Empty, Loaded, Problem, toast } from "../parts/feedback.js";
import { useAccounts } from "../parts/lookups.js";
import { Badge, Card, PageHead, Terms } from "../parts/surfaces.js";

export default function AccountsPage({ query }) {
  const accounts = useAccounts();
  const [edited, setEdited] = useState(query.add ? "new" : null);
  const [warnings, setWarnings] = useState([]);
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setEdited("new")}>${t("accounts.add")}<//>`;
  const saved = (_, given) => {
    setWarnings(given);
    setEdited(null);
    toast(t("accounts.saved"));
    accounts.reload();
  };
  return html`
    <${PageHead} title=${t("nav.accounts")} lead=${t("accounts.lead")} actions=${html`<${ReloadButton} resource=${accounts} />${add}`} />
    <div class="stack">
      <${Warnings} warnings=${warnings} />
      <${Loaded}
        resource=${accounts}
        show=${(rows) =>
          rows.length === 0
            ? html`<${Card}><${Empty} icon="user-round" title=${t("accounts.none")}>${t("accounts.none.text")}<div>${add}</div><//><//>`
            : html`<div class="columns cards">
                ${rows.map((account) => html`<${AccountCard} key=${account.id} account=${account} reload=${accounts.reload} onEdit=${() => setEdited(account)} />`)}
              </div>`}
      />
    </div>
    ${edited &&
    html`<${Dialog}
      wide=${edited === "new"}
      title=${edited === "new" ? t("accounts.add") : t("accounts.edit", { name: edited.email })}
      onClose=${() => setEdited(null)}
    >
      <${AccountForm} account=${edited === "new" ? undefined : edited} withSteps=${edited === "new"} onSaved=${saved} />
    <//>`}
  `;
}

function confirmRemoval(account, reload) {
  ask({
    title: t("accounts.remove.title", { name: account.email }),
    text: t("accounts.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      await api.delete(`/api/accounts/${account.id}`);
      toast(t("accounts.removed"));
      await reload();
      return true;
    },
  });
}

function AccountCard({ account, reload, onEdit }) {
  const isRunning = account.status === "online";
  const toggle = useAction(async () => {
    const answer = await api.post(`/api/accounts/${account.id}/${isRunning ? "stop" : "start"}`);
    toast([answer.message, ...(answer.warnings ?? []).map((one) => one.message)].join(" "), answer.warnings?.length ? "warn" : "good");
    await reload();
  });
  const [isBackfillShown, setBackfillShown] = useState(false);
  const actions = html`
    <${Button} small icon=${isRunning ? "square" : "play"} busy=${toggle.busy} onClick=${() => toggle.run()}>
      ${t(isRunning ? "accounts.stop" : "accounts.start")}
    <//>
    <${IconButton} icon="pencil" label=${t("accounts.edit", { name: account.email })} onClick=${onEdit} />
    <${IconButton} icon="trash-2" label=${t("accounts.remove", { name: account.email })} onClick=${() => confirmRemoval(account, reload)} />
  `;
  const secrets = ["bot_token", "verify_token", "encrypt_key"].filter((name) => account.ingress === "webhook" || name === "bot_token");
  const unreadable = account.unreadable_credentials ?? [];
  return html`<${Card} title=${account.kook_user_name || account.email} lead=${account.kook_user_name ? account.email : ""} actions=${actions}>
    <div class="stack tight">
      <${ConnectionLight} account=${account} />
      <${Terms}
        rows=${[
          [t("accounts.ingress"), t(`account.ingress.${account.ingress}`)],
          [t("accounts.lastActive"), html`<span class="number">${moment(account.last_active)}</span>`],
          [
            t("accounts.credentials"),
            html`<span class="badges">
              ${secrets.map((name) => {
                const isBroken = unreadable.includes(name);
                const isSet = account.credentials.includes(name);
                return html`<${Badge} key=${name} tone=${isBroken ? "bad" : isSet ? "good" : "none"}>
                  ${t(`account.${name}`)}${isBroken ? ` · ${t("accounts.unreadable")}` : isSet ? "" : ` · ${t("accounts.notSet")}`}
                <//>`;
              })}
            </span>`,
          ],
          [t("accounts.plainWebhook"), account.is_default ? t("accounts.isDefault") : null],
        ]}
      />
      ${account.webhook_url && html`<div><p class="hint">${t("accounts.webhook")}</p><${CopyText} label=${t("accounts.webhook")} text=${account.webhook_url} /></div>
      ${!account.connection.challenged_at && html`<${PrivateAddress} url=${account.webhook_url} />`}`}
      ${account.credentials.includes("bot_token") &&
      html`<div>
        <${Button} small kind="quiet" icon="download" onClick=${() => setBackfillShown(true)}>${t("accounts.backfill")}<//>
      </div>`}
      <${Problem} problem=${toggle.problem} />
    </div>
    ${isBackfillShown && html`<${Backfill} account=${account} onClose=${() => setBackfillShown(false)} />`}
  <//>`;
}
