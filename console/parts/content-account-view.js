/** One account: whether it is logged in, what is known of it, how its uses went. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { milliseconds, moment, number, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { navigate } from "../core/router.js";
import { Button, IconButton, LinkButton, ReloadButton } from "./buttons.js";
import { ContentAccountDialog } from "./content-account-form.js";
import { ContentPlatformMark } from "./content-platforms.js";
import { ContentStatus, HealthAnswer, OUTCOME_TONES } from "./content-status.js";
import { CopyText } from "./copy.js";
import { Dialog, ask } from "./dialog.js";
import { Empty, Loaded, Notice, Problem, toast } from "./feedback.js";
import { QrLogin } from "./qr-login.js";
import { Badge, Card, PageHead, Terms, Tile } from "./surfaces.js";
import { Table } from "./table.js";

function confirmRemoval(account) {
  ask({
    title: t("content.remove.title", { name: account.account_name || account.account_id }),
    text: t("content.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      const answer = await api.delete(`/api/v1/accounts/${account.account_id}`);
      toast(answer.data.message);
      navigate("/content");
      return answer;
    },
  });
}

export function OneContentAccount({ accountId }) {
  const [shown, setShown] = useState("");
  const path = `/api/v1/accounts/${encodeURIComponent(accountId)}`;
  const load = async (signal) => {
    const [account, stats] = await Promise.all([api.get(path, {}, { signal }), api.get(`${path}/stats`, {}, { signal })]);
    return { account: account.data, stats: stats.data };
  };
  const resource = useResource(load, [accountId], { everySeconds: 20 });
  const close = () => setShown("");
  return html`<${Loaded}
    resource=${resource}
    rows=${8}
    show=${({ account, stats }) => html`
      <${PageHead}
        title=${account.account_name || account.account_id}
        lead=${html`<${ContentPlatformMark} platform=${account.platform} /> <${ContentStatus} status=${account.status} />`}
        actions=${html`
          <${LinkButton} kind="quiet" icon="chevron-left" to="/content">${t("content.tab.accounts")}<//>
          <${ReloadButton} resource=${resource} />
          <${IconButton} icon="pencil" label=${t("content.edit", { name: account.account_name || account.account_id })} onClick=${() => setShown("edit")} />
          <${Button} kind="danger" icon="trash-2" onClick=${() => confirmRemoval(account)}>${t("action.delete")}<//>
        `}
      />
      <div class="stack">
        <${Figures} account=${account} stats=${stats} />
        <div class="columns even">
          <${Health} account=${account} onChecked=${resource.reload} onLogin=${() => setShown("qr")} />
          <${Facts} account=${account} onCookies=${() => setShown("cookies")} />
        </div>
        <${Uses} uses=${stats.recent_logs} />
      </div>
      ${shown === "edit" && html`<${ContentAccountDialog} account=${account} onClose=${close} onSaved=${resource.reload} />`}
      ${shown === "qr" && html`<${QrLogin} account=${account} onClose=${close} onDone=${resource.reload} />`}
      ${shown === "cookies" && html`<${Cookies} path=${path} onClose=${close} />`}
    `}
  />`;
}

function Figures({ account, stats }) {
  const reported = stats.success_count + stats.fail_count;
  return html`<div class="tiles">
    <${Tile} icon="zap" label=${t("content.uses")} value=${number(stats.use_count)} />
    <${Tile} icon="check" label=${t("content.rate")} value=${reported ? percent(stats.success_rate / 100) : "–"} note=${t("content.rate.note")} />
    <${Tile} icon="circle-check" label=${t("content.succeeded")} value=${number(stats.success_count)} tone=${stats.success_count ? "good" : "none"} />
    <${Tile} icon="circle-alert" label=${t("content.failed")} value=${number(stats.fail_count)} tone=${stats.fail_count ? "bad" : "none"} />
    <${Tile} icon="tag" label=${t("content.priority")} value=${account.priority} note=${t(`contentType.${account.account_type}`)} />
  </div>`;
}

function Health({ account, onChecked, onLogin }) {
  const [found, setFound] = useState(null);
  const check = useAction(() => api.post(`/api/v1/accounts/${account.account_id}/health-check`));
  const go = async () => {
    const answer = await check.run();
    if (!answer) return;
    setFound(answer.data);
    onChecked();
  };
  const actions = html`
    <${Button} small icon="shield-check" busy=${check.busy} onClick=${go}>${t("content.check")}<//>
    <${Button} small icon="qr-code" onClick=${onLogin}>${t("content.loginAgain")}<//>
  `;
  return html`<${Card} title=${t("content.health")} actions=${actions}>
    <div class="stack tight">
      ${found
        ? html`<${Notice} tone=${OUTCOME_TONES[found.outcome] ?? "info"} title=${t(`healthAnswer.${found.outcome}`)}>
            <p>${found.message}</p>
            ${found.error && found.error !== found.message && html`<p class="reason">${found.error}</p>`}
          <//>`
        : account.last_error && html`<${Notice} tone=${account.status === "expired" ? "bad" : "warn"} title=${t("content.lastError")}>${account.last_error}<//>`}
      <${Problem} problem=${check.problem} />
      <${Terms}
        rows=${[
          [t("content.status"), html`<${ContentStatus} status=${account.status} /> <span class="hint">${t(`contentStatusHint.${account.status}`)}</span>`],
          [t("content.checked"), html`<span class="number">${moment(account.last_check_at)}</span>`],
        ]}
      />
      <ul class="answers">
        ${Object.keys(OUTCOME_TONES).map((outcome) => html`<li key=${outcome}><${HealthAnswer} outcome=${outcome} /><span class="hint">${t(`healthAnswerHint.${outcome}`)}</span></li>`)}
      </ul>
    </div>
  <//>`;
}

function Facts({ account, onCookies }) {
  const tags = Object.entries(account.tags ?? {});
  const actions = html`<${Button} small kind="quiet" icon="eye" onClick=${onCookies}>${t("content.showCookies")}<//>`;
  return html`<${Card} title=${t("content.facts")} actions=${actions}>
    <${Terms}
      rows=${[
        [t("content.id"), html`<code>${account.account_id}</code>`],
        [t("content.platformUser"), account.platform_user_name || account.platform_user_id ? html`${account.platform_user_name} <span class="faint">${account.platform_user_id}</span>` : html`<span class="faint">${t("content.platformUser.none")}</span>`],
        [t("content.user"), account.user_id || null],
        [t("content.project"), account.project_id || null],
        [t("content.tags"), tags.length > 0 ? html`<span class="badges">${tags.map(([name, value]) => html`<${Badge} key=${name}>${name}: ${String(value)}<//>`)}</span>` : null],
        [t("content.lastUsed"), html`<span class="number">${moment(account.last_used_at)}</span>`],
        [t("content.made"), html`<span class="number">${moment(account.created_at)}</span>`],
        [t("content.changed"), html`<span class="number">${moment(account.updated_at)}</span>`],
      ]}
    />
  <//>`;
}

function Uses({ uses }) {
  const columns = [
    { key: "time", title: t("content.use.time"), className: "number nowrap", cell: (one) => moment(one.created_at) },
    { key: "action", title: t("content.use.action"), cell: (one) => html`<code>${one.action}</code>` },
    { key: "outcome", title: t("content.use.outcome"), cell: (one) => html`<${Badge} tone=${one.success ? "good" : "bad"}>${t(one.success ? "content.use.good" : "content.use.bad")}<//>${one.error && html`<p class="line-reason">${one.error}</p>`}` },
    { key: "took", title: t("content.use.took"), className: "end number", cell: (one) => milliseconds(one.duration_ms) },
  ];
  return html`<${Card} flush title=${t("content.use.title")}>
    ${uses.length === 0
      ? html`<${Empty} icon="activity" title=${t("content.use.none")}>${t("content.use.none.text")}<//>`
      : html`<${Table} label=${t("content.use.title")} columns=${columns} rows=${uses.map((one, index) => ({ ...one, index }))} rowKey=${(one) => one.index} />`}
  <//>`;
}

/** Shown on demand only: every look is in the audit trail. */
function Cookies({ path, onClose }) {
  const [shown, setShown] = useState(null);
  const read = useAction(() => api.get(`${path}/cookies`));
  const go = async () => {
    const answer = await read.run();
    if (answer) setShown(answer.data);
  };
  const footer = html`
    <${Button} onClick=${onClose}>${t("action.close")}<//>
    ${!shown && html`<${Button} kind="danger" icon="eye" busy=${read.busy} onClick=${go}>${t("content.showCookies")}<//>`}
  `;
  return html`<${Dialog} title=${t("content.cookies")} onClose=${onClose} footer=${footer}>
    <${Notice} tone="warn">${shown?.warning ?? t("content.cookies.text")}<//>
    ${shown && html`<${CopyText} label=${t("content.cookies")} text=${Object.entries(shown.cookies).map(([name, value]) => `${name}=${value}`).join("; ")} />`}
    <${Problem} problem=${read.problem} />
  <//>`;
}
