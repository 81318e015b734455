/** The robots of the owner who is signed in. */
import { html, useState } from "../core/html.js";
import { moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { endAsOwner, robotOwner } from "../core/robot-owner.js";
import { Link, hrefOf, navigate } from "../core/router.js";
import { Button, ReloadButton, Segments } from "./buttons.js";
import { Dialog } from "./dialog.js";
import { Empty, Loaded, Problem, toast } from "./feedback.js";
import { Form, TextField } from "./fields.js";
import { Pager, usePageNumber } from "./pager.js";
import { ownerApi } from "./robot-api.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

const PAGE_SIZE = 20;
const STATUSES = ["", "online", "offline", "deleted"];
const TONES = { online: "good", offline: "none", deleted: "bad" };

export function RobotStatus({ status }) {
  return html`<${Badge} tone=${TONES[status] ?? "none"}>${t(`robotStatus.${status}`)}<//>`;
}

/** "Xiaomi Mi 10", or that there is none. */
export function deviceName(device) {
  if (!device) return t("robots.noDevice");
  return [device.brand, device.model].filter(Boolean).join(" ") || device.deviceId;
}

export function OwnRobots() {
  const [status, setStatus] = useState("");
  const [page, setPage] = usePageNumber([status]);
  const [isAdding, setAdding] = useState(false);
  const robots = useResource((signal) => ownerApi.get("/api/robots", { page, pageSize: PAGE_SIZE, status }, { signal }), [page, status], { everySeconds: 15 });
  const owner = robotOwner.value;
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setAdding(true)}>${t("robots.add")}<//>`;
  return html`
    <div class="stack">
      <div class="bar">
        <p class="soft">${t("robots.of", { name: owner.nickname || owner.phone })} <button type="button" class="link" onClick=${endAsOwner}>${t("robots.otherOwner")}</button></p>
        <div class="actions">
          <${Segments} label=${t("robots.status")} value=${status} choices=${STATUSES.map((one) => [one, one ? t(`robotStatus.${one}`) : t("filter.all")])} onChange=${setStatus} />
          <${ReloadButton} resource=${robots} />${add}
        </div>
      </div>
      <${Card} flush>
        <${Loaded}
          resource=${robots}
          show=${({ data }) => html`
            ${data.list.length === 0
              ? html`<${Empty} icon="bot" title=${t("robots.none")}>${t("robots.none.text")}<//>`
              : html`<${RobotTable} robots=${data.list} />`}
            <${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} onPage=${setPage} />
          `}
        />
      <//>
    </div>
    ${isAdding && html`<${NewRobot} onClose=${() => setAdding(false)} />`}
  `;
}

function RobotTable({ robots }) {
  const isOpen = (robot) => robot.status !== "deleted";
  const columns = [
    {
      key: "name",
      title: t("robots.name"),
      cell: (robot) => (isOpen(robot) ? html`<${Link} to=${`/robots/${robot.robotId}`}><strong>${robot.name}</strong><//>` : html`<strong>${robot.name}</strong>`),
    },
    { key: "status", title: t("robots.status"), cell: (robot) => html`<${RobotStatus} status=${robot.status} />` },
    { key: "device", title: t("robots.device"), cell: (robot) => html`<span class=${robot.deviceInfo ? "" : "faint"}>${deviceName(robot.deviceInfo)}</span>` },
    { key: "messages", title: t("robots.messages"), className: "end number", cell: (robot) => number(robot.totalMessages) },
    { key: "ai", title: t("robots.aiToday"), className: "end number", cell: (robot) => number(robot.aiCallsToday) },
    { key: "active", title: t("robots.lastActive"), className: "number nowrap", cell: (robot) => moment(robot.lastActiveAt) },
  ];
  const open = (robot) => isOpen(robot) && (window.location.hash = hrefOf(`/robots/${robot.robotId}`));
  return html`<${Table} label=${t("robots.tab.own")} columns=${columns} rows=${robots} rowKey=${(robot) => robot.robotId} onRow=${open} />`;
}

function NewRobot({ onClose }) {
  const [name, setName] = useState("");
  const make = useAction((wanted) => ownerApi.post("/api/robots", { name: wanted }));
  const submit = async () => {
    const answer = await make.run(name.trim());
    if (!answer) return;
    toast(t("robots.added"));
    navigate(`/robots/${answer.data.robotId}`);
  };
  return html`<${Dialog} title=${t("robots.add")} onClose=${onClose}>
    <p class="soft">${t("robots.add.text")}</p>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("robots.name")} maxlength="64" autofocus value=${name} onChange=${setName} />
      <${Problem} problem=${make.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${make.busy} disabled=${!name.trim()}>${t("robots.add")}<//></div>
    <//>
  <//>`;
}
