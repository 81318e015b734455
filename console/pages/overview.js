/** The first look in the morning: does it run, what came through, what wants attention. */
import { html, useEffect, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { duration, milliseconds, number, percent } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { asFrame, listen } from "../core/live.js";
import { useResource } from "../core/resource.js";
import { hrefOf } from "../core/router.js";
import { LinkButton, ReloadButton } from "../parts/buttons.js";
import { Chart } from "../parts/chart.js";
import { DeliveryLine } from "../parts/delivery.js";
import { Empty, Loaded, Notice } from "../parts/feedback.js";
import { hintOf } from "../parts/health-hints.js";
import { Card, PageHead, Tile } from "../parts/surfaces.js";
import { Icon } from "../parts/icon.js";

const LINES = 8;
const STATE_TONES = { running: "good", starting: "warn", stopping: "warn", stopped: "bad" };

async function load(signal) {
  const [status, today, trend, health] = await Promise.all([
    api.get("/api/system/status", {}, { signal }),
    api.get("/api/logs/stats", { period: "today" }, { signal }),
    api.get("/api/logs/stats/trend", { period: "week" }, { signal }),
    api.get("/api/health/check", {}, { signal }),
  ]);
  return { status, today, trend: trend.data, health };
}

export default function Overview() {
  const resource = useResource(load, [], { everySeconds: 20 });
  return html`
    <${PageHead} title=${t("nav.overview")} lead=${t("overview.lead")} actions=${html`<${ReloadButton} resource=${resource} />`} />
    <${Loaded} resource=${resource} rows=${8} show=${(data) => html`<${Dashboard} ...${data} />`} />
  `;
}

function Dashboard({ status, today, trend, health }) {
  const isNew = status.account_count === 0 || status.bot_count === 0 || status.mapping_count === 0;
  return html`<div class="stack">
    ${isNew && html`<${FirstSteps} status=${status} />`}
    <div class="tiles">
      <${Tile}
        icon="power"
        label=${t("overview.service")}
        value=${wordFor("service", status.service_state)}
        tone=${STATE_TONES[status.service_state] ?? "warn"}
        note=${t("overview.uptime", { duration: duration(status.uptime_seconds) })}
        href=${hrefOf("/system")}
      />
      <${Tile}
        icon="send"
        label=${t("overview.today")}
        value=${number(today.success)}
        note=${today.total ? t("overview.rate", { rate: percent(today.success_rate / 100) }) : t("overview.nothingToday")}
        href=${hrefOf("/statistics")}
      />
      <${Tile}
        icon="circle-alert"
        label=${t("overview.failed")}
        value=${number(today.failed)}
        tone=${today.failed ? "bad" : "none"}
        note=${t("overview.latency", { latency: today.total ? milliseconds(today.avg_latency_ms) : "–" })}
        href=${hrefOf("/deliveries", { status: "failed" })}
      />
      <${Tile}
        icon="layers"
        label=${t("overview.queue")}
        value=${number(status.queue_size)}
        note=${t("overview.queue.note")}
        href=${hrefOf("/health")}
      />
      <${Tile}
        icon="user-round"
        label=${t("nav.accounts")}
        value=${`${status.active_accounts} / ${status.account_count}`}
        tone=${status.offline_at_kook.length ? "warn" : "none"}
        note=${t("overview.accounts.note")}
        href=${hrefOf("/accounts")}
      />
      <${Tile}
        icon="waypoints"
        label=${t("nav.mappings")}
        value=${number(status.mapping_count)}
        note=${t("overview.bots.note", { count: status.bot_count })}
        href=${hrefOf("/mappings")}
      />
    </div>
    <div class="columns wide-narrow even">
      <${Card} title=${t("overview.trend")}><${Trend} days=${trend} /><//>
      <${Card} title=${t("overview.attention")}><${Attention} health=${health} status=${status} /><//>
    </div>
    <${Latest} />
  </div>`;
}

function FirstSteps({ status }) {
  const steps = [
    ["accounts", status.account_count > 0],
    ["bots", status.bot_count > 0],
    ["mappings", status.mapping_count > 0],
  ];
  return html`<section class="card first-steps">
    <div class="card-body">
      <div>
        <h2>${t("overview.first.title")}</h2>
        <p class="soft">${t("overview.first.text")}</p>
        <ol>
          ${steps.map(
            ([name, isDone]) =>
              html`<li key=${name} class=${isDone ? "done" : ""}>
                <${Icon} name=${isDone ? "circle-check" : "chevron-right"} />${t(`overview.first.${name}`)}
              </li>`,
          )}
        </ol>
      </div>
      <${LinkButton} kind="primary" icon="wand-sparkles" to="/wizard">${t("overview.first.start")}<//>
    </div>
  </section>`;
}

function Trend({ days }) {
  if (!days.some((day) => day.total > 0)) {
    return html`<${Empty} icon="chart-column" title=${t("overview.trend.empty")} />`;
  }
  const data = [days.map((_, index) => index), days.map((day) => day.total), days.map((day) => day.failed)];
  const series = [
    { label: t("statistics.total"), colour: "--accent", bars: true },
    { label: t("statistics.failed"), colour: "--bad", bars: true },
  ];
  return html`<${Chart}
    label=${t("overview.trend")}
    data=${data}
    series=${series}
    xLabel=${t("statistics.day")}
    x=${(index) => days[index]?.date.slice(5) ?? ""}
    format=${(value) => number(value)}
    whole
    height=${200}
  />`;
}

/** What the health check says is amiss, each with what to do. */
function troubles(health) {
  return Object.entries(health.components)
    .filter(([, component]) => component.hint)
    .map(([name, component]) => ({ name, hint: hintOf(name, component) }));
}

function Attention({ health, status }) {
  const found = troubles(health);
  if (found.length === 0) {
    return html`<${Empty} icon="circle-check" tone="good" title=${t("overview.allWell")}>${t("overview.allWell.text")}<//>`;
  }
  return html`<div class="stack tight">
    ${found.map(
      ({ name, hint }) =>
        html`<${Notice} key=${name} tone=${health.status === "unhealthy" ? "bad" : "warn"} title=${wordFor("component", name)}>${hint} <a href=${hrefOf("/health")}>${t("overview.toHealth")}</a><//>`,
    )}
  </div>`;
}

function Latest() {
  const logged = useResource((signal) => api.get("/api/logs", { limit: LINES }, { signal }));
  const [pushed, setPushed] = useState([]);
  const { reload } = logged;
  useEffect(
    () =>
      listen((frame) => {
        if (frame.type === "opened") reload();
        if (frame.type === "log") setPushed((before) => [frame.data, ...before.filter((row) => row.id !== frame.data.id)].slice(0, LINES));
      }),
    [reload],
  );
  const more = html`<${LinkButton} small to="/log" icon="radio">${t("nav.log")}<//>`;
  return html`<${Card} flush title=${t("overview.latest")} actions=${more}>
    <${Loaded}
      resource=${logged}
      show=${({ data }) => {
        const fresh = new Set(pushed.map((row) => row.id));
        const rows = [...pushed, ...data.map(asFrame).filter((row) => !fresh.has(row.id))].slice(0, LINES);
        if (rows.length === 0) return html`<${Empty} icon="message-square" title=${t("log.empty")}>${t("log.empty.text")}<//>`;
        return html`<ul class="lines">
          ${rows.map((row) => html`<${DeliveryLine} key=${row.id} row=${row} isNew=${fresh.has(row.id)} />`)}
        </ul>`;
      }}
    />
  <//>`;
}
