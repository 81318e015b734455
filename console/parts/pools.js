/** The pools that give accounts out. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Link, hrefOf, navigate } from "../core/router.js";
import { Button, ReloadButton } from "./buttons.js";
import { CONTENT_PLATFORMS, ContentPlatformMark, PlatformField } from "./content-platforms.js";
import { Dialog } from "./dialog.js";
import { Empty, Loaded, Problem, toast } from "./feedback.js";
import { Check, Form, SelectField, TextField } from "./fields.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

export const STRATEGIES = ["round_robin", "random", "priority", "least_used", "weighted"];

export function PoolState({ pool }) {
  return html`<${Badge} tone=${pool.is_active ? "good" : "none"}>${t(pool.is_active ? "pools.on" : "pools.off")}<//>`;
}

export function Pools() {
  const [isAdding, setAdding] = useState(false);
  const pools = useResource((signal) => api.get("/api/v1/pools", {}, { signal }));
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>${t("pools.add")}<//>`;
  const columns = [
    { key: "name", title: t("pools.name"), cell: (pool) => html`<${Link} to=${`/content/pools/${pool.pool_id}`}><strong>${pool.name}</strong><//>${pool.description && html`<p class="faint">${pool.description}</p>`}` },
    { key: "platform", title: t("content.platform"), cell: (pool) => html`<${ContentPlatformMark} platform=${pool.platform} />` },
    { key: "strategy", title: t("pools.strategy"), cell: (pool) => t(`strategy.${pool.strategy}`) },
    { key: "members", title: t("pools.members"), className: "end number", cell: (pool) => t("pools.membersOf", { count: pool.member_count, most: pool.max_size }) },
    { key: "state", title: t("pools.state"), cell: (pool) => html`<${PoolState} pool=${pool} />` },
  ];
  const open = (pool) => {
    window.location.hash = hrefOf(`/content/pools/${pool.pool_id}`);
  };
  return html`
    <${Card} flush title=${t("content.tab.pools")} lead=${t("pools.lead")} actions=${html`<${ReloadButton} resource=${pools} />${add}`}>
      <${Loaded}
        resource=${pools}
        show=${({ data }) =>
          data.length === 0
            ? html`<${Empty} icon="layers" title=${t("pools.none")}>${t("pools.none.text")}<//>`
            : html`<${Table} label=${t("content.tab.pools")} columns=${columns} rows=${data} rowKey=${(pool) => pool.pool_id} onRow=${open} />`}
      />
    <//>
    ${isAdding && html`<${PoolDialog} onClose=${() => setAdding(false)} onSaved=${(pool) => navigate(`/content/pools/${pool.pool_id}`)} />`}
  `;
}

/** `pool` is the one to change, undefined for a new one. */
export function PoolDialog({ pool, onClose, onSaved }) {
  const [values, setValues] = useState({ name: "", platform: CONTENT_PLATFORMS[0], description: "", strategy: STRATEGIES[0], is_active: true, ...pool, max_size: String(pool?.max_size ?? 10) });
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction((body) => (pool ? api.put(`/api/v1/pools/${pool.pool_id}`, { ...body, is_active: values.is_active }) : api.post("/api/v1/pools", { ...body, platform: values.platform })));
  const submit = async () => {
    const { name, description, strategy } = values;
    const answer = await save.run({ name: name.trim(), description, strategy, max_size: Number(values.max_size) });
    if (!answer) return;
    toast(t("pools.saved"));
    onClose();
    onSaved(answer.data);
  };
  const errors = save.problem?.fields ?? {};
  return html`<${Dialog} title=${pool ? t("pools.edit", { name: pool.name }) : t("pools.add")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("pools.name")} error=${errors.name} maxlength="100" value=${values.name} onChange=${set("name")} />
      ${!pool && html`<${PlatformField} value=${values.platform} error=${errors.platform} onChange=${set("platform")} />`}
      <${TextField} label=${t("pools.description")} error=${errors.description} optional maxlength="500" value=${values.description} onChange=${set("description")} />
      <div class="form-row">
        <${SelectField} label=${t("pools.strategy")} hint=${t(`strategyHint.${values.strategy}`)} value=${values.strategy} choices=${STRATEGIES.map((one) => [one, t(`strategy.${one}`)])} onChange=${set("strategy")} />
        <${TextField} label=${t("pools.size")} type="number" min="1" max="100" error=${errors.max_size} value=${values.max_size} onChange=${set("max_size")} />
      </div>
      ${pool && html`<${Check} label=${t("pools.isActive")} hint=${t("pools.isActive.hint")} checked=${values.is_active} onChange=${set("is_active")} />`}
      <${Problem} problem=${save.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy} disabled=${!values.name.trim()}>${t("action.save")}<//></div>
    <//>
  <//>`;
}
