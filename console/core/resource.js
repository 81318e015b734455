/** Data of the API in a view: loaded, loaded again on a clock while somebody looks, dropped with the view. */
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { language } from "./i18n.js";

const NOTHING_YET = { data: null, problem: null, loading: true };

/**
 * `load(signal)` gives a promise. Returns {data, problem, loading, reload}: `data` stays while it is loaded again, and
 * `reload()` gives a promise of the end, of the load that took its place as well. `keys` (texts and numbers) are what the
 * load depends on: data of other keys is never shown. `everySeconds` reloads while the page is visible; a failure of such
 * a reload shows beside the data there is.
 */
export function useResource(load, keys = [], { everySeconds = 0 } = {}) {
  // Texts in answers follow the language.
  const wanted = JSON.stringify([...keys, language.value]);
  const [state, setState] = useState({ ...NOTHING_YET, of: wanted });
  const latest = useRef(load);
  latest.current = load;
  /** The load that is under way: {abort, ended}. */
  const running = useRef(null);

  const reload = useCallback(() => {
    const own = { abort: new AbortController() };
    running.current?.abort.abort();
    running.current = own;
    const isOver = () => own.abort.signal.aborted;
    own.ended = (async () => {
      setState((before) => ({ ...before, loading: true }));
      try {
        const data = await latest.current(own.abort.signal);
        if (!isOver()) setState((before) => ({ ...before, data, problem: null, loading: false }));
      } catch (problem) {
        if (problem.name !== "ApiProblem") throw problem;
        if (!isOver()) setState((before) => ({ ...before, problem, loading: false }));
      } finally {
        if (running.current === own) running.current = null;
      }
      if (isOver()) await running.current?.ended;
    })();
    return own.ended;
  }, []);

  useEffect(() => {
    setState({ ...NOTHING_YET, of: wanted });
    reload();
    return () => running.current?.abort.abort();
  }, [wanted]);

  useEffect(() => {
    if (!everySeconds) return undefined;
    // Not while one is under way: where an answer takes longer than the clock's step, none would ever be shown.
    const tick = () => document.visibilityState === "visible" && !running.current && reload();
    const timer = setInterval(tick, everySeconds * 1000);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [everySeconds, reload]);

  const { data, problem, loading } = state.of === wanted ? state : NOTHING_YET;
  return { data, problem, loading, reload };
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
