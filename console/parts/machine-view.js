/** One machine: how it is now, and charts of what it did. */
import { html, useState } from "../core/html.js";
import { bytes, duration, moment, number, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { navigate } from "../core/router.js";
import { Button, IconButton, LinkButton, Segments } from "./buttons.js";
import { ask } from "./dialog.js";
import { Loaded, toast } from "./feedback.js";
import { InstallDialog, MachineEdit } from "./machine-dialogs.js";
import { MachineState, MachinesLight, useLiveMachines } from "./machine-list.js";
import { LoadCharts } from "./machine-load.js";
import { PingCharts } from "./machine-pings.js";
import { monitorApi } from "./monitor-gate.js";
import { Card, PageHead, Terms, Tile } from "./surfaces.js";

// Hours of each stretch that can be chosen.
const RANGES = [1, 4, 24, 168, 720];

function confirmRemoval(node) {
  ask({
    title: t("machines.remove.title", { name: node.name }),
    text: t("machines.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      await monitorApi.post(`/api/admin/client/${node.uuid}/remove`);
      toast(t("machines.removed"));
      navigate("/machines");
      return true;
    },
  });
}

export function OneMachine({ uuid }) {
  const node = useResource((signal) => monitorApi.get(`/api/admin/client/${encodeURIComponent(uuid)}`, {}, { signal }), [uuid]);
  const live = useLiveMachines();
  const [hours, setHours] = useState(RANGES[1]);
  const [shown, setShown] = useState("");
  const close = () => setShown("");
  const ranges = RANGES.map((one) => [one, one < 48 ? t("machines.hours", { count: one }) : t("machines.days", { count: one / 24 })]);
  return html`<${Loaded}
    resource=${node}
    rows=${8}
    show=${(data) => html`
      <${PageHead}
        title=${data.name}
        lead=${html`<${MachineState} isOnline=${live ? live.online.has(uuid) : undefined} /> <${MachinesLight} /> ${data.public_remark}`}
        actions=${html`
          <${LinkButton} kind="quiet" icon="chevron-left" to="/machines">${t("machines.tab.all")}<//>
          <${Button} icon="terminal" onClick=${() => setShown("install")}>${t("install.show")}<//>
          <${IconButton} icon="pencil" label=${t("machines.edit", { name: data.name })} onClick=${() => setShown("edit")} />
          <${Button} kind="danger" icon="trash-2" onClick=${() => confirmRemoval(data)}>${t("action.delete")}<//>
        `}
      />
      <div class="stack">
        <${Now} report=${live?.reports[uuid]} />
        <div class="bar">
          <h2>${t("machines.charts")}</h2>
          <${Segments} label=${t("machines.range")} value=${hours} choices=${ranges} onChange=${setHours} />
        </div>
        <${LoadCharts} uuid=${uuid} hours=${hours} />
        <${PingCharts} uuid=${uuid} hours=${hours} />
        <${Facts} node=${data} />
      </div>
      ${shown === "edit" && html`<${MachineEdit} node=${data} onClose=${close} onSaved=${node.reload} />`}
      ${shown === "install" && html`<${InstallDialog} node=${data} onClose=${close} />`}
    `}
  />`;
}

function Now({ report }) {
  const shown = (value) => (report ? value() : "–");
  const of = (used, total) => (report ? t("machines.of", { used: bytes(used), total: bytes(total) }) : "");
  return html`<div class="tiles compact">
    <${Tile} icon="cpu" label=${t("machines.cpu")} value=${shown(() => percent(report.cpu))} note=${shown(() => t("machines.loads", { loads: report.load.map((one) => number(one, 2)).join(" · ") }))} />
    <${Tile} icon="memory-stick" label=${t("machines.ram")} value=${shown(() => percent(report.ram))} note=${of(report?.ramUsed, report?.ramTotal)} />
    <${Tile} icon="hard-drive" label=${t("machines.disk")} value=${shown(() => percent(report.disk))} note=${of(report?.diskUsed, report?.diskTotal)} />
    <${Tile} icon="upload" label=${t("machines.up")} value=${shown(() => `${bytes(report.up)}/s`)} note=${shown(() => t("machines.inAll", { size: bytes(report.totalUp) }))} />
    <${Tile} icon="download" label=${t("machines.down")} value=${shown(() => `${bytes(report.down)}/s`)} note=${shown(() => t("machines.inAll", { size: bytes(report.totalDown) }))} />
    <${Tile} icon="clock" label=${t("machines.uptime")} value=${shown(() => duration(report.uptimeSeconds))} note=${shown(() => t("machines.processes", { count: number(report.processes) }))} />
  </div>`;
}

function Facts({ node }) {
  const tags = (node.tags ?? "").split(/[;,]/).map((tag) => tag.trim()).filter(Boolean);
  const columns = [
    [
      [t("machines.system"), node.os || null],
      [t("machines.kernel"), node.kernel_version || null],
      [t("machines.processor"), node.cpu_name ? `${node.cpu_name} · ${t("machines.cores", { count: node.cpu_cores })}` : null],
      [t("machines.virtualization"), [node.virtualization, node.arch].filter(Boolean).join(" · ") || null],
      [t("machines.memory"), node.mem_total ? bytes(node.mem_total) : null],
      [t("machines.disk"), node.disk_total ? bytes(node.disk_total) : null],
    ],
    [
      [t("machines.addresses"), [node.ipv4, node.ipv6].filter(Boolean).length > 0 ? html`<code>${[node.ipv4, node.ipv6].filter(Boolean).join(" · ")}</code>` : null],
      [t("machines.agent"), node.version || null],
      [t("machines.group"), node.group || null],
      [t("machines.tags"), tags.length > 0 ? html`<span class="badges">${tags.map((tag) => html`<span key=${tag} class="line-kind">${tag}</span>`)}</span>` : null],
      [t("machines.expires"), node.expired_at ? html`<span class="number">${moment(node.expired_at)}</span>` : null],
      [t("machines.remark"), node.remark || null],
      [t("machines.id"), html`<code>${node.uuid}</code>`],
      [t("machines.made"), html`<span class="number">${moment(node.created_at)}</span>`],
    ],
  ];
  return html`<${Card} title=${t("machines.facts")}>
    <div class="columns">${columns.map((rows, index) => html`<${Terms} key=${index} rows=${rows} />`)}</div>
  <//>`;
}
