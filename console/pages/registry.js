/**
 * Every page: where it is, where it stands in the menu, and its module, loaded when it is first shown. A module's
 * default export is a component that is given the address: {segments, query}, `segments` without the page's own.
 */
export const GROUPS = ["", "relay", "setup", "areas", "system"];

export const PAGES = [
  { path: "", group: "", icon: "house", load: () => import("./overview.js") },
  { path: "log", group: "relay", icon: "radio", load: () => import("./log.js") },
  { path: "deliveries", group: "relay", icon: "send", load: () => import("./deliveries.js") },
  { path: "statistics", group: "relay", icon: "chart-column", load: () => import("./statistics.js") },
  { path: "wizard", group: "setup", icon: "wand-sparkles", load: () => import("./wizard.js") },
  { path: "accounts", group: "setup", icon: "user-round", load: () => import("./accounts.js") },
  { path: "bots", group: "setup", icon: "route", load: () => import("./bots.js") },
  { path: "mappings", group: "setup", icon: "waypoints", load: () => import("./mappings.js") },
  { path: "robots", group: "areas", icon: "bot", load: () => import("./robots.js") },
  { path: "content", group: "areas", icon: "cookie", load: () => import("./content.js") },
  { path: "health", group: "system", icon: "heart-pulse", load: () => import("./health.js") },
  { path: "backups", group: "system", icon: "archive", load: () => import("./backups.js") },
  { path: "system", group: "system", icon: "settings-2", load: () => import("./system.js") },
];

/** The page's key in the texts: "overview" for the first, whose path is empty. */
export function nameOf(page) {
  return page.path || "overview";
}
