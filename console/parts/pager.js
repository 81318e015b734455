import { html, useEffect, useState } from "../core/html.js";
import { number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { IconButton } from "./buttons.js";

/** The page that is shown of a list by pages, from 1; back to the first when one of `keys` changes. */
export function usePageNumber(keys = []) {
  const [page, setPage] = useState(1);
  useEffect(() => setPage(1), keys);
  return [page, setPage];
}

/** Nothing where all fits on one page. */
export function Pager({ page, pageSize, total, onPage }) {
  const last = Math.max(1, Math.ceil(total / pageSize));
  if (last === 1 && page === 1) return null;
  return html`<nav class="pager" aria-label=${t("pager.label")}>
    <${IconButton} icon="chevron-left" label=${t("pager.previous")} disabled=${page <= 1} onClick=${() => onPage(page - 1)} />
    <span class="number">${t("pager.page", { page: number(page), last: number(last), total: number(total) })}</span>
    <${IconButton} icon="chevron-right" label=${t("pager.next")} disabled=${page >= last} onClick=${() => onPage(page + 1)} />
  </nav>`;
}
