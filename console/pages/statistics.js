/** What came through over a day, a week, a month. */
import { html } from "../core/html.js";
import { api } from "../core/api.js";
import { milliseconds, number, percent } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { replaceQuery } from "../core/router.js";
import { ReloadButton, Segments } from "../parts/buttons.js";
import { Chart } from "../parts/chart.js";
import { PlatformMark } from "../parts/delivery.js";
import { Empty, Loaded } from "../parts/feedback.js";
import { Card, PageHead, Tile } from "../parts/surfaces.js";
import { Table } from "../parts/table.js";

const PERIODS = ["today", "week", "month"];

export default function Statistics({ query }) {
  const period = PERIODS.includes(query.period) ? query.period : "week";
  const load = async (signal) => {
    const [sum, trend] = await Promise.all([
      api.get("/api/logs/stats", { period }, { signal }),
      api.get("/api/logs/stats/trend", { period }, { signal }),
    ]);
    return { sum, days: trend.data };
  };
  const resource = useResource(load, [period], { everySeconds: 60 });
  const actions = html`
    <${Segments}
      label=${t("statistics.period")}
      value=${period}
      choices=${PERIODS.map((one) => [one, t(`statistics.${one}`)])}
      onChange=${(chosen) => replaceQuery({ period: chosen })}
    />
    <${ReloadButton} resource=${resource} />
  `;
  return html`
    <${PageHead} title=${t("nav.statistics")} lead=${t("statistics.lead")} actions=${actions} />
    <${Loaded} resource=${resource} rows=${8} show=${(data) => html`<${Figures} ...${data} />`} />
  `;
}

function Figures({ sum, days }) {
  const label = (index) => days[index]?.date.slice(5) ?? "";
  const indexes = days.map((_, index) => index);
  const counted = (day, value) => (day.total > 0 ? value : null);
  return html`<div class="stack">
    <div class="tiles">
      <${Tile} icon="send" label=${t("statistics.total")} value=${number(sum.total)} />
      <${Tile} icon="circle-check" label=${t("statistics.success")} value=${number(sum.success)} tone=${sum.success ? "good" : "none"} />
      <${Tile} icon="circle-alert" label=${t("statistics.failed")} value=${number(sum.failed)} tone=${sum.failed ? "bad" : "none"} />
      <${Tile} icon="check" label=${t("statistics.rate")} value=${sum.total ? percent(sum.success_rate / 100) : "–"} />
      <${Tile} icon="clock" label=${t("statistics.latency")} value=${sum.total ? milliseconds(sum.avg_latency_ms) : "–"} />
    </div>
    ${sum.total === 0
      ? html`<${Card}><${Empty} icon="chart-column" title=${t("statistics.empty")} /><//>`
      : html`
          <${Card} title=${t("statistics.byDay")}>
            <${Chart}
              label=${t("statistics.byDay")}
              x=${label}
              xLabel=${t("statistics.day")}
              data=${[indexes, days.map((day) => day.total), days.map((day) => day.failed)]}
              series=${[
                { label: t("statistics.total"), colour: "--accent", bars: true },
                { label: t("statistics.failed"), colour: "--bad", bars: true },
              ]}
              format=${(value) => number(value)}
              whole
              height=${240}
            />
          <//>
          <div class="columns">
            <${Card} title=${t("statistics.latencyByDay")}>
              <${Chart}
                label=${t("statistics.latencyByDay")}
                x=${label}
              xLabel=${t("statistics.day")}
                data=${[indexes, days.map((day) => counted(day, day.avg_latency_ms))]}
                series=${[{ label: t("statistics.latency"), colour: "--info", fill: true, points: true }]}
                format=${milliseconds}
                height=${190}
              />
            <//>
            <${Card} title=${t("statistics.rateByDay")}>
              <${Chart}
                label=${t("statistics.rateByDay")}
                x=${label}
              xLabel=${t("statistics.day")}
                data=${[indexes, days.map((day) => counted(day, day.success_rate / 100))]}
                series=${[{ label: t("statistics.rate"), colour: "--good", fill: true, points: true }]}
                format=${(value) => percent(value, 0)}
                range=${[0, 1.05]}
                height=${190}
              />
            <//>
          </div>
          <div class="columns">
            <${Card} flush title=${t("statistics.byPlatform")}><${ByPlatform} sum=${sum} /><//>
            <${Card} flush title=${t("statistics.table")}><${DayTable} days=${days} /><//>
          </div>
        `}
  </div>`;
}

function ByPlatform({ sum }) {
  const rows = Object.entries(sum.by_platform).sort((one, other) => other[1] - one[1]);
  const columns = [
    { key: "name", title: t("filter.platform"), cell: ([name]) => html`<${PlatformMark} platform=${name} />` },
    { key: "count", title: t("statistics.messages"), className: "end number", cell: ([, count]) => number(count) },
    {
      key: "share",
      title: t("statistics.share"),
      cell: ([name, count]) =>
        html`<meter min="0" max=${sum.total || 1} value=${count} aria-label=${wordFor("platform", name)}>${percent(count / (sum.total || 1))}</meter>`,
    },
  ];
  return html`<${Table} label=${t("statistics.byPlatform")} columns=${columns} rows=${rows} rowKey=${([name]) => name} />`;
}

/** The charts' figures as text: days with messages, newest first. */
function DayTable({ days }) {
  const columns = [
    { key: "date", title: t("statistics.day"), className: "number nowrap", cell: (day) => day.date },
    { key: "total", title: t("statistics.total"), className: "end number", cell: (day) => number(day.total) },
    { key: "failed", title: t("statistics.failed"), className: "end number", cell: (day) => number(day.failed) },
    { key: "rate", title: t("statistics.rate"), className: "end number", cell: (day) => (day.total ? percent(day.success_rate / 100) : "–") },
    { key: "latency", title: t("statistics.latency"), className: "end number", cell: (day) => (day.total ? milliseconds(day.avg_latency_ms) : "–") },
  ];
  return html`<${Table} label=${t("statistics.table")} columns=${columns} rows=${days.filter((day) => day.total > 0).reverse()} rowKey=${(day) => day.date} />`;
}
