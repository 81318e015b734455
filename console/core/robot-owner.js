/**
 * The owner of robots who is signed in by phone, beside the administrator. The robots' own lists, messages and settings
 * belong to owners: the administrator's token does not open them. Kept for this tab, and only under the session it began in.
 */
import { effect, signal } from "./html.js";
import { session } from "./session.js";
import { forget, keep, kept } from "./storage.js";

const STORED = "kook-relay.robot-owner";

/** null, or {token, userId, nickname, phone}. */
export const robotOwner = signal(restored());

function restored() {
  const text = kept("sessionStorage", STORED);
  if (!text) return null;
  try {
    const found = JSON.parse(text);
    return found?.under === session.value?.token && typeof found?.token === "string" ? found : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

export function beginAsOwner({ token, userId, nickname, phone }) {
  const owner = { token, userId, nickname, phone, under: session.value?.token };
  keep("sessionStorage", STORED, JSON.stringify(owner));
  robotOwner.value = owner;
}

export function endAsOwner() {
  forget("sessionStorage", STORED);
  robotOwner.value = null;
}

effect(() => {
  if (robotOwner.value && robotOwner.value.under !== session.value?.token) endAsOwner();
});
