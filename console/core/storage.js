/** What the browser keeps. A browser that keeps nothing (private mode, storage switched off) costs the memory, no more. */

function attempt(action, otherwise) {
  try {
    return action();
  } catch (error) {
    // SecurityError where storage is forbidden, QuotaExceededError where it is full.
    if (error instanceof DOMException) return otherwise;
    throw error;
  }
}

/** The text kept under the name, null when there is none. `kind` is "localStorage" or "sessionStorage". */
export function kept(kind, name) {
  return attempt(() => window[kind].getItem(name), null);
}

export function keep(kind, name, text) {
  attempt(() => window[kind].setItem(name, text));
}

export function forget(kind, name) {
  attempt(() => window[kind].removeItem(name));
}
