/**
 * Every page: where it is, where it stands in the menu, and its module, loaded when it is first shown. A module's
 * default export is a component that is given the address: {segments, query}, `segments` without the page's own.
 */
export const GROUPS = ["", "relay", "setup", "areas", "system"];

export const PAGES = [
  { path: "", group: "", icon: "house", load: () => import("./overview.js") },
];

/** The page's key in the texts: "overview" for the first, whose path is empty. */
export function nameOf(page) {
  return page.path || "overview";
}
