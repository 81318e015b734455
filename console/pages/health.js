/** What the relay stands on, part by part; every red light says what to do next and leads there. */
import { html } from "../core/html.js";
import { api } from "../core/api.js";
import { milliseconds, moment, number } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Link } from "../core/router.js";
import { Button, LinkButton, ReloadButton } from "../parts/buttons.js";
import { Loaded, Notice, Problem, toast } from "../parts/feedback.js";
import { hintOf } from "../parts/health-hints.js";
import { Badge, Card, PageHead, Terms } from "../parts/surfaces.js";
import { Table } from "../parts/table.js";

const OVERALL = { healthy: "good", degraded: "warn", unhealthy: "bad" };
const KOOK_TONES = { online: "good", offline: "bad", refused: "bad", unreachable: "warn", unknown: "none" };

export default function Health() {
  const resource = useResource((signal) => api.get("/api/health/check", {}, { signal }), [], { everySeconds: 10 });
  return html`
    <${PageHead} title=${t("nav.health")} lead=${t("health.lead")} actions=${html`<${ReloadButton} resource=${resource} />`} />
    <${Loaded} resource=${resource} rows=${8} show=${(health) => html`<${Components} health=${health} reload=${resource.reload} />`} />
  `;
}

function Components({ health, reload }) {
  const { redis, database, worker, scrapers, destinations, machines } = health.components;
  return html`<div class="stack">
    <${Notice} tone=${OVERALL[health.status]} title=${t(`health.${health.status}`)}>
      <span class="number">${t("health.checked", { time: moment(health.timestamp) })}</span>
    <//>
    <div class="columns">
      <${Component} name="worker" tone=${workerTone(worker)} state=${wordFor("service", worker.status)} hint=${hintOf("worker", worker)} todo=${html`<${WorkerTodo} worker=${worker} reload=${reload} />`}>
        <${Queues} queues=${worker.queues} />
      <//>
      <${Component}
        name="scrapers"
        tone=${scrapers.hint ? "bad" : "good"}
        state=${t("health.accounts", { active: scrapers.active, total: scrapers.total })}
        hint=${hintOf("scrapers", scrapers)}
        todo=${html`<${LinkButton} small icon="user-round" to="/accounts">${t("health.toAccounts")}<//>`}
      >
        <${Terms}
          rows=${[
            [t("health.lastEvent"), html`<span class="number">${scrapers.last_event_at ? moment(scrapers.last_event_at) : t("health.never")}</span>`],
            ...scrapers.accounts.map((account) => [
              t("health.account", { id: account.id }),
              html`<${Badge} tone=${account.status === "offline" ? "none" : KOOK_TONES[account.kook]}>
                ${account.status === "offline" ? t("connection.stopped") : wordFor("kookState", account.kook)}
              <//>`,
            ]),
          ]}
        />
      <//>
      <${Store} name="database" store=${database} />
      <${Store} name="redis" store=${redis} />
      ${destinations && html`<${Destinations} destinations=${destinations} />`}
      ${machines &&
      html`<${Component}
        name="machines"
        tone=${machines.hint ? "bad" : machines.total ? "good" : "none"}
        state=${t("health.machines", { online: machines.online, total: machines.total })}
        hint=${machines.hint}
        todo=${html`<${LinkButton} small icon="server" to="/machines">${t("health.toMachines")}<//>`}
      >
        ${machines.total === 0 && html`<p class="faint">${t("health.noMachines")}</p>`}
        ${machines.silent.length > 0 &&
        html`<${Terms}
          rows=${machines.silent.map((one) => [
            one.name || one.id,
            html`<${Link} class="number" to=${pageOf(one)}>
              ${one.last_seen_at ? t("health.lastSeen", { time: moment(one.last_seen_at) }) : t("health.never")}
            <//>`,
          ])}
        />`}
      <//>`}
    </div>
  </div>`;
}

function Destinations({ destinations }) {
  return html`<${Component}
    name="destinations"
    tone=${destinations.hint ? "bad" : destinations.total ? "good" : "none"}
    state=${t("health.destinations", { working: destinations.working, total: destinations.total })}
    hint=${destinations.hint}
    todo=${html`<${LinkButton} small icon="send" to="/bots">${t("health.toBots")}<//>`}
  >
    ${destinations.troubled.length > 0 &&
    html`<${Terms}
      rows=${destinations.troubled.map((one) => [
        one.bot_name,
        html`<div>${one.reason}</div>
          ${one.solution && html`<p class="faint">${one.solution}</p>`}`,
      ])}
    />`}
  <//>`;
}

/** Robots' devices and monitored machines are in one list. */
function pageOf({ kind, id }) {
  return kind === "robot" ? `/robots/${id}` : `/machines/${id}`;
}

function workerTone(worker) {
  if (worker.status === "stopped" || worker.status === "unknown") return "bad";
  return worker.hint ? "warn" : "good";
}

function Component({ name, tone, state, hint, todo, children }) {
  return html`<${Card} title=${wordFor("component", name)} lead=${t(`health.about.${name}`)} actions=${html`<${Badge} tone=${tone}>${state}<//>`}>
    <div class="stack tight">
      ${hint && html`<${Notice} tone=${tone === "good" ? "warn" : tone} title=${t("health.todo")} actions=${todo}>${hint}<//>`}
      ${children}
    </div>
  <//>`;
}

function Store({ name, store }) {
  return html`<${Component}
    name=${name}
    tone=${store.status === "up" ? "good" : "bad"}
    state=${t(`health.${store.status}`)}
    hint=${store.hint}
  >
    <${Terms}
      rows=${[
        [t("health.table"), html`<code>${store.table}</code>`],
        [t("health.latency"), html`<span class="number">${milliseconds(store.latency_ms)}</span>`],
      ]}
    />
  <//>`;
}

function WorkerTodo({ worker, reload }) {
  const start = useAction(async () => {
    const answer = await api.post("/api/system/start");
    toast(answer.message);
    await reload();
  });
  if (worker.status === "stopped") {
    return html`<${Button} small icon="play" busy=${start.busy} onClick=${() => start.run()}>${t("system.start")}<//><${Problem} problem=${start.problem} />`;
  }
  return worker.queues.some((queue) => queue.dead_letters > 0)
    ? html`<${LinkButton} small icon="send" to="/deliveries" query=${{ status: "failed" }}>${t("health.toFailed")}<//>`
    : null;
}

function Queues({ queues }) {
  const busy = queues.filter((queue) => queue.waiting + queue.in_flight + queue.delayed + queue.dead_letters > 0);
  if (busy.length === 0) return html`<p class="faint">${t("health.queuesEmpty", { count: queues.length })}</p>`;
  const figure = (name) => ({
    key: name,
    title: t(`health.queue.${name}`),
    className: "end number",
    cell: (queue) => html`<span class=${name === "dead_letters" && queue[name] ? "bad-text" : ""}>${number(queue[name])}</span>`,
  });
  const columns = [
    { key: "name", title: t("health.queue"), cell: (queue) => html`<code>${queue.name}</code>` },
    ...["waiting", "in_flight", "delayed", "dead_letters"].map(figure),
  ];
  return html`<${Table} label=${t("component.worker")} columns=${columns} rows=${busy} rowKey=${(queue) => queue.name} />`;
}
