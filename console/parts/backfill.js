/** What was missed of an account's channels: how far each is known to be complete, and fetching it now. */
import { html } from "../core/html.js";
import { api } from "../core/api.js";
import { moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button } from "./buttons.js";
import { Dialog } from "./dialog.js";
import { Empty, Loaded, Problem, toast } from "./feedback.js";
import { useMappings } from "./lookups.js";
import { Table } from "./table.js";

const LOOK_SECONDS = 3;

export function Backfill({ account, onClose }) {
  const path = `/api/accounts/${account.id}/backfill`;
  const channels = useResource((signal) => api.get(path, {}, { signal }).then((answer) => answer.data), [account.id], {
    everySeconds: LOOK_SECONDS,
  });
  const mappings = useMappings();
  const start = useAction(() => api.post(path));
  const go = async () => {
    const answer = await start.run();
    if (answer) toast(answer.message);
    channels.reload();
  };
  const nameOf = (id) => mappings.data?.find((one) => one.kook_channel_id === id)?.kook_channel_name || id;
  const columns = [
    { key: "channel", title: t("filter.channel"), cell: (one) => html`<strong># ${nameOf(one.kook_channel_id)}</strong>` },
    { key: "until", title: t("backfill.until"), className: "number", cell: (one) => moment(one.verified_until) },
    { key: "filled", title: t("backfill.filled"), className: "end number", cell: (one) => number(one.filled_in_all) },
    {
      key: "problem",
      title: t("backfill.problem"),
      cell: (one) => (one.problem ? html`<span class="bad-text">${one.problem}</span> <span class="faint number">${moment(one.problem_at)}</span>` : "–"),
    },
  ];
  const footer = html`
    <${Button} onClick=${onClose}>${t("action.close")}<//>
    <${Button} kind="primary" icon="download" busy=${start.busy} onClick=${go}>${t("backfill.start")}<//>
  `;
  return html`<${Dialog} wide title=${t("accounts.backfill")} onClose=${onClose} footer=${footer}>
    <p class="soft">${t("backfill.lead")}</p>
    <${Loaded}
      resource=${channels}
      show=${(rows) =>
        rows.length === 0
          ? html`<${Empty} icon="hash" title=${t("backfill.none")} />`
          : html`<${Table} label=${t("accounts.backfill")} columns=${columns} rows=${rows} rowKey=${(one) => one.kook_channel_id} />`}
    />
    <${Problem} problem=${start.problem} />
  <//>`;
}
