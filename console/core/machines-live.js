/**
 * How the machines are, as they report it: the monitor's socket is asked every two seconds while somebody looks; where
 * it cannot be had, the same is asked for by JSON-RPC. Both are open by the cookie that the password's sign-in sets.
 */
import { api } from "./api.js";
import { signal } from "./html.js";

const ASK_MS = 2_000;
const POLL_MS = 4_000;
const LATER_SOCKET_MS = 20_000;

/** {at, online: Set of uuids, reports: {uuid: Report}}; null before the first answer. */
export const machines = signal(null);
/** "off", "connecting", "socket" or "polling". */
export const machinesState = signal("off");

let watchers = 0;
let socket = null;
let timer = 0;
/** A new object whenever the last watcher leaves: what was asked for before that is nobody's any more. */
let visit = {};

/** Keep `machines` fresh from now on. Returns the function that ends it. */
export function watchMachines() {
  watchers += 1;
  if (watchers === 1) connect();
  return () => {
    watchers -= 1;
    if (watchers === 0) stop();
  };
}

function stop() {
  visit = {};
  clearTimeout(timer);
  const open = socket;
  socket = null;
  machinesState.value = "off";
  machines.value = null;
  // A browser complains of a socket that is closed before it was opened.
  if (open?.readyState === WebSocket.CONNECTING) open.addEventListener("open", () => open.close());
  else open?.close();
}

function connect() {
  if (machinesState.value !== "polling") machinesState.value = "connecting";
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const opened = new WebSocket(`${scheme}://${window.location.host}/api/clients`);
  socket = opened;
  const ask = () => socket === opened && opened.readyState === WebSocket.OPEN && opened.send("get");
  opened.addEventListener("open", () => {
    if (socket !== opened) return;
    clearTimeout(timer);
    machinesState.value = "socket";
    ask();
  });
  opened.addEventListener("message", (event) => {
    if (socket !== opened) return;
    const answer = JSON.parse(event.data);
    if (answer.status === "success") machines.value = fromSocket(answer.data);
    timer = setTimeout(ask, ASK_MS);
  });
  opened.addEventListener("close", () => {
    if (socket !== opened) return;
    socket = null;
    clearTimeout(timer);
    machinesState.value = "polling";
    poll(Date.now() + LATER_SOCKET_MS);
  });
}

async function poll(socketAgainAt) {
  const asked = visit;
  try {
    const body = { jsonrpc: "2.0", id: 1, method: "common:getNodesLatestStatus", params: {} };
    const answer = await api.post("/api/rpc2", body, { credential: "none" });
    if (asked === visit && answer.result) machines.value = fromRpc(answer.result);
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
  }
  if (asked !== visit) return;
  if (Date.now() >= socketAgainAt) connect();
  else timer = setTimeout(() => poll(socketAgainAt), POLL_MS);
}

function fromSocket({ online, data }) {
  const reports = Object.fromEntries(Object.entries(data ?? {}).map(([uuid, report]) => [uuid, reportOf(report)]));
  return { at: Date.now(), online: new Set(online ?? []), reports };
}

/** Shares are from 0 to 1, null where the machine has none of it; traffic is bytes a second, totals are bytes. */
function reportOf(report) {
  const { cpu, ram, swap, disk, load, network, connections } = report;
  return {
    cpu: (cpu?.usage ?? 0) / 100,
    ram: shareOf(ram),
    swap: shareOf(swap),
    disk: shareOf(disk),
    ramUsed: ram?.used ?? 0,
    ramTotal: ram?.total ?? 0,
    diskUsed: disk?.used ?? 0,
    diskTotal: disk?.total ?? 0,
    load: [load?.load1 ?? 0, load?.load5 ?? 0, load?.load15 ?? 0],
    up: network?.up ?? 0,
    down: network?.down ?? 0,
    totalUp: network?.totalUp ?? 0,
    totalDown: network?.totalDown ?? 0,
    connections: (connections?.tcp ?? 0) + (connections?.udp ?? 0),
    processes: report.process ?? 0,
    uptimeSeconds: report.uptime ?? 0,
    updatedAt: report.updated_at,
  };
}

function shareOf(part) {
  return part?.total > 0 ? part.used / part.total : null;
}

/** The flat form of JSON-RPC, which says of each machine whether it is online. */
function fromRpc(result) {
  const entries = Object.entries(result);
  const reports = entries.map(([uuid, flat]) => [
    uuid,
    reportOf({
      cpu: { usage: flat.cpu },
      ram: { used: flat.ram, total: flat.ram_total },
      swap: { used: flat.swap, total: flat.swap_total },
      disk: { used: flat.disk, total: flat.disk_total },
      load: { load1: flat.load, load5: flat.load5, load15: flat.load15 },
      network: { up: flat.net_out, down: flat.net_in, totalUp: flat.net_total_up, totalDown: flat.net_total_down },
      // Both kinds together already.
      connections: { tcp: flat.connections },
      process: flat.process,
      uptime: flat.uptime,
      updated_at: flat.time,
    }),
  ]);
  return { at: Date.now(), online: new Set(entries.filter(([, flat]) => flat.online).map(([uuid]) => uuid)), reports: Object.fromEntries(reports) };
}
