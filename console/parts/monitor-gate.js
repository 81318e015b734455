/** The monitor knows its administrator by a cookie of its own, which the password's sign-in sets. */
import { html } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Loaded, Notice } from "./feedback.js";

const BY_COOKIE = { credential: "none" };

/** Calls of the monitor, by the cookie. Its answers are {status, message, data}. */
export const monitorApi = {
  get: (path, query, options) => api.get(path, query, { ...options, ...BY_COOKIE }),
  post: (path, body) => api.post(path, body, BY_COOKIE),
};

/** The children, a function without arguments, for the administrator; else what to do. */
export function MonitorGate({ children }) {
  const me = useResource((signal) => monitorApi.get("/api/me", {}, { signal }));
  return html`<${Loaded}
    resource=${me}
    rows=${5}
    show=${({ logged_in: isAdmin }) => (isAdmin ? children() : html`<${Notice} tone="info" title=${t("machines.needsPassword")}>${t("machines.needsPassword.text")}<//>`)}
  />`;
}
