/** Accounts of content platforms: whether they are logged in, how to log in again, and the pools that give them out. */
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { ContentAccounts } from "../parts/content-accounts.js";
import { OneContentAccount } from "../parts/content-account-view.js";
import { OnePool } from "../parts/pool-view.js";
import { Pools } from "../parts/pools.js";
import { PageHead } from "../parts/surfaces.js";
import { Tabs } from "../parts/tabs.js";

export default function Content({ segments, query }) {
  const [view, poolId] = segments;
  if (view === "pools" && poolId) return html`<${OnePool} key=${poolId} poolId=${poolId} />`;
  if (view && view !== "pools") return html`<${OneContentAccount} key=${view} accountId=${view} />`;
  const tabs = [
    { to: "/content", text: t("content.tab.accounts"), icon: "cookie" },
    { to: "/content/pools", text: t("content.tab.pools"), icon: "layers" },
  ];
  return html`
    <${PageHead} title=${t("nav.content")} lead=${t("content.lead")} />
    <${Tabs} label=${t("nav.content")} tabs=${tabs} current=${view ? "/content/pools" : "/content"} />
    ${view ? html`<${Pools} />` : html`<${ContentAccounts} query=${query} />`}
  `;
}
