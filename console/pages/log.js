/** Every message as it goes through, newest on top, and what was before. */
import { html, useEffect, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { asFrame, listen, liveState } from "../core/live.js";
import { useResource } from "../core/resource.js";
import { Button } from "../parts/buttons.js";
import { DeliveryDetails } from "../parts/delivery-details.js";
import { DeliveryFilters } from "../parts/delivery-filters.js";
import { DeliveryLine } from "../parts/delivery.js";
import { Empty, Loaded, toastProblem } from "../parts/feedback.js";
import { useBots, useMappings } from "../parts/lookups.js";
import { Card, PageHead } from "../parts/surfaces.js";

const PAGE_ROWS = 50;
// What a tab that stays open for a week holds at most.
const MOST_LIVE_ROWS = 500;

function matches(row, query) {
  const wanted = (query.search ?? "").trim().toLowerCase();
  return (
    (!query.status || row.status === query.status) &&
    (!query.platform || row.platform === query.platform) &&
    (!query.channel_id || row.kook_channel_id === query.channel_id) &&
    (!wanted ||
      [row.content, row.sender_name, row.kook_channel_name, row.error_code, row.error_message].some((text) =>
        (text ?? "").toLowerCase().includes(wanted),
      ))
  );
}

/** The pushed rows that came since the page was opened, newest first; while paused they wait. */
function useLiveRows(isPaused) {
  const [rows, setRows] = useState([]);
  const [waiting, setWaiting] = useState([]);
  useEffect(
    () =>
      listen((frame) => {
        if (frame.type !== "log") return;
        const add = (before) => [frame.data, ...before.filter((row) => row.id !== frame.data.id)].slice(0, MOST_LIVE_ROWS);
        if (isPaused) setWaiting(add);
        else setRows(add);
      }),
    [isPaused],
  );
  useEffect(() => {
    if (isPaused || waiting.length === 0) return;
    setRows((before) => [...waiting, ...before].slice(0, MOST_LIVE_ROWS));
    setWaiting([]);
  }, [isPaused, waiting]);
  return { rows, waiting };
}

/** Rows of the log page by page: {resource, older, more(), busy}. */
function useLoggedRows(query) {
  const { status, platform, channel_id } = query;
  const ask = { limit: PAGE_ROWS, status, platform, channel_id };
  const [older, setOlder] = useState({ rows: [], cursor: undefined, busy: false });
  const keys = [status, platform, channel_id];
  const resource = useResource((signal) => api.get("/api/logs", ask, { signal }), keys);
  useEffect(() => setOlder({ rows: [], cursor: undefined, busy: false }), keys);
  const { reload } = resource;
  useEffect(() => listen((frame) => frame.type === "opened" && reload()), [reload]);
  const cursor = older.cursor === undefined ? resource.data?.next_cursor : older.cursor;
  const more = async () => {
    setOlder((before) => ({ ...before, busy: true }));
    try {
      const page = await api.get("/api/logs", { ...ask, cursor });
      setOlder((before) => ({ rows: [...before.rows, ...page.data], cursor: page.next_cursor, busy: false }));
    } catch (problem) {
      if (problem.name !== "ApiProblem") throw problem;
      setOlder((before) => ({ ...before, busy: false }));
      toastProblem(problem);
    }
  };
  return { resource, older: older.rows, hasMore: Boolean(cursor), busy: older.busy, more };
}

export default function Log({ query }) {
  const [isPaused, setPaused] = useState(false);
  const [opened, setOpened] = useState(null);
  const live = useLiveRows(isPaused);
  const logged = useLoggedRows(query);
  const bots = useBots();
  const mappings = useMappings();

  const actions = html`<${Button} icon=${isPaused ? "play" : "square"} onClick=${() => setPaused(!isPaused)}>
    ${isPaused ? t("log.resume", { count: live.waiting.length }) : t("log.pause")}
  <//>`;
  return html`
    <${PageHead} title=${t("nav.log")} lead=${t("log.lead")} actions=${actions} />
    <div class="stack">
      <${DeliveryFilters} query=${query} fields=${["status", "platform", "channel_id", "search"]} bots=${bots} mappings=${mappings} />
      <${Card} flush>
        <${Loaded}
          resource=${logged.resource}
          rows=${8}
          show=${({ data, total }) => {
            const fresh = new Map(live.rows.map((row) => [row.id, row]));
            const before = [...data, ...logged.older].map(asFrame).filter((row) => !fresh.has(row.id));
            const known = new Set(data.map((row) => row.id));
            const newer = live.rows.filter((row) => !known.has(row.id) && matches(row, { ...query, search: "" })).length;
            const rows = [...live.rows, ...before].filter((row) => matches(row, query));
            return html`
              <p class="lines-count faint">${t("log.count", { count: number(total + newer) })}</p>
              ${rows.length === 0 && html`<${Empty} icon="message-square" title=${t("log.empty")}>${t("log.empty.text")}<//>`}
              <ul class="lines" aria-live=${liveState.value === "socket" && !isPaused ? "polite" : "off"}>
                ${rows.map((row) => html`<${DeliveryLine} key=${row.id} row=${row} isNew=${fresh.has(row.id)} onOpen=${setOpened} />`)}
              </ul>
              ${logged.hasMore &&
              html`<div class="more"><${Button} busy=${logged.busy} onClick=${logged.more}>${t("action.more")}<//></div>`}
            `;
          }}
        />
      <//>
    </div>
    ${opened &&
    html`<${DeliveryDetails}
      deliveryId=${opened.delivery_id}
      bots=${bots}
      onClose=${() => setOpened(null)}
      onChanged=${logged.resource.reload}
    />`}
  `;
}
