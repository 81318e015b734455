/** All deliveries by what became of them; failed ones can be tried again, one or many. */
import { html, useEffect, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { milliseconds, moment, timeOfDay } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { replaceQuery } from "../core/router.js";
import { Button, ReloadButton, Segments } from "../parts/buttons.js";
import { DeliveryDetails } from "../parts/delivery-details.js";
import { DeliveryFilters } from "../parts/delivery-filters.js";
import { PlatformMark, StatusBadge, reasonOf } from "../parts/delivery.js";
import { Empty, Loaded, toastProblem } from "../parts/feedback.js";
import { byId, useBots, useMappings } from "../parts/lookups.js";
import { RetryMany } from "../parts/retry-many.js";
import { Card, PageHead } from "../parts/surfaces.js";
import { Table } from "../parts/table.js";

const PAGE_ROWS = 50;
const FIELDS = ["platform", "channel_id", "bot_id", "error_code"];

function columnsOf(bots, onOpen) {
  return [
    {
      key: "time",
      title: t("deliveries.time"),
      className: "number nowrap",
      cell: (row) => html`<time title=${moment(row.created_at)}>${timeOfDay(row.created_at)}</time>`,
    },
    {
      key: "message",
      title: t("deliveries.message"),
      className: "wide",
      cell: (row) =>
        html`<div class="clamp"><strong>${row.sender_name}</strong> <span class="faint">#${row.kook_channel_name || row.kook_channel_id}</span>
          <p>${row.content || html`<span class="faint">${t("delivery.noText")}</span>`}</p></div>`,
    },
    {
      key: "target",
      title: t("deliveries.target"),
      cell: (row) =>
        html`<${PlatformMark} platform=${row.target_platform} />
          <p class="faint">${byId(bots, row.target_bot_id)?.name ?? t("deliveries.goneBot", { id: row.target_bot_id })}</p>`,
    },
    {
      key: "state",
      title: t("deliveries.state"),
      cell: (row) =>
        html`<${StatusBadge} status=${row.status} />
          ${row.status === "failed" && html`<p class="bad-text clamp">${reasonOf(row)}</p>`}
          ${row.status === "success" && html`<p class="faint number">${milliseconds(row.latency_ms)}</p>`}`,
    },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (row) => html`<${Button} small onClick=${() => onOpen(row)}>${t("action.details")}<//>`,
    },
  ];
}

export default function Deliveries({ query }) {
  const status = query.status ?? "failed";
  const { platform, channel_id, bot_id, mapping_id, error_code } = query;
  const asked = { status: status === "all" ? "" : status, platform, channel_id, bot_id, mapping_id, error_code };
  const [opened, setOpened] = useState(null);
  const [isRetrying, setRetrying] = useState(false);
  const [older, setOlder] = useState({ rows: [], cursor: undefined, busy: false });
  const bots = useBots();
  const mappings = useMappings();
  const keys = Object.values(asked);
  const resource = useResource((signal) => api.get("/api/deliveries", { ...asked, limit: PAGE_ROWS }, { signal }), keys, {
    everySeconds: 15,
  });
  useEffect(() => setOlder({ rows: [], cursor: undefined, busy: false }), keys);
  const cursor = older.cursor === undefined ? resource.data?.next_cursor : older.cursor;
  const more = async () => {
    setOlder((before) => ({ ...before, busy: true }));
    try {
      const page = await api.get("/api/deliveries", { ...asked, limit: PAGE_ROWS, cursor });
      setOlder((before) => ({ rows: [...before.rows, ...page.data], cursor: page.next_cursor, busy: false }));
    } catch (problem) {
      if (problem.name !== "ApiProblem") throw problem;
      setOlder((before) => ({ ...before, busy: false }));
      toastProblem(problem);
    }
  };
  const choices = ["failed", "pending", "success", "all"].map((one) => [one, one === "all" ? t("filter.all") : t(`delivery.${one}`)]);
  const actions = html`
    <${ReloadButton} resource=${resource} />
    <${Button} icon="rotate-cw" kind="primary" onClick=${() => setRetrying(true)}>${t("deliveries.retryMany")}<//>
  `;
  return html`
    <${PageHead} title=${t("nav.deliveries")} lead=${t("deliveries.lead")} actions=${actions} />
    <div class="stack">
      <div>
        <${Segments} label=${t("filter.status")} value=${status} choices=${choices} onChange=${(chosen) => replaceQuery({ ...query, status: chosen })} />
      </div>
      <${DeliveryFilters} query=${query} fields=${FIELDS} bots=${bots} mappings=${mappings} />
      <${Card} flush>
        <${Loaded}
          resource=${resource}
          rows=${6}
          show=${({ data }) => {
            const known = new Set(data.map((row) => row.delivery_id));
            const rows = [...data, ...older.rows.filter((row) => !known.has(row.delivery_id))];
            if (rows.length === 0) {
              return html`<${Empty} icon=${status === "failed" ? "circle-check" : "send"} tone=${status === "failed" ? "good" : "none"} title=${t(`deliveries.none.${status}`)} />`;
            }
            return html`<${Table}
                label=${t("nav.deliveries")}
                columns=${columnsOf(bots, setOpened)}
                rows=${rows}
                rowKey=${(row) => row.delivery_id}
                onRow=${setOpened}
              />
              ${cursor && html`<div class="more"><${Button} busy=${older.busy} onClick=${more}>${t("action.more")}<//></div>`}`;
          }}
        />
      <//>
    </div>
    ${opened &&
    html`<${DeliveryDetails} deliveryId=${opened.delivery_id} bots=${bots} onClose=${() => setOpened(null)} onChanged=${resource.reload} />`}
    ${isRetrying &&
    html`<${RetryMany}
      filter=${{ platform, channel_id, bot_id, mapping_id, error_code }}
      bots=${bots}
      mappings=${mappings}
      onClose=${() => setRetrying(false)}
      onDone=${resource.reload}
    />`}
  `;
}
