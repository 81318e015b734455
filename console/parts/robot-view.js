/** One robot: whether it is there, what it did, what to have it do, whom it tells, how it answers. */
import { html } from "../core/html.js";
import { duration, moment, number, percent } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { navigate } from "../core/router.js";
import { Button, LinkButton, ReloadButton } from "./buttons.js";
import { CopyText } from "./copy.js";
import { ask } from "./dialog.js";
import { Loaded, toast } from "./feedback.js";
import { ownerApi } from "./robot-api.js";
import { RobotCallbacks } from "./robot-callbacks.js";
import { RobotStatus, deviceName } from "./robot-list.js";
import { RobotRecords } from "./robot-records.js";
import { RobotSending } from "./robot-sending.js";
import { RobotSettings } from "./robot-settings.js";
import { Card, PageHead, Terms, Tile } from "./surfaces.js";

const DAYS_SHOWN = 7;
const MS_PER_DAY = 86_400_000;

function confirmRemoval(robot) {
  ask({
    title: t("robot.remove.title", { name: robot.name }),
    text: t("robot.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      const answer = await ownerApi.delete(`/api/robots/${robot.robotId}`);
      toast(t("robot.removed"));
      navigate("/robots");
      return answer;
    },
  });
}

export function OneRobot({ robotId }) {
  const robot = useResource((signal) => ownerApi.get(`/api/robots/${encodeURIComponent(robotId)}`, {}, { signal }), [robotId], { everySeconds: 20 });
  const back = html`<${LinkButton} kind="quiet" icon="chevron-left" to="/robots">${t("robots.tab.own")}<//>`;
  return html`<${Loaded}
    resource=${robot}
    rows=${8}
    show=${({ data }) => html`
      <${PageHead}
        title=${data.name}
        lead=${html`<${RobotStatus} status=${data.status} /> <span class="faint">${t("robot.seen", { time: moment(data.lastActiveAt) })}</span>`}
        actions=${html`${back}<${ReloadButton} resource=${robot} /><${Button} kind="danger" icon="trash-2" onClick=${() => confirmRemoval(data)}>${t("action.delete")}<//>`}
      />
      <div class="stack">
        <${RobotFigures} robotId=${robotId} robot=${data} />
        <div class="columns wide-narrow even">
          <${RobotRecords} robotId=${robotId} />
          <div class="stack">
            <${RobotSending} robotId=${robotId} />
            <${RobotFacts} robot=${data} />
          </div>
        </div>
        <div class="columns">
          <${RobotSettings} robot=${data} reload=${robot.reload} />
          <${RobotCallbacks} robotId=${robotId} />
        </div>
      </div>
    `}
  />`;
}

function dayText(at) {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** No command has ended: then there is no rate to show. */
function isUnused(sum) {
  return sum.successRate === 0 && sum.avgResponseTime === 0;
}

function RobotFigures({ robotId, robot }) {
  const period = { startDate: dayText(Date.now() - (DAYS_SHOWN - 1) * MS_PER_DAY), endDate: dayText(Date.now()) };
  const resource = useResource((signal) => ownerApi.get(`/api/robots/${robotId}/statistics`, period, { signal }), [robotId], { everySeconds: 20 });
  const sum = resource.data?.data;
  const note = t("robot.days", { count: DAYS_SHOWN });
  const shown = (value) => (sum ? value(sum) : "–");
  return html`<div class="tiles">
    <${Tile} icon="message-square" label=${t("robot.messages")} value=${shown((one) => number(one.totalMessages))} note=${note} />
    <${Tile} icon="check" label=${t("robot.success")} value=${shown((one) => (isUnused(one) ? "–" : percent(one.successRate / 100)))} note=${note} />
    <${Tile} icon="clock" label=${t("robot.took")} value=${shown((one) => (isUnused(one) ? "–" : duration(one.avgResponseTime)))} note=${note} />
    <${Tile} icon="zap" label=${t("robot.ai")} value=${shown((one) => number(one.totalAICalls))} note=${t("robot.aiToday", { count: number(robot.aiCallsToday) })} />
    <${Tile} icon="users" label=${t("robot.topGroup")} value=${shown((one) => one.topGroups[0]?.name || "–")} note=${sum?.topGroups[0] ? t("robot.topGroup.note", { count: number(sum.topGroups[0].messageCount) }) : note} />
  </div>`;
}

function RobotFacts({ robot }) {
  const { deviceInfo: device, activationInfo: activation } = robot;
  return html`<${Card} title=${t("robot.facts")}>
    <div class="stack tight">
      <${CopyText} label=${t("robot.id")} text=${robot.robotId} />
      <${Terms}
        rows=${[
          [t("robots.device"), device ? `${deviceName(device)} · ${[device.os, device.osVersion].filter(Boolean).join(" ")}` : html`<span class="faint">${t("robots.noDevice")}</span>`],
          [t("robot.code"), activation ? html`<code>${activation.code}</code>` : null],
          [t("robot.activated"), activation ? html`<span class="number">${moment(activation.lastActivatedAt)}</span>` : null],
          [t("robot.made"), html`<span class="number">${moment(robot.createdAt)}</span>`],
          [t("robot.worktool"), activation ? null : html`<span class="hint">${t("robot.worktool.text")}</span>`],
        ]}
      />
    </div>
  <//>`;
}
