/** The accounts of content platforms, with their checks. */
import { html, useEffect, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Link, hrefOf, replaceQuery } from "../core/router.js";
import { Button, IconButton, ReloadButton } from "./buttons.js";
import { ContentAccountDialog } from "./content-account-form.js";
import { BatchCheck } from "./content-batch.js";
import { CONTENT_PLATFORMS, ContentPlatformMark, contentPlatformName } from "./content-platforms.js";
import { ContentStatus, HealthAnswer } from "./content-status.js";
import { Empty, Loaded, toastProblem } from "./feedback.js";
import { SelectField } from "./fields.js";
import { Pager, usePageNumber } from "./pager.js";
import { QrLogin } from "./qr-login.js";
import { Card } from "./surfaces.js";
import { Table } from "./table.js";

const PAGE_SIZE = 20;
const STATUSES = ["active", "pending", "expired", "inactive"];

export function ContentAccounts({ query }) {
  const { platform = "", status = "" } = query;
  const [page, setPage] = usePageNumber([platform, status]);
  const [shown, setShown] = useState(null);
  const [outcomes, setOutcomes] = useState({});
  const ask = { platform, status, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
  const accounts = useResource((signal) => api.get("/api/v1/accounts", ask, { signal }), [platform, status, page], { everySeconds: 20 });
  const filter = (change) => replaceQuery({ platform, status, ...change });
  const close = () => setShown(null);
  const checked = (accountId, outcome) => {
    setOutcomes((before) => ({ ...before, [accountId]: outcome }));
    accounts.reload();
  };
  const login = html`<${Button} kind="primary" icon="qr-code" onClick=${() => setShown({ kind: "qr" })}>${t("content.qr")}<//>`;
  const add = html`<${Button} icon="plus" onClick=${() => setShown({ kind: "add" })}>${t("content.addCookie")}<//>`;
  return html`
    <div class="stack">
      <div class="bar">
        <div class="filters">
          <${SelectField} label=${t("content.platform")} value=${platform} choices=${platformChoices(platform)} onChange=${(chosen) => filter({ platform: chosen })} />
          <${SelectField} label=${t("content.status")} value=${status} choices=${[["", t("filter.any")], ...STATUSES.map((one) => [one, t(`contentStatus.${one}`)])]} onChange=${(chosen) => filter({ status: chosen })} />
        </div>
        <div class="actions">
          <${ReloadButton} resource=${accounts} />
          <${Button} icon="shield-check" onClick=${() => setShown({ kind: "batch" })}>${t("content.checkAll")}<//>
          ${add}${login}
        </div>
      </div>
      <${Card} flush>
        <${Loaded}
          resource=${accounts}
          rows=${6}
          show=${({ data }) => html`
            ${data.accounts.length === 0
              ? html`<${Empty} icon="cookie" title=${t("content.none")}>${t("content.none.text")}<//>`
              : html`<${AccountTable} accounts=${data.accounts} outcomes=${outcomes} onChecked=${checked} onRenew=${(account) => setShown({ kind: "qr", account })} />`}
            <${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} onPage=${setPage} />
          `}
        />
      <//>
    </div>
    ${shown?.kind === "qr" && html`<${QrLogin} account=${shown.account} platform=${platform} onClose=${close} onDone=${accounts.reload} />`}
    ${shown?.kind === "add" && html`<${ContentAccountDialog} platform=${platform} onClose=${close} onSaved=${accounts.reload} />`}
    ${shown?.kind === "batch" && html`<${BatchCheck} platform=${platform} onClose=${close} onDone=${accounts.reload} />`}
  `;
}

function platformChoices(chosen) {
  const names = !chosen || CONTENT_PLATFORMS.includes(chosen) ? CONTENT_PLATFORMS : [...CONTENT_PLATFORMS, chosen];
  return [["", t("filter.any")], ...names.map((one) => [one, contentPlatformName(one)])];
}

function AccountTable({ accounts, outcomes, onChecked, onRenew }) {
  const columns = [
    {
      key: "name",
      title: t("content.name"),
      cell: (one) => html`<${Link} to=${`/content/${one.account_id}`}><strong>${one.account_name || one.account_id}</strong><//>
        ${one.platform_user_name && one.platform_user_name !== one.account_name && html`<p class="faint">${one.platform_user_name}</p>`}`,
    },
    { key: "platform", title: t("content.platform"), cell: (one) => html`<${ContentPlatformMark} platform=${one.platform} />` },
    {
      key: "status",
      title: t("content.status"),
      cell: (one) => html`<span class="badges">
          <${ContentStatus} status=${one.status} />
          ${outcomes[one.account_id] && html`<${HealthAnswer} outcome=${outcomes[one.account_id]} />`}
        </span>
        ${one.last_error && html`<p class="line-reason">${one.last_error}</p>`}`,
    },
    { key: "checked", title: t("content.checked"), className: "number nowrap", cell: (one) => moment(one.last_check_at) },
    {
      key: "uses",
      title: t("content.uses"),
      className: "end number",
      cell: (one) => html`<span title=${t("content.uses.title", { success: one.success_count, fail: one.fail_count })}>${number(one.use_count)}</span>
        ${one.fail_count > 0 && html`<p class="bad-text">${t("content.failedUses", { count: number(one.fail_count) })}</p>`}`,
    },
    { key: "priority", title: t("content.priority"), className: "end number", cell: (one) => one.priority },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (one) => html`
        <${CheckButton} account=${one} onChecked=${onChecked} />
        <${IconButton} icon="qr-code" label=${t("content.renew", { name: one.account_name || one.account_id })} onClick=${() => onRenew(one)} />
      `,
    },
  ];
  const open = (one) => {
    window.location.hash = hrefOf(`/content/${one.account_id}`);
  };
  return html`<${Table} label=${t("content.tab.accounts")} columns=${columns} rows=${accounts} rowKey=${(one) => one.account_id} onRow=${open} />`;
}

function CheckButton({ account, onChecked }) {
  const check = useAction(() => api.post(`/api/v1/accounts/${account.account_id}/health-check`));
  const go = async () => {
    const answer = await check.run();
    if (answer) onChecked(account.account_id, answer.data.outcome);
  };
  useEffect(() => {
    if (check.problem) toastProblem(check.problem);
  }, [check.problem]);
  return html`<${Button} small icon="shield-check" busy=${check.busy} onClick=${go}>${t("content.check")}<//>`;
}
