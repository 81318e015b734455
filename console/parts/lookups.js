/** Names for the ids in rows: bots, mappings and accounts, loaded once for a page and again when the relay changes one. */
import { useEffect } from "../core/html.js";
import { api } from "../core/api.js";
import { listen } from "../core/live.js";
import { useResource } from "../core/resource.js";

/** The list at `path`, loaded again when a status frame of that kind is pushed, or may have been missed. */
function useList(path, kind) {
  const resource = useResource((signal) => api.get(path, {}, { signal }).then((answer) => answer.data), [path]);
  const { reload } = resource;
  useEffect(() => listen((frame) => (frame.type === "opened" || (frame.type === "status" && frame.data.kind === kind)) && reload()), [kind, reload]);
  return resource;
}

/** Resources of the lists; `.data` is null until loaded. */
export function useBots() {
  return useList("/api/bots", "bot");
}

export function useMappings() {
  return useList("/api/mappings", "mapping");
}

export function useAccounts() {
  return useList("/api/accounts", "account");
}

/** The row of that id, undefined when it is not there (any more) or not loaded yet. */
export function byId(resource, id) {
  return resource.data?.find((one) => one.id === id);
}
