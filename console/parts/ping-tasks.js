/** What machines ping, and how often. */
import { html, useState } from "../core/html.js";
import { duration } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button, IconButton, ReloadButton } from "./buttons.js";
import { Dialog, ask } from "./dialog.js";
import { Empty, Loaded, Notice, Problem, toast } from "./feedback.js";
import { Check, Form, SelectField, TextField } from "./fields.js";
import { useNodes } from "./machine-list.js";
import { monitorApi } from "./monitor-gate.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

const TYPES = ["icmp", "tcp", "http"];
const NAMED_MACHINES = 3;

function confirmRemoval(task, reload) {
  ask({
    title: t("pings.remove.title", { name: task.name }),
    text: t("pings.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      await monitorApi.post("/api/admin/ping/delete", { id: [task.id] });
      toast(t("pings.removed"));
      await reload();
      return true;
    },
  });
}

export function PingTasks() {
  const tasks = useResource((signal) => monitorApi.get("/api/admin/ping/", {}, { signal }).then((answer) => answer.data));
  const nodes = useNodes();
  const [edited, setEdited] = useState(null);
  const nameOf = (uuid) => nodes.data?.find((node) => node.uuid === uuid)?.name ?? uuid.slice(0, 8);
  const columns = [
    { key: "name", title: t("pings.name"), cell: (task) => html`<strong>${task.name}</strong>${task.default_on && html` <${Badge} tone="info">${t("pings.isDefault")}<//>`}` },
    { key: "target", title: t("pings.target"), cell: (task) => html`<span class="faint">${task.type.toUpperCase()}</span> <code>${task.target}</code>` },
    { key: "interval", title: t("pings.interval"), className: "end number nowrap", cell: (task) => duration(task.interval) },
    {
      key: "machines",
      title: t("pings.machines"),
      cell: (task) => {
        const more = task.clients.length - NAMED_MACHINES;
        return html`<span class="badges">
          ${task.clients.slice(0, NAMED_MACHINES).map((uuid) => html`<span key=${uuid} class="line-kind">${nameOf(uuid)}</span>`)}
          ${more > 0 && html`<span class="faint">${t("pings.more", { count: more })}</span>`}
        </span>`;
      },
    },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (task) => html`
        <${IconButton} icon="pencil" label=${t("pings.edit", { name: task.name })} onClick=${() => setEdited(task)} />
        <${IconButton} icon="trash-2" label=${t("pings.remove", { name: task.name })} onClick=${() => confirmRemoval(task, tasks.reload)} />
      `,
    },
  ];
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setEdited("new")}>${t("pings.add")}<//>`;
  return html`
    <${Card} flush title=${t("machines.tab.pings")} lead=${t("pings.lead")} actions=${html`<${ReloadButton} resource=${tasks} />${add}`}>
      <${Loaded}
        resource=${tasks}
        show=${(rows) =>
          rows.length === 0
            ? html`<${Empty} icon="activity" title=${t("pings.none")}>${t("pings.none.text")}<//>`
            : html`<${Table} label=${t("machines.tab.pings")} columns=${columns} rows=${rows} rowKey=${(task) => task.id} />`}
      />
    <//>
    ${edited && html`<${PingDialog} task=${edited === "new" ? undefined : edited} nodes=${nodes} onClose=${() => setEdited(null)} onSaved=${tasks.reload} />`}
  `;
}

function PingDialog({ task, nodes, onClose, onSaved }) {
  const [values, setValues] = useState({ name: "", type: "icmp", target: "", default_on: false, clients: [], ...task, interval: String(task?.interval ?? 60) });
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction((body) => (task ? monitorApi.post("/api/admin/ping/edit", { tasks: [{ id: task.id, ...body }] }) : monitorApi.post("/api/admin/ping/add", body)));
  const submit = async () => {
    const { name, type, target, default_on, clients, interval } = values;
    const body = { name: name.trim(), type, target: target.trim(), default_on, clients, interval: Number(interval) };
    if (!(await save.run(body))) return;
    toast(t("pings.saved"));
    onSaved();
    onClose();
  };
  const toggle = (uuid) => (isChosen) => set("clients")(isChosen ? [...values.clients, uuid] : values.clients.filter((one) => one !== uuid));
  const isReady = values.name.trim() && values.target.trim() && Number(values.interval) > 0 && values.clients.length > 0;
  return html`<${Dialog} title=${task ? t("pings.edit", { name: task.name }) : t("pings.add")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("pings.name")} maxlength="100" value=${values.name} onChange=${set("name")} />
      <div class="form-row">
        <${SelectField} label=${t("pings.type")} value=${values.type} choices=${TYPES.map((one) => [one, one.toUpperCase()])} onChange=${set("type")} />
        <${TextField} label=${t("pings.interval")} hint=${t("pings.interval.hint")} type="number" min="1" max="86400" value=${values.interval} onChange=${set("interval")} />
      </div>
      <${TextField} label=${t("pings.target")} hint=${t(`pingTarget.${values.type}`)} maxlength="255" spellcheck="false" autocomplete="off" value=${values.target} onChange=${set("target")} />
      <fieldset>
        <legend>${t("pings.machines")}</legend>
        <${Loaded}
          resource=${nodes}
          show=${(list) =>
            list.length === 0
              ? html`<${Notice} tone="info">${t("machines.none")}<//>`
              : html`<div class="checks">${list.map((node) => html`<${Check} key=${node.uuid} label=${node.name} checked=${values.clients.includes(node.uuid)} onChange=${toggle(node.uuid)} />`)}</div>`}
        />
      </fieldset>
      <${Check} label=${t("pings.default")} hint=${t("pings.default.hint")} checked=${values.default_on} onChange=${set("default_on")} />
      <${Problem} problem=${save.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy} disabled=${!isReady}>${t("action.save")}<//></div>
    <//>
  <//>`;
}
