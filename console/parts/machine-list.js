/** All machines with their live load. */
import { html, useEffect, useState } from "../core/html.js";
import { bytes, duration, moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { machines, machinesState, watchMachines } from "../core/machines-live.js";
import { useResource } from "../core/resource.js";
import { Link } from "../core/router.js";
import { Button, ReloadButton } from "./buttons.js";
import { Empty, Loaded } from "./feedback.js";
import { MachineDialog } from "./machine-dialogs.js";
import { Share } from "./meters.js";
import { monitorApi } from "./monitor-gate.js";
import { Badge, Card, Tile } from "./surfaces.js";

const STATE_TONES = { socket: "good", polling: "warn", connecting: "warn", off: "none" };

/** What the machines report, for as long as the view is shown. */
export function useLiveMachines() {
  useEffect(watchMachines, []);
  return machines.value;
}

/** Heaviest weight last, as the monitor orders them; then by name. */
export function useNodes() {
  const load = async (signal) => {
    const nodes = await monitorApi.get("/api/admin/client/list", {}, { signal });
    return nodes.toSorted((one, other) => one.weight - other.weight || one.name.localeCompare(other.name));
  };
  return useResource(load, [], { everySeconds: 60 });
}

export function MachineState({ isOnline }) {
  if (isOnline === undefined) return html`<${Badge} tone="none">…<//>`;
  return html`<${Badge} tone=${isOnline ? "good" : "bad"}>${t(isOnline ? "machines.online" : "machines.offline")}<//>`;
}

export function MachinesLight() {
  const state = machinesState.value;
  return html`<span class=${`live-light ${STATE_TONES[state]}`} role="status"><i />${state === "off" ? "" : t(`live.${state}`)}</span>`;
}

export function MachineList() {
  const nodes = useNodes();
  const live = useLiveMachines();
  const [isAdding, setAdding] = useState(false);
  // A machine introduces itself with its first report: what it is made of is in the list then.
  const fresh = (nodes.data ?? []).filter((node) => !node.os && live?.reports[node.uuid]).map((node) => node.uuid);
  useEffect(() => {
    if (fresh.length > 0) nodes.reload();
  }, [fresh.join()]);
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>${t("machines.add")}<//>`;
  return html`
    <${Loaded}
      resource=${nodes}
      rows=${6}
      show=${(list) =>
        list.length === 0
          ? html`<${Card}><${Empty} icon="server" title=${t("machines.none")}>${t("machines.none.text")}<div>${add}</div><//><//>`
          : html`<div class="stack">
              <div class="bar">
                <${MachinesLight} />
                <div class="actions"><${ReloadButton} resource=${nodes} />${add}</div>
              </div>
              <${Totals} nodes=${list} live=${live} />
              ${groupsOf(list).map(([group, members]) => html`<section key=${group} class="stack tight">
                ${group && html`<h2>${group}</h2>`}
                <div class="columns cards machines">${members.map((node) => html`<${MachineCard} key=${node.uuid} node=${node} live=${live} />`)}</div>
              </section>`)}
            </div>`}
    />
    ${isAdding && html`<${MachineDialog} onClose=${() => setAdding(false)} onSaved=${nodes.reload} />`}
  `;
}

/** [[group, nodes], …], those without a group first. */
function groupsOf(nodes) {
  const groups = new Map();
  for (const node of nodes) groups.set(node.group, [...(groups.get(node.group) ?? []), node]);
  return [...groups].sort(([one], [other]) => one.localeCompare(other));
}

function Totals({ nodes, live }) {
  const online = nodes.filter((node) => live?.online.has(node.uuid));
  const sum = (name) => online.reduce((total, node) => total + (live.reports[node.uuid]?.[name] ?? 0), 0);
  const shown = (value) => (live ? value() : "–");
  return html`<div class="tiles">
    <${Tile} icon="server" label=${t("machines.online")} value=${shown(() => `${number(online.length)} / ${number(nodes.length)}`)} tone=${live && online.length < nodes.length ? "warn" : "none"} />
    <${Tile} icon="upload" label=${t("machines.up")} value=${shown(() => `${bytes(sum("up"))}/s`)} />
    <${Tile} icon="download" label=${t("machines.down")} value=${shown(() => `${bytes(sum("down"))}/s`)} />
    <${Tile} icon="network" label=${t("machines.connections")} value=${shown(() => number(sum("connections")))} />
  </div>`;
}

function MachineCard({ node, live }) {
  const report = live?.reports[node.uuid];
  const isOnline = live ? live.online.has(node.uuid) : undefined;
  return html`<article class=${`card machine ${isOnline === false ? "offline" : ""}`}>
    <div class="card-head">
      <h3><${Link} to=${`/machines/${node.uuid}`}>${node.name}<//></h3>
      <span class="badges">${node.hidden && html`<${Badge}>${t("machines.hidden")}<//>`}<${MachineState} isOnline=${isOnline} /></span>
    </div>
    <div class="card-body stack tight">
      <p class="faint machine-os">${[node.os, node.cpu_cores ? t("machines.cores", { count: node.cpu_cores }) : ""].filter(Boolean).join(" · ") || (report ? "" : t("machines.neverReported"))}</p>
      ${report
        ? html`
            <${Share} label=${t("machines.cpu")} share=${report.cpu} />
            <${Share} label=${t("machines.ram")} share=${report.ram} note=${bytes(report.ramTotal)} />
            <${Share} label=${t("machines.disk")} share=${report.disk} note=${bytes(report.diskTotal)} />
            <p class="machine-line number"><span>↑ ${bytes(report.up)}/s</span><span>↓ ${bytes(report.down)}/s</span><span>${t("machines.load")} ${number(report.load[0], 2)}</span></p>
            <p class="faint number">${isOnline ? t("machines.upFor", { time: duration(report.uptimeSeconds) }) : t("machines.lastReport", { time: moment(report.updatedAt) })}</p>
          `
        : html`<p class="hint">${t("machines.waiting")}</p>`}
    </div>
  </article>`;
}
