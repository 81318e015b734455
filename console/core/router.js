/** Pages by the address's fragment: #/log?status=failed. A fragment needs nothing of the server that holds the files. */
import { html, signal } from "./html.js";

/** {path: "/bots/3", segments: ["bots", "3"], query: {…}} of the address as it is now. */
export const route = signal(read());

window.addEventListener("hashchange", () => {
  route.value = read();
});

function read() {
  const [path, query = ""] = window.location.hash.replace(/^#/, "").split("?");
  const segments = path.split("/").filter(Boolean).map(decoded);
  return { path: `/${segments.join("/")}`, segments, query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return segment;
    throw error;
  }
}

/** "#/path?query"; values of the query that are "" are left out. */
export function hrefOf(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  const text = new URLSearchParams(given).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

export function navigate(path, query) {
  window.location.hash = hrefOf(path, query);
}

/** Change the query of the page that is shown, without a step of its own in the history. */
export function replaceQuery(query) {
  window.history.replaceState(null, "", hrefOf(route.value.path, query));
  route.value = read();
}

export function Link({ to, query, children, ...rest }) {
  return html`<a href=${hrefOf(to, query)} ...${rest}>${children}</a>`;
}
