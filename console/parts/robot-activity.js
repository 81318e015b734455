/** What happened around the robots, newest first, as it happens. */
import { html, useState } from "../core/html.js";
import { moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { ReloadButton } from "./buttons.js";
import { Empty, Loaded } from "./feedback.js";
import { SelectField } from "./fields.js";
import { Pager, usePageNumber } from "./pager.js";
import { adminApi } from "./robot-api.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

const PAGE_SIZE = 30;
const TYPES = ["application", "api", "error", "audit", "websocket", "ai"];
const LEVELS = ["info", "warn", "error", "debug"];
const TONES = { info: "info", warn: "warn", error: "bad", debug: "none" };

function Details({ details }) {
  const given = Object.entries(details).filter(([, value]) => value !== "" && value !== null);
  return html`<p class="faint details">${given.map(([name, value]) => html`<span key=${name}>${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}</span>`)}</p>`;
}

export function ActivityLog() {
  const [logType, setType] = useState("");
  const [level, setLevel] = useState("");
  const [page, setPage] = usePageNumber([logType, level]);
  const entries = useResource((signal) => adminApi.get("/api/admin/logs", { page, pageSize: PAGE_SIZE, logType, level }, { signal }), [page, logType, level], { everySeconds: 10 });
  const columns = [
    { key: "time", title: t("activity.time"), className: "number nowrap", cell: (one) => moment(one.createdAt) },
    { key: "level", title: t("activity.level"), cell: (one) => html`<${Badge} tone=${TONES[one.level] ?? "none"}>${wordFor("logLevel", one.level)}<//>` },
    { key: "type", title: t("activity.type"), className: "nowrap", cell: (one) => wordFor("logType", one.logType) },
    { key: "message", title: t("activity.message"), cell: (one) => html`${one.message}<${Details} details=${one.details} />` },
    { key: "address", title: t("activity.address"), className: "number nowrap", cell: (one) => one.ipAddress || "–" },
  ];
  return html`<div class="stack">
    <div class="bar">
      <div class="filters">
        <${SelectField} label=${t("activity.type")} value=${logType} choices=${[["", t("filter.any")], ...TYPES.map((one) => [one, t(`logType.${one}`)])]} onChange=${setType} />
        <${SelectField} label=${t("activity.level")} value=${level} choices=${[["", t("filter.any")], ...LEVELS.map((one) => [one, t(`logLevel.${one}`)])]} onChange=${setLevel} />
      </div>
      <${ReloadButton} resource=${entries} />
    </div>
    <${Card} flush>
      <${Loaded}
        resource=${entries}
        rows=${6}
        show=${({ data }) => html`
          ${data.list.length === 0
            ? html`<${Empty} icon="list-checks" title=${t("activity.none")} />`
            : html`<${Table} label=${t("robots.tab.activity")} columns=${columns} rows=${data.list} rowKey=${(one) => one.id} />`}
          <${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} onPage=${setPage} />
        `}
      />
    <//>
  </div>`;
}
