/** Names for the ids in rows: bots, mappings and accounts, loaded once for a page. */
import { api } from "../core/api.js";
import { useResource } from "../core/resource.js";

const listOf = (path) => (signal) => api.get(path, {}, { signal }).then((answer) => answer.data);

/** Resources of the lists; `.data` is null until loaded. */
export function useBots() {
  return useResource(listOf("/api/bots"));
}

export function useMappings() {
  return useResource(listOf("/api/mappings"));
}

export function useAccounts() {
  return useResource(listOf("/api/accounts"));
}

/** The row of that id, undefined when it is not there (any more) or not loaded yet. */
export function byId(resource, id) {
  return resource.data?.find((one) => one.id === id);
}
