/** What a machine did over a stretch of time, as charts. */
import { html } from "../core/html.js";
import { bytes, number, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Chart } from "./chart.js";
import { Empty, Loaded } from "./feedback.js";
import { monitorApi } from "./monitor-gate.js";
import { Card } from "./surfaces.js";

// So many usual steps without a record are a gap: the machine was silent.
const GAP_STEPS = 3;
const FEW_POINTS = 30;

/** Records oldest first with `at` in epoch seconds, and null records in the middle of gaps. */
function withGaps(records) {
  const timed = records.map((one) => ({ ...one, at: Date.parse(one.time) / 1000 })).sort((one, other) => one.at - other.at);
  const steps = timed.slice(1).map((one, index) => one.at - timed[index].at).sort((one, other) => one - other);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  return timed.flatMap((one, index) => {
    const before = timed[index - 1];
    const isGap = before && usual > 0 && one.at - before.at > GAP_STEPS * usual;
    return isGap ? [{ at: before.at + usual }, one] : [one];
  });
}

/** [from, to] in epoch seconds. */
export function lastHours(hours) {
  const now = Date.now() / 1000;
  return [now - hours * 3600, now];
}

/** A share, null where there is nothing to measure. */
function share(used, total) {
  return total > 0 ? used / total : null;
}

const WHOLE = [0, 1];

function charts() {
  const rate = (value) => `${bytes(value)}/s`;
  const asPercent = (value) => percent(value, 0);
  return [
    { key: "cpu", format: asPercent, range: WHOLE, series: [{ label: t("machines.cpu"), colour: "--accent", fill: true, value: (one) => one.cpu / 100 }] },
    {
      key: "ram",
      format: asPercent,
      range: WHOLE,
      series: [
        { label: t("machines.ram"), colour: "--info", fill: true, value: (one) => share(one.ram, one.ram_total) },
        { label: t("machines.swap"), colour: "--violet", value: (one) => share(one.swap, one.swap_total) },
      ],
    },
    {
      key: "network",
      format: rate,
      series: [
        { label: t("machines.up"), colour: "--accent", value: (one) => one.net_out },
        { label: t("machines.down"), colour: "--info", fill: true, value: (one) => one.net_in },
      ],
    },
    { key: "load", format: (value) => number(value, 2), series: [{ label: t("machines.load"), colour: "--warn", fill: true, value: (one) => one.load }] },
    { key: "disk", format: asPercent, range: WHOLE, series: [{ label: t("machines.disk"), colour: "--violet", fill: true, value: (one) => share(one.disk, one.disk_total) }] },
    {
      key: "connections",
      format: (value) => number(value),
      series: [
        { label: t("machines.tcp"), colour: "--accent", value: (one) => one.connections },
        { label: t("machines.udp"), colour: "--info", value: (one) => one.connections_udp },
        { label: t("machines.processCount"), colour: "--violet", value: (one) => one.process },
      ],
    },
  ];
}

export function LoadCharts({ uuid, hours }) {
  const load = async (signal) => {
    const { data } = await monitorApi.get("/api/records/load", { uuid, hours }, { signal });
    return { records: withGaps(data.records), span: lastHours(hours) };
  };
  const resource = useResource(load, [uuid, hours], { everySeconds: 30 });
  return html`<${Loaded}
    resource=${resource}
    rows=${6}
    show=${({ records, span }) => {
      if (records.length === 0) return html`<${Card}><${Empty} icon="chart-column" title=${t("machines.noRecords")}>${t("machines.noRecords.text")}<//><//>`;
      const times = records.map((one) => one.at);
      const points = records.length < FEW_POINTS;
      return html`<div class="columns charts">
        ${charts().map(({ key, series, format, range }) => html`<${Card} key=${key} title=${t(`machineChart.${key}`)}>
          <${Chart}
            key=${`${hours} ${points}`}
            label=${t(`machineChart.${key}`)}
            data=${[times, ...series.map((one) => records.map((record) => (record.time ? one.value(record) : null)))]}
            series=${series.map((one) => ({ ...one, points }))}
            format=${format}
            range=${range}
            span=${span}
            height=${190}
          />
        <//>`)}
      </div>`;
    }}
  />`;
}
