/** How a machine reached its ping targets, as a chart and as figures. */
import uPlot from "../vendor/uplot.js";
import { html } from "../core/html.js";
import { milliseconds, number, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { hrefOf } from "../core/router.js";
import { Chart } from "./chart.js";
import { Empty, Loaded } from "./feedback.js";
import { lastHours } from "./machine-load.js";
import { monitorApi } from "./monitor-gate.js";
import { Card } from "./surfaces.js";
import { Table } from "./table.js";

const COLOURS = ["--accent", "--info", "--violet", "--warn", "--good", "--bad"];
const FEW_POINTS = 60;

/** The tasks' answers on one axis of time. A ping without an answer is a gap, a moment another task was asked at is none. */
function aligned(tasks, records) {
  const tables = tasks.map(({ id }) => {
    const own = records.filter((one) => one.task_id === id).map((one) => [Date.parse(one.time) / 1000, one.value < 0 ? null : one.value]);
    own.sort(([one], [other]) => one - other);
    return [own.map(([at]) => at), own.map(([, value]) => value)];
  });
  return uPlot.join(tables);
}

export function PingCharts({ uuid, hours }) {
  const load = async (signal) => {
    const { data } = await monitorApi.get("/api/records/ping", { uuid, hours }, { signal });
    const tasks = data.tasks ?? [];
    return { tasks, span: lastHours(hours), data: tasks.length > 0 ? aligned(tasks, data.records ?? []) : [[]] };
  };
  const resource = useResource(load, [uuid, hours], { everySeconds: 30 });
  const toTasks = html`<a href=${hrefOf("/machines/pings")}>${t("machines.tab.pings")}</a>`;
  return html`<${Card} title=${t("machineChart.ping")} actions=${toTasks}>
    <${Loaded}
      resource=${resource}
      rows=${4}
      show=${({ tasks, data, span }) => {
        if (tasks.length === 0) return html`<${Empty} icon="activity" title=${t("pings.noneHere")}>${t("pings.noneHere.text")}<//>`;
        const points = data[0].length < FEW_POINTS;
        return html`<div class="stack">
          ${data[0].length > 0 &&
          html`<${Chart}
            key=${`${hours} ${points}`}
            label=${t("machineChart.ping")}
            data=${data}
            series=${tasks.map((task, index) => ({ label: task.name, colour: COLOURS[index % COLOURS.length], points }))}
            format=${milliseconds}
            span=${span}
            height=${220}
          />`}
          <${PingFigures} tasks=${tasks} />
        </div>`;
      }}
    />
  <//>`;
}

function PingFigures({ tasks }) {
  const answered = (task, value) => (task.loss < 100 && task.total > 0 ? milliseconds(value) : "–");
  const columns = [
    { key: "name", title: t("pings.name"), cell: (task) => html`<strong>${task.name}</strong> <span class="faint">${task.type.toUpperCase()}</span>` },
    { key: "loss", title: t("pings.loss"), className: "end number", cell: (task) => html`<span class=${task.loss > 0 ? "bad-text" : ""}>${task.total > 0 ? percent(task.loss / 100) : "–"}</span>` },
    { key: "min", title: t("pings.min"), className: "end number", cell: (task) => answered(task, task.min) },
    { key: "avg", title: t("pings.avg"), className: "end number", cell: (task) => answered(task, task.avg) },
    { key: "max", title: t("pings.max"), className: "end number", cell: (task) => answered(task, task.max) },
    { key: "total", title: t("pings.total"), className: "end number", cell: (task) => number(task.total) },
  ];
  return html`<${Table} label=${t("machineChart.ping")} columns=${columns} rows=${tasks} rowKey=${(task) => task.id} />`;
}
