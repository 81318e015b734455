/** Monitored machines: how they are now, what they did, and what they ping. */
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { MachineList } from "../parts/machine-list.js";
import { MachineSettings } from "../parts/machine-settings.js";
import { OneMachine } from "../parts/machine-view.js";
import { MonitorGate } from "../parts/monitor-gate.js";
import { PingTasks } from "../parts/ping-tasks.js";
import { PageHead } from "../parts/surfaces.js";
import { Tabs } from "../parts/tabs.js";

const VIEWS = { pings: PingTasks, settings: MachineSettings };

export default function Machines({ segments }) {
  const [view] = segments;
  if (view && !(view in VIEWS)) return html`<${MonitorGate}>${() => html`<${OneMachine} key=${view} uuid=${view} />`}<//>`;
  const tabs = [
    { to: "/machines", text: t("machines.tab.all"), icon: "server" },
    { to: "/machines/pings", text: t("machines.tab.pings"), icon: "activity" },
    { to: "/machines/settings", text: t("machines.tab.settings"), icon: "settings-2" },
  ];
  const View = VIEWS[view] ?? MachineList;
  return html`
    <${PageHead} title=${t("nav.machines")} lead=${t("machines.lead")} />
    <${Tabs} label=${t("nav.machines")} tabs=${tabs} current=${view ? `/machines/${view}` : "/machines"} />
    <${MonitorGate}>${() => html`<${View} />`}<//>
  `;
}
