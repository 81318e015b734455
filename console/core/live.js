/**
 * What the relay pushes, as it happens: a WebSocket with a one-time ticket, opened while somebody listens. Where no
 * socket can be had (a proxy in between, an API address without one), the log is asked for instead.
 */
import { api } from "./api.js";
import { effect, signal } from "./html.js";
import { session } from "./session.js";

const PING_MS = 120_000;
const POLL_MS = 4_000;
const LINGER_MS = 3_000;
const LONGEST_PAUSE_MS = 30_000;
// So many failures in a row, and the log is polled until a later try for a socket succeeds.
const FAILURES_BEFORE_POLLING = 2;
const POLLED_ROWS = 50;

/** "off", "connecting", "socket" or "polling". */
export const liveState = signal("off");

const listeners = new Set();
let socket = null;
/** Of the newest try for a socket: one that was given up since opens none. */
let attempt = 0;
let failures = 0;
let retryTimer = 0;
let pingTimer = 0;
let pollTimer = 0;
/** Ids of the rows that were polled last; null before the first time, whose rows are no news. */
let polledIds = null;

/**
 * Hear every frame, {type: "log" | "status", data}, from now on, and {type: "opened"} when a socket is there: what came
 * before it was pushed to nobody here. Returns the function that ends it.
 */
export function listen(listener) {
  listeners.add(listener);
  if (liveState.value === "off" && session.value) connect();
  return () => {
    listeners.delete(listener);
    // Not at once: the next page mostly listens too.
    setTimeout(() => listeners.size === 0 && disconnect(), LINGER_MS);
  };
}

effect(() => {
  if (!session.value) disconnect();
});

function tell(frame) {
  for (const listener of [...listeners]) listener(frame);
}

async function connect() {
  clearTimeout(retryTimer);
  attempt += 1;
  const own = attempt;
  if (liveState.value !== "polling") liveState.value = "connecting";
  let ticket;
  try {
    ({ ticket } = await api.post("/api/ws/ticket"));
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
    if (own === attempt) lost();
    return;
  }
  if (own !== attempt) return;
  if (listeners.size === 0 || !session.value) {
    disconnect();
    return;
  }
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const opened = new WebSocket(`${scheme}://${window.location.host}/ws?ticket=${encodeURIComponent(ticket)}`);
  socket = opened;
  opened.addEventListener("open", () => {
    if (socket !== opened) return;
    failures = 0;
    stopPolling();
    liveState.value = "socket";
    tell({ type: "opened" });
    pingTimer = setInterval(() => opened.send('{"type":"ping"}'), PING_MS);
  });
  opened.addEventListener("message", (event) => {
    if (socket !== opened) return;
    const frame = JSON.parse(event.data);
    if (frame.type === "log" || frame.type === "status") tell(frame);
  });
  opened.addEventListener("close", () => socket === opened && lost());
}

function lost() {
  socket = null;
  clearInterval(pingTimer);
  if (listeners.size === 0 || !session.value) {
    disconnect();
    return;
  }
  failures += 1;
  if (failures >= FAILURES_BEFORE_POLLING) startPolling();
  else liveState.value = "connecting";
  const pause = Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
  clearTimeout(retryTimer);
  retryTimer = setTimeout(connect, pause);
}

function disconnect() {
  const open = socket;
  socket = null;
  attempt += 1;
  clearTimeout(retryTimer);
  clearInterval(pingTimer);
  stopPolling();
  failures = 0;
  liveState.value = "off";
  // A browser complains of a socket that is closed before it was opened.
  if (open?.readyState === WebSocket.CONNECTING) open.addEventListener("open", () => open.close());
  else open?.close();
}

function startPolling() {
  if (liveState.value === "polling") return;
  liveState.value = "polling";
  polledIds = null;
  poll();
}

function stopPolling() {
  clearTimeout(pollTimer);
}

async function poll() {
  try {
    const { data } = await api.get("/api/logs", { limit: POLLED_ROWS });
    const ended = data.filter((row) => row.status !== "pending");
    const fresh = polledIds === null ? [] : ended.filter((row) => !polledIds.has(row.id));
    polledIds = new Set(ended.map((row) => row.id));
    fresh.reverse().forEach((row) => tell({ type: "log", data: asFrame(row) }));
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
  }
  if (liveState.value === "polling") pollTimer = setTimeout(poll, POLL_MS);
}

/** A row of the log in the form of a pushed frame. */
export function asFrame(row) {
  return {
    ...row,
    message_id: row.kook_message_id,
    platform: row.target_platform,
    timestamp: row.created_at,
  };
}
