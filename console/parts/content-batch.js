/** A check of all accounts: begun here, gone on with by the relay, watched until it is through. */
import { html, useEffect, useState } from "../core/html.js";
import { api, call } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button } from "./buttons.js";
import { contentPlatformName } from "./content-platforms.js";
import { Dialog } from "./dialog.js";
import { Notice, Problem } from "./feedback.js";
import { Tile } from "./surfaces.js";

const POLL_MS = 2_000;

export function BatchCheck({ platform, onClose, onDone }) {
  const [tally, setTally] = useState(null);
  const begin = useAction(() => call("POST", "/api/v1/accounts/batch-health-check", { query: { platform } }));
  const watch = useAction((jobId) => api.get(`/api/v1/accounts/batch-health-check/${jobId}`));
  const start = async () => {
    const answer = await begin.run();
    if (!answer) return;
    setTally(answer.data);
    onDone();
  };
  useEffect(() => {
    if (!tally?.pending || !tally.job_id) return undefined;
    const timer = setTimeout(async () => {
      const answer = await watch.run(tally.job_id);
      setTally(answer ? answer.data : { ...tally });
      if (answer?.data.pending === 0) onDone();
    }, POLL_MS);
    return () => clearTimeout(timer);
  }, [tally]);

  const lead = platform ? t("batch.leadOf", { platform: contentPlatformName(platform) }) : t("batch.lead");
  const footer = html`
    <${Button} onClick=${onClose}>${t("action.close")}<//>
    ${!tally && html`<${Button} kind="primary" icon="shield-check" busy=${begin.busy} onClick=${start}>${t("batch.start")}<//>`}
  `;
  return html`<${Dialog} title=${t("content.checkAll")} onClose=${onClose} footer=${footer}>
    ${!tally && html`<p class="soft">${begin.busy ? t("batch.running") : lead}</p>`}
    ${tally && html`<${Tally} tally=${tally} />`}
    <${Problem} problem=${begin.problem ?? watch.problem} />
  <//>`;
}

function Tally({ tally }) {
  const mustLogIn = tally.fail_count - tally.unknown_count;
  const done = tally.total - tally.pending;
  return html`
    ${tally.pending > 0
      ? html`<p class="soft">${t("batch.progress", { done, total: tally.total })}</p><progress max=${tally.total} value=${done} aria-label=${t("content.checkAll")} />`
      : html`<${Notice} tone=${tally.fail_count === 0 ? "good" : "warn"} title=${t("batch.done", { count: tally.total })} />`}
    <div class="tiles">
      <${Tile} icon="circle-check" label=${t("healthAnswer.logged_in")} value=${tally.success_count} tone=${tally.success_count ? "good" : "none"} />
      <${Tile} icon="circle-alert" label=${t("healthAnswer.must_log_in")} value=${mustLogIn} tone=${mustLogIn ? "bad" : "none"} />
      <${Tile} icon="triangle-alert" label=${t("healthAnswer.unknown")} value=${tally.unknown_count} tone=${tally.unknown_count ? "warn" : "none"} />
    </div>
  `;
}
