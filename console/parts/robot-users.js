/** The owners of robots. */
import { html } from "../core/html.js";
import { moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Button, ReloadButton } from "./buttons.js";
import { ask } from "./dialog.js";
import { Empty, Loaded, toast } from "./feedback.js";
import { Pager, usePageNumber } from "./pager.js";
import { adminApi } from "./robot-api.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

const PAGE_SIZE = 20;

function confirmDisabling(user, reload) {
  ask({
    title: t("robotUsers.disable.title", { name: user.nickname || user.phone }),
    text: t("robotUsers.disable.text"),
    confirm: t("robotUsers.disable"),
    action: async () => {
      const answer = await adminApi.post(`/api/admin/users/${user.userId}/disable`);
      toast(t("robotUsers.disabled", { name: user.nickname || user.phone }));
      await reload();
      return answer;
    },
  });
}

export function RobotUsers() {
  const [page, setPage] = usePageNumber();
  const users = useResource((signal) => adminApi.get("/api/admin/users", { page, pageSize: PAGE_SIZE }, { signal }), [page]);
  const columns = [
    { key: "name", title: t("robotUsers.name"), cell: (user) => html`<strong>${user.nickname || "–"}</strong><p class="faint number">${user.phone}</p>` },
    {
      key: "status",
      title: t("robotUsers.status"),
      cell: (user) => html`<${Badge} tone=${user.status === "active" ? "good" : "bad"}>${t(`robotUserStatus.${user.status}`)}<//>
        ${user.role === "admin" && html` <${Badge} tone="info">${t("robotUsers.admin")}<//>`}`,
    },
    { key: "robots", title: t("robotUsers.robots"), className: "end number", cell: (user) => number(user.robotCount) },
    { key: "codes", title: t("robotUsers.codes"), className: "end number", cell: (user) => number(user.totalActivationCodes) },
    { key: "since", title: t("robotUsers.since"), className: "number nowrap", cell: (user) => moment(user.createdAt) },
    { key: "login", title: t("robotUsers.lastLogin"), className: "number nowrap", cell: (user) => moment(user.lastLoginAt) },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (user) => user.status === "active" && html`<${Button} small kind="quiet" icon="lock" onClick=${() => confirmDisabling(user, users.reload)}>${t("robotUsers.disable")}<//>`,
    },
  ];
  return html`<${Card} flush title=${t("robots.tab.users")} lead=${t("robotUsers.lead")} actions=${html`<${ReloadButton} resource=${users} />`}>
    <${Loaded}
      resource=${users}
      show=${({ data }) => html`
        ${data.list.length === 0
          ? html`<${Empty} icon="users" title=${t("robotUsers.none")}>${t("robotUsers.none.text")}<//>`
          : html`<${Table} label=${t("robots.tab.users")} columns=${columns} rows=${data.list} rowKey=${(user) => user.userId} />`}
        <${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} onPage=${setPage} />
      `}
    />
  <//>`;
}
