/** Taking old rows out of the log, in the background. */
import { html, useEffect, useState } from "../core/html.js";
import { call, api } from "../core/api.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Button } from "./buttons.js";
import { ask } from "./dialog.js";
import { Notice, Problem } from "./feedback.js";
import { TextField } from "./fields.js";

const PROGRESS_MS = 1_000;

export function LogClearing() {
  const [days, setDays] = useState("30");
  const [job, setJob] = useState(null);
  const [problem, setProblem] = useState(null);
  const isGoing = job && job.status !== "done";

  useEffect(() => {
    if (!isGoing) return undefined;
    const timer = setTimeout(async () => {
      try {
        setJob(await api.get(`/api/logs/clear/${encodeURIComponent(job.job_id)}`));
      } catch (failure) {
        if (failure.name !== "ApiProblem") throw failure;
        setProblem(failure);
      }
    }, PROGRESS_MS);
    return () => clearTimeout(timer);
  }, [job]);

  const go = () =>
    ask({
      title: t("log.clear.title", { days }),
      text: t("log.clear.text"),
      confirm: t("log.clear"),
      action: async () => {
        const started = await call("POST", "/api/logs/clear", { query: { days }, body: {} });
        setProblem(null);
        setJob(started);
        return started;
      },
    });
  return html`<div class="stack tight">
    <p class="hint">${t("log.clear.hint")}</p>
    <div class="filters">
      <${TextField} label=${t("log.clear.days")} type="number" min="0" value=${days} onChange=${setDays} />
      <${Button} icon="trash-2" disabled=${!/^\d+$/.test(days) || isGoing} onClick=${go}>${t("log.clear")}<//>
    </div>
    ${job &&
    html`<${Notice} tone=${isGoing ? "info" : "good"}>${t(isGoing ? "log.clear.running" : "log.clear.done", { count: number(job.removed_count) })}<//>`}
    <${Problem} problem=${problem} />
  </div>`;
}
