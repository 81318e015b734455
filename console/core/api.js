/**
 * Calls to the relay's API. Every failure is an ApiProblem with words for the reader, whichever of the four contracts
 * the answer came in: the relay's, the robots' {code, message}, the content accounts' and the monitor's.
 */
import { t, languageTag } from "./i18n.js";
import { end, session } from "./session.js";

const TIMEOUT_MS = 35_000;
// The codes by which the API says that a token opens nothing (any more). A wrong password is 401 as well.
const SESSION_OVER = new Set(["UNAUTHORIZED", "INVALID_TOKEN"]);

/** What went wrong. `status` is 0 when no answer came; `fields` maps a field's dotted path to what is wrong with it. */
export class ApiProblem extends Error {
  constructor(message, { status = 0, code = "", solution = "", fields = {}, reason = "", body = null } = {}) {
    super(message);
    this.name = "ApiProblem";
    Object.assign(this, { status, code, solution, fields, reason, body });
  }
}

/**
 * Make a call; resolves to the answer's JSON, null for an answer without a body. Rejects with ApiProblem only.
 *
 * `query` leaves out undefined, null and "". `credential` is "relay" (default), "robots" for the robots' administration,
 * "none" for what is open or goes by the monitor's cookie (the browser sends it along), or a token of its own.
 */
export async function call(method, path, { query, body, credential = "relay", signal, raw = false } = {}) {
  const headers = { "Accept-Language": languageTag(), ...credentialHeaders(credential) };
  const isFile = body instanceof Blob;
  if (body !== undefined && !isFile) headers["Content-Type"] = "application/json";
  if (isFile) headers["Content-Type"] = body.type || "application/octet-stream";
  const usedToken = session.value?.token;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const options = {
    method,
    headers,
    body: body === undefined || isFile ? body : JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    // /api/admin/logs is the monitor's for its cookie and the robots' for their token: only one is sent.
    credentials: credential === "robots" ? "omit" : "same-origin",
    cache: "no-store",
  };
  const [answer, text] = await send(path + queryText(query), options, raw);
  if (answer.ok && raw) return answer;
  const parsed = parse(answer, text);
  if (answer.ok) return parsed;
  const saysSo = answer.status === 401 && SESSION_OVER.has(codeOf(parsed));
  // Only what this session asked in its own name, not one before it.
  if (saysSo && credential === "relay" && usedToken && usedToken === session.value?.token) end("expired");
  throw problemOf(answer, parsed);
}

export const api = {
  get: (path, query, options) => call("GET", path, { query, ...options }),
  post: (path, body, options) => call("POST", path, { body: body ?? {}, ...options }),
  put: (path, body, options) => call("PUT", path, { body, ...options }),
  patch: (path, body, options) => call("PATCH", path, { body, ...options }),
  delete: (path, options) => call("DELETE", path, options),
};

function credentialHeaders(credential) {
  const tokens = { relay: session.value?.token, robots: session.value?.robotsToken, none: "" };
  const token = credential in tokens ? tokens[credential] : credential;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

function queryText(query = {}) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** The answer with its text; "" for the text of a success that is asked for `raw`, which is still to be read. */
async function send(url, options, raw) {
  try {
    const answer = await fetch(url, options);
    return [answer, answer.ok && raw ? "" : await answer.text()];
  } catch (error) {
    if (error.name === "AbortError") throw new ApiProblem(t("problem.cancelled"), { code: "CANCELLED" });
    const key = error.name === "TimeoutError" ? "problem.timeout" : "problem.unreachable";
    throw new ApiProblem(t(key), { code: "NO_ANSWER", solution: t("problem.unreachable.solution") });
  }
}

function parse(answer, text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (answer.ok) throw new ApiProblem(t("problem.unreadable"), { status: answer.status, code: "UNREADABLE" });
    return null;
  }
}

function problemOf(answer, body) {
  // The content accounts' form is {success, error: {code, message, details}}; the others say it at the top.
  const nested = typeof body?.error === "object" && body.error !== null ? body.error : null;
  const details = nested?.details ?? body ?? {};
  const atTop = body?.error_message ?? body?.message ?? body?.msg ?? (typeof body?.error === "string" ? body.error : "");
  const message = nested?.message ?? atTop;
  const fields = Object.fromEntries((Array.isArray(details.errors) ? details.errors : []).map((one) => [one.field, one.message]));
  if (details.field && !(details.field in fields)) fields[details.field] = details.reason || message;
  return new ApiProblem(message || t("problem.status", { status: answer.status }), {
    status: answer.status,
    code: codeOf(body),
    solution: body?.solution ?? nested?.details?.hint ?? "",
    // The accounts' own reason is a code, which says nothing to a reader.
    reason: nested ? "" : (body?.reason ?? ""),
    fields,
    body,
  });
}

function codeOf(body) {
  return body?.error_code ?? body?.error?.code ?? "";
}
