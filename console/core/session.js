/** Who is signed in: a session's token from the password, or the API token itself. */
import { signal } from "./html.js";
import { forget, keep, kept } from "./storage.js";

const STORED = "kook-relay.session";
const STORES = ["sessionStorage", "localStorage"];

/** null, or {token, kind: "session" | "apiToken", robotsToken}. `robotsToken` is "" for an API token. */
export const session = signal(restored());
/** Why the last session ended, to be said on the sign-in page: "" or "expired". */
export const endedBecause = signal("");

function restored() {
  for (const store of STORES) {
    const text = kept(store, STORED);
    if (!text) continue;
    try {
      const found = JSON.parse(text);
      if (typeof found?.token === "string" && found.token) return found;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    forget(store, STORED);
  }
  return null;
}

/** `remember` keeps the session beyond this tab. */
export function begin(opened, remember) {
  STORES.forEach((store) => forget(store, STORED));
  keep(remember ? "localStorage" : "sessionStorage", STORED, JSON.stringify(opened));
  endedBecause.value = "";
  session.value = opened;
}

export function end(reason = "") {
  STORES.forEach((store) => forget(store, STORED));
  endedBecause.value = reason;
  session.value = null;
}
