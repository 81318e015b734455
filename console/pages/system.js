/** Running and stopping, version, password, old rows of the log, who did what. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { duration, number, percent } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { end, session } from "../core/session.js";
import { Button, ReloadButton } from "../parts/buttons.js";
import { ask } from "../parts/dialog.js";
import { AuditTrail } from "../parts/audit-trail.js";
import { Form, SecretField } from "../parts/fields.js";
import { Loaded, Notice, Problem, toast } from "../parts/feedback.js";
import { Icon } from "../parts/icon.js";
import { LogClearing } from "../parts/log-clearing.js";
import { Badge, Card, PageHead, Terms } from "../parts/surfaces.js";

const STATE_TONES = { running: "good", starting: "warn", stopping: "warn", stopped: "bad" };

export default function SystemPage() {
  const status = useResource((signal) => api.get("/api/system/status", {}, { signal }), [], { everySeconds: 5 });
  const actions = html`
    <${ReloadButton} resource=${status} />
    <a class="button plain" href="docs/index.html"><${Icon} name="terminal" /><span>${t("system.documents")}</span></a>
  `;
  return html`
    <${PageHead} title=${t("nav.system")} lead=${t("system.lead")} actions=${actions} />
    <div class="stack">
      <div class="columns">
        <${Card} title=${t("system.service")}>
          <${Loaded} resource=${status} show=${(data) => html`<${Service} status=${data} reload=${status.reload} />`} />
        <//>
        <${Card} title=${t("system.version")}><${Version} /><//>
        <${Card} title=${t("system.password")}><${Password} /><//>
        <${Card} title=${t("system.log")}><${LogClearing} /><//>
      </div>
      <${AuditTrail} />
    </div>
  `;
}

function Service({ status, reload }) {
  const act = useAction(async (name) => {
    const answer = await api.post(`/api/system/${name}`);
    toast(answer.message);
    await reload();
  });
  const state = status.service_state;
  const isStopped = state === "stopped" || state === "stopping";
  const stop = () =>
    ask({
      title: t("system.stop.title"),
      text: t("system.stop.text"),
      confirm: t("system.stop"),
      action: async () => {
        const answer = await api.post("/api/system/stop");
        toast(answer.message);
        await reload();
        return answer;
      },
    });
  return html`<div class="stack tight">
    <${Terms}
      rows=${[
        [t("system.state"), html`<${Badge} tone=${STATE_TONES[state] ?? "warn"}>${wordFor("service", state)}<//>`],
        [t("system.uptime"), duration(status.uptime_seconds)],
        [t("system.queue"), html`<span class="number">${number(status.queue_size)}</span>`],
        [t("system.stateStore"), html`<${Reachable} part=${status.backend.state_store} />`],
        [t("system.queues"), html`<${Reachable} part=${status.backend.queue} />`],
      ]}
    />
    <div class="form-foot">
      ${isStopped
        ? html`<${Button} kind="primary" icon="play" busy=${act.busy} onClick=${() => act.run("start")}>${t("system.start")}<//>`
        : html`<${Button} kind="danger" icon="square" onClick=${stop}>${t("system.stop")}<//>
            <${Button} icon="rotate-cw" busy=${act.busy} onClick=${() => act.run("restart")}>${t("system.restart")}<//>`}
    </div>
    <${Problem} problem=${act.problem} />
  </div>`;
}

function Reachable({ part }) {
  return html`<${Badge} tone=${part.reachable ? "good" : "bad"}>${part.name} · ${t(part.reachable ? "system.reachable" : "system.unreachable")}<//>`;
}

async function loadVersion(signal) {
  const [update, cache] = await Promise.all([
    api.get("/api/updates/check", {}, { signal }),
    api.get("/api/cache/stats", {}, { signal }),
  ]);
  return { update, cache };
}

function Version() {
  const resource = useResource(loadVersion);
  return html`<${Loaded}
    resource=${resource}
    show=${({ update, cache }) => html`<div class="stack tight">
      <${Terms}
        rows=${[
          [t("system.current"), html`<span class="number">${update.current_version}</span>`],
          [t("system.latest"), html`<span class="number">${update.latest_version || "–"}</span>`],
          [t("system.cache"), t("system.cache.value", { size: number(cache.cache_size), rate: percent(cache.hit_rate) })],
        ]}
      />
      ${update.update_available
        ? html`<${Notice} tone="info" title=${t("system.updateAvailable")}>${update.release_notes}<//>`
        : html`<p class="faint">${update.note || t("system.upToDate")}</p>`}
    </div>`}
  />`;
}

function Password() {
  const bySession = session.value?.kind === "session";
  const [before, setBefore] = useState("");
  const [wanted, setWanted] = useState("");
  const [repeated, setRepeated] = useState("");
  const [isDifferent, setDifferent] = useState(false);
  const work = useAction(() =>
    bySession
      ? api.post("/api/auth/change-password", { old_password: before, new_password: wanted })
      : api.post("/api/auth/reset-password", { new_password: wanted }),
  );
  const go = async () => {
    setDifferent(wanted !== repeated);
    if (wanted !== repeated) return;
    const answer = await work.run();
    if (!answer) return;
    toast(answer.message);
    setBefore("");
    setWanted("");
    setRepeated("");
    // All sessions end with the password, this one too.
    if (bySession) end();
  };
  const errors = work.problem?.fields ?? {};
  const isFieldError = "old_password" in errors || "new_password" in errors;
  return html`<${Form} class="form" onSubmit=${go}>
    <p class="hint">${t(bySession ? "system.password.hint" : "system.password.byToken")}</p>
    ${bySession &&
    html`<${SecretField} label=${t("system.password.old")} error=${errors.old_password} autocomplete="current-password" value=${before} onChange=${setBefore} />`}
    <${SecretField} label=${t("system.password.new")} error=${errors.new_password} autocomplete="new-password" value=${wanted} onChange=${setWanted} />
    <${SecretField}
      label=${t("system.password.repeat")}
      error=${isDifferent ? t("system.password.different") : ""}
      autocomplete="new-password"
      value=${repeated}
      onChange=${setRepeated}
    />
    ${!isFieldError && html`<${Problem} problem=${work.problem} />`}
    <div class="form-foot"><${Button} type="submit" busy=${work.busy} disabled=${!wanted}>${t("system.password.change")}<//></div>
  <//>`;
}
