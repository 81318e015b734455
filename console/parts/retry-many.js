/** Try many failed deliveries again: first see which, then do it, then watch it go. */
import { html, useEffect, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { number, timeOfDay } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button } from "./buttons.js";
import { PlatformMark, reasonOf } from "./delivery.js";
import { Dialog } from "./dialog.js";
import { Loading, Notice, Problem } from "./feedback.js";
import { SelectField, TextField } from "./fields.js";
import { channelChoices } from "./mapping-names.js";
import { PLATFORM_NAMES } from "./platforms.js";

const PROGRESS_MS = 1_000;

function bodyOf(filter, isDryRun) {
  const given = Object.entries(filter).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  const numbers = new Set(["bot_id", "mapping_id"]);
  const body = Object.fromEntries(given.map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]));
  return { ...body, status: "failed", dry_run: isDryRun };
}

export function RetryMany({ filter, bots, mappings, onClose, onDone }) {
  const [wanted, setWanted] = useState(filter);
  const [job, setJob] = useState(null);
  const preview = useAction(() => api.post("/api/deliveries/retry", bodyOf(wanted, true)));
  const start = useAction(() => api.post("/api/deliveries/retry", bodyOf(wanted, false)));
  const [found, setFound] = useState(null);

  useEffect(() => {
    setFound(null);
    const timer = setTimeout(async () => {
      const answer = await preview.run();
      if (answer) setFound(answer);
    }, 250);
    return () => clearTimeout(timer);
  }, [JSON.stringify(wanted)]);

  const go = async () => {
    const started = await start.run();
    if (started) setJob(started);
  };
  const footer = job
    ? html`<${Button} kind="primary" onClick=${onClose}>${t("action.close")}<//>`
    : html`<${Button} onClick=${onClose}>${t("action.cancel")}<//>
        <${Button} kind="primary" icon="rotate-cw" busy=${start.busy} disabled=${!found || found.matched_count === 0} onClick=${go}>
          ${t("retry.go", { count: found ? number(found.matched_count) : "…" })}
        <//>`;
  return html`<${Dialog} wide title=${t("deliveries.retryMany")} onClose=${onClose} footer=${footer}>
    ${job
      ? html`<${Progress} job=${job} onChange=${setJob} onDone=${onDone} />`
      : html`<p class="soft">${t("retry.lead")}</p>
          <${Choice} wanted=${wanted} onChange=${setWanted} bots=${bots} mappings=${mappings} />
          <${Problem} problem=${preview.problem ?? start.problem} />
          ${!found && !preview.problem && html`<${Loading} rows=${2} />`}
          ${found && html`<${Found} found=${found} />`}`}
  <//>`;
}

function Choice({ wanted, onChange, bots, mappings }) {
  const set = (name) => (value) => onChange({ ...wanted, [name]: value });
  const any = ["", t("filter.any")];
  return html`<div class="form-row">
    <${SelectField}
      label=${t("filter.platform")}
      value=${wanted.platform ?? ""}
      choices=${[any, ...PLATFORM_NAMES.map((name) => [name, t(`platform.${name}`)])]}
      onChange=${set("platform")}
    />
    <${SelectField}
      label=${t("filter.channel")}
      value=${wanted.channel_id ?? ""}
      choices=${[any, ...channelChoices(mappings.data ?? [], wanted.channel_id)]}
      onChange=${set("channel_id")}
    />
    <${SelectField}
      label=${t("filter.bot")}
      value=${wanted.bot_id ?? ""}
      choices=${[any, ...(bots.data ?? []).map((bot) => [String(bot.id), bot.name])]}
      onChange=${set("bot_id")}
    />
    <${TextField} label=${t("filter.errorCode")} value=${wanted.error_code ?? ""} onChange=${set("error_code")} />
  </div>`;
}

function Found({ found }) {
  if (found.matched_count === 0) return html`<${Notice} tone="info">${t("retry.none")}<//>`;
  return html`
    <p><strong>${t(found.is_complete ? "retry.found" : "retry.foundAtLeast", { count: number(found.matched_count) })}</strong></p>
    <ul class="samples">
      ${found.samples.map(
        (row) =>
          html`<li key=${row.delivery_id}>
            <span class="faint number">${timeOfDay(row.created_at)}</span>
            <span class="clamp"><strong>${row.sender_name}</strong> ${row.content}</span>
            <${PlatformMark} platform=${row.target_platform} />
            <span class="bad-text clamp">${reasonOf(row)}</span>
          </li>`,
      )}
    </ul>
  `;
}

function Progress({ job, onChange, onDone }) {
  const [problem, setProblem] = useState(null);
  const isDone = job.status === "done";
  useEffect(() => {
    if (isDone) {
      onDone();
      return undefined;
    }
    const timer = setTimeout(async () => {
      try {
        onChange(await api.get(`/api/deliveries/retry/${encodeURIComponent(job.job_id)}`));
        setProblem(null);
      } catch (failure) {
        if (failure.name !== "ApiProblem") throw failure;
        setProblem(failure);
        onChange({ ...job });
      }
    }, PROGRESS_MS);
    return () => clearTimeout(timer);
  }, [job]);
  return html`
    <${Notice} tone=${isDone ? "good" : "info"} title=${t(isDone ? "retry.done" : "retry.running")}>
      ${t("retry.progress", { retried: number(job.retried_count), skipped: number(job.skipped_count) })}
    <//>
    ${!isDone && html`<progress aria-label=${t("retry.running")} />`}
    <${Problem} problem=${problem} />
  `;
}
