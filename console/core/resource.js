/** Data of the API in a view: loaded, loaded again on a clock while somebody looks, dropped with the view. */
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { language } from "./i18n.js";

/**
 * `load(signal)` gives a promise. Returns {data, problem, loading, reload}: `data` stays while it is loaded again, and
 * `reload()` gives a promise of the end. `keys` are what the load depends on. `everySeconds` reloads while the page is
 * visible; a failure of such a reload shows beside the data there is.
 */
export function useResource(load, keys = [], { everySeconds = 0 } = {}) {
  const [state, setState] = useState({ data: null, problem: null, loading: true });
  const latest = useRef(load);
  latest.current = load;
  const running = useRef(null);

  const reload = useCallback(async () => {
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState((before) => ({ ...before, loading: true }));
    try {
      const data = await latest.current(abort.signal);
      if (!abort.signal.aborted) setState({ data, problem: null, loading: false });
    } catch (problem) {
      if (problem.name !== "ApiProblem") throw problem;
      if (!abort.signal.aborted) setState((before) => ({ ...before, problem, loading: false }));
    }
  }, []);

  // Texts in answers follow the language.
  const chosen = language.value;
  useEffect(() => {
    setState({ data: null, problem: null, loading: true });
    reload();
    return () => running.current?.abort();
  }, [...keys, chosen]);

  useEffect(() => {
    if (!everySeconds) return undefined;
    const tick = () => document.visibilityState === "visible" && reload();
    const timer = setInterval(tick, everySeconds * 1000);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [everySeconds, reload]);

  return { ...state, reload };
}

/**
 * An action with its progress: {busy, problem, run, clear}. `run(...)` resolves to the result
 * (null where there is none), undefined on failure.
 */
export function useAction(action) {
  const [state, setState] = useState({ busy: false, problem: null });
  const run = async (...given) => {
    setState({ busy: true, problem: null });
    try {
      const result = await action(...given);
      setState({ busy: false, problem: null });
      return result ?? null;
    } catch (problem) {
      if (problem.name !== "ApiProblem") {
        setState({ busy: false, problem: null });
        throw problem;
      }
      setState({ busy: false, problem });
      return undefined;
    }
  };
  return { ...state, run, clear: () => setState({ busy: false, problem: null }) };
}
