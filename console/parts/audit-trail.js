/** Who called KOOK in the bot's name, when, and with what outcome. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Button, ReloadButton } from "./buttons.js";
import { Empty, Loaded, toastProblem } from "./feedback.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

const ROWS = 20;
const TONES = { done: "good", success: "good", started: "warn" };

export function AuditTrail() {
  const resource = useResource((signal) => api.get("/api/audit", { limit: ROWS }, { signal }));
  const [older, setOlder] = useState({ rows: [], cursor: undefined });
  const cursor = older.cursor === undefined ? resource.data?.next_cursor : older.cursor;
  const more = async () => {
    try {
      const page = await api.get("/api/audit", { limit: ROWS, cursor });
      setOlder({ rows: [...older.rows, ...page.data], cursor: page.next_cursor });
    } catch (problem) {
      if (problem.name !== "ApiProblem") throw problem;
      toastProblem(problem);
    }
  };
  const columns = [
    { key: "time", title: t("audit.time"), className: "number nowrap", cell: (one) => moment(one.started_at) },
    { key: "action", title: t("audit.action"), cell: (one) => html`<code>${one.action}</code>` },
    { key: "who", title: t("audit.who"), cell: (one) => html`${one.actor}<p class="faint">${one.client_address}</p>` },
    {
      key: "outcome",
      title: t("audit.outcome"),
      cell: (one) => html`<${Badge} tone=${TONES[one.outcome] ?? "bad"}>${wordFor("auditOutcome", one.outcome)}<//>
        ${one.reason && html`<p class="bad-text">${one.reason}</p>`}`,
    },
  ];
  return html`<${Card} flush title=${t("audit.title")} lead=${t("audit.lead")} actions=${html`<${ReloadButton} resource=${resource} />`}>
    <${Loaded}
      resource=${resource}
      show=${({ data }) => {
        const rows = [...data, ...older.rows];
        if (rows.length === 0) return html`<${Empty} icon="list-checks" title=${t("audit.none")} />`;
        return html`<${Table} label=${t("audit.title")} columns=${columns} rows=${rows} rowKey=${(one) => one.id} />
          ${cursor && html`<div class="more"><${Button} onClick=${more}>${t("action.more")}<//></div>`}`;
      }}
    />
  <//>`;
}
