/** One pool: its members and their state, and whom it gives out. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Link, navigate } from "../core/router.js";
import { Button, IconButton, LinkButton, ReloadButton } from "./buttons.js";
import { ContentPlatformMark } from "./content-platforms.js";
import { ContentStatus, HealthAnswer } from "./content-status.js";
import { Dialog, ask } from "./dialog.js";
import { Empty, Loaded, Notice, Problem, toast } from "./feedback.js";
import { Form, SelectField } from "./fields.js";
import { PoolDialog, PoolState } from "./pools.js";
import { Card, PageHead, Tile } from "./surfaces.js";
import { Table } from "./table.js";

// As many as are offered to choose from.
const LISTED_ACCOUNTS = 200;

function confirmRemoval(pool) {
  ask({
    title: t("pools.remove.title", { name: pool.name }),
    text: t("pools.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      const answer = await api.delete(`/api/v1/pools/${pool.pool_id}`);
      toast(answer.data.message);
      navigate("/content/pools");
      return answer;
    },
  });
}

export function OnePool({ poolId }) {
  const [shown, setShown] = useState("");
  const resource = useResource((signal) => api.get(`/api/v1/pools/${encodeURIComponent(poolId)}`, {}, { signal }), [poolId], { everySeconds: 20 });
  const close = () => setShown("");
  return html`<${Loaded}
    resource=${resource}
    rows=${6}
    show=${({ data: pool }) => html`
      <${PageHead}
        title=${pool.name}
        lead=${html`<${ContentPlatformMark} platform=${pool.platform} /> <${PoolState} pool=${pool} /> ${pool.description}`}
        actions=${html`
          <${LinkButton} kind="quiet" icon="chevron-left" to="/content/pools">${t("content.tab.pools")}<//>
          <${ReloadButton} resource=${resource} />
          <${IconButton} icon="pencil" label=${t("pools.edit", { name: pool.name })} onClick=${() => setShown("edit")} />
          <${Button} kind="danger" icon="trash-2" onClick=${() => confirmRemoval(pool)}>${t("action.delete")}<//>
        `}
      />
      <div class="stack">
        <${PoolHealth} pool=${pool} />
        <${Selecting} pool=${pool} onSelected=${resource.reload} />
        <${Members} pool=${pool} reload=${resource.reload} onAdd=${() => setShown("add")} />
      </div>
      ${shown === "edit" && html`<${PoolDialog} pool=${pool} onClose=${close} onSaved=${resource.reload} />`}
      ${shown === "add" && html`<${NewMember} pool=${pool} onClose=${close} onAdded=${resource.reload} />`}
    `}
  />`;
}

function PoolHealth({ pool }) {
  const of = (status) => pool.members.filter((one) => one.status === status).length;
  return html`<div class="tiles">
    <${Tile} icon="layers" label=${t("pools.members")} value=${number(pool.member_count)} note=${t("pools.most", { count: pool.max_size })} />
    <${Tile} icon="circle-check" label=${t("contentStatus.active")} value=${of("active")} tone=${of("active") ? "good" : pool.member_count ? "bad" : "none"} note=${t("pools.usable")} />
    <${Tile} icon="circle-alert" label=${t("contentStatus.expired")} value=${of("expired")} tone=${of("expired") ? "bad" : "none"} />
    <${Tile} icon="clock" label=${t("contentStatus.pending")} value=${of("pending")} />
    <${Tile} icon="route" label=${t("pools.strategy")} value=${t(`strategy.${pool.strategy}`)} />
  </div>`;
}

/** Gives an account out, as a program would have it, and takes how its use ended. */
function Selecting({ pool, onSelected }) {
  const [chosen, setChosen] = useState(null);
  const select = useAction(() => api.post(`/api/v1/pools/${pool.pool_id}/select`));
  const report = useAction((success) => api.post(`/api/v1/accounts/${chosen.account_id}/usage`, { action: "console", success }));
  const go = async () => {
    const answer = await select.run();
    setChosen(answer ? answer.data : null);
    if (answer) onSelected();
  };
  const tell = async (success) => {
    const answer = await report.run(success);
    if (!answer) return;
    toast(answer.data.message);
    setChosen(null);
    onSelected();
  };
  const actions = html`<${Button} icon="arrow-right" busy=${select.busy} onClick=${go}>${t("pools.select")}<//>`;
  const tools = html`
    <${Button} small icon="check" busy=${report.busy} onClick=${() => tell(true)}>${t("content.use.good")}<//>
    <${Button} small icon="x" busy=${report.busy} onClick=${() => tell(false)}>${t("content.use.bad")}<//>
  `;
  return html`<${Card} title=${t("pools.selecting")} lead=${t("pools.selecting.text")} actions=${actions}>
    ${chosen && html`<${Notice} tone="good" title=${t("pools.selected", { name: chosen.account_name || chosen.account_id })} actions=${tools}>${t("pools.selected.text")}<//>`}
    <${Problem} problem=${select.problem ?? report.problem} />
    ${!chosen && !select.problem && html`<p class="faint">${t(`strategyHint.${pool.strategy}`)}</p>`}
  <//>`;
}

function Members({ pool, reload, onAdd }) {
  const [outcomes, setOutcomes] = useState({});
  const check = useAction(async () => {
    for (const member of pool.members) {
      const { data } = await api.post(`/api/v1/accounts/${member.account_id}/health-check`);
      setOutcomes((before) => ({ ...before, [member.account_id]: data.outcome }));
    }
    await reload();
  });
  const remove = (member) =>
    ask({
      title: t("pools.takeOut.title", { name: member.account_name || member.account_id }),
      text: t("pools.takeOut.text"),
      confirm: t("pools.takeOut"),
      action: async () => {
        const answer = await api.delete(`/api/v1/pools/${pool.pool_id}/members/${member.account_id}`);
        toast(answer.data.message);
        await reload();
        return answer;
      },
    });
  const columns = [
    { key: "name", title: t("content.name"), cell: (one) => html`<${Link} to=${`/content/${one.account_id}`}><strong>${one.account_name || one.account_id}</strong><//>` },
    {
      key: "status",
      title: t("content.status"),
      cell: (one) => html`<span class="badges"><${ContentStatus} status=${one.status} />${outcomes[one.account_id] && html`<${HealthAnswer} outcome=${outcomes[one.account_id]} />`}</span>`,
    },
    { key: "priority", title: t("pools.priority"), className: "end number", cell: (one) => one.priority },
    { key: "uses", title: t("pools.given"), className: "end number", cell: (one) => number(one.use_count) },
    { key: "joined", title: t("pools.joined"), className: "number nowrap", cell: (one) => moment(one.joined_at) },
    { key: "tools", title: "", className: "tools", cell: (one) => html`<${IconButton} icon="x" label=${t("pools.takeOutOf", { name: one.account_name || one.account_id })} onClick=${() => remove(one)} />` },
  ];
  const actions = html`
    ${pool.members.length > 0 && html`<${Button} small icon="shield-check" busy=${check.busy} onClick=${() => check.run()}>${t("pools.check")}<//>`}
    <${Button} small kind="primary" icon="plus" onClick=${onAdd}>${t("pools.addMember")}<//>
  `;
  return html`<${Card} flush title=${t("pools.members")} actions=${actions}>
    <${Problem} problem=${check.problem} />
    ${pool.members.length === 0
      ? html`<${Empty} icon="cookie" title=${t("pools.empty")}>${t("pools.empty.text")}<//>`
      : html`<${Table} label=${t("pools.members")} columns=${columns} rows=${pool.members} rowKey=${(one) => one.account_id} />`}
  <//>`;
}

function NewMember({ pool, onClose, onAdded }) {
  const [accountId, setAccountId] = useState("");
  const [priority, setPriority] = useState(5);
  const accounts = useResource((signal) => api.get("/api/v1/accounts", { platform: pool.platform, limit: LISTED_ACCOUNTS }, { signal }));
  const add = useAction((body) => api.post(`/api/v1/pools/${pool.pool_id}/members`, body));
  const submit = async () => {
    const answer = await add.run({ account_id: accountId, priority });
    if (!answer) return;
    toast(answer.data.message);
    onAdded();
    onClose();
  };
  const inside = new Set(pool.members.map((one) => one.account_id));
  return html`<${Dialog} title=${t("pools.addMember")} onClose=${onClose}>
    <${Loaded}
      resource=${accounts}
      show=${({ data }) => {
        const free = data.accounts.filter((one) => !inside.has(one.account_id));
        if (free.length === 0) return html`<${Notice} tone="info" title=${t("pools.noAccounts")}>${t("pools.noAccounts.text")}<//>`;
        const priorities = Array.from({ length: 10 }, (_, index) => [index + 1, String(index + 1)]);
        return html`<${Form} class="form" onSubmit=${submit}>
          <${SelectField} label=${t("pools.account")} value=${accountId} choices=${free.map((one) => [one.account_id, `${one.account_name || one.account_id} · ${t(`contentStatus.${one.status}`)}`])} onChange=${setAccountId} />
          <${SelectField} label=${t("pools.priority")} hint=${t("pools.priority.hint")} value=${priority} choices=${priorities} onChange=${setPriority} />
          <${Problem} problem=${add.problem} />
          <div class="form-foot"><${Button} kind="primary" type="submit" busy=${add.busy} disabled=${!accountId}>${t("pools.addMember")}<//></div>
        <//>`;
      }}
    />
  <//>`;
}
