/** Robots that read and write groups with a phone: whose they are, what opens them, and what they do. */
import { html } from "../core/html.js";
import { t } from "../core/i18n.js";
import { session } from "../core/session.js";
import { Notice } from "../parts/feedback.js";
import { ActivationCodes } from "../parts/robot-codes.js";
import { ActivityLog } from "../parts/robot-activity.js";
import { OwnerGate } from "../parts/robot-owner-gate.js";
import { OwnRobots } from "../parts/robot-list.js";
import { OneRobot } from "../parts/robot-view.js";
import { RobotUsers } from "../parts/robot-users.js";
import { PageHead } from "../parts/surfaces.js";
import { Tabs } from "../parts/tabs.js";

const VIEWS = { codes: ActivationCodes, users: RobotUsers, activity: ActivityLog };

export default function Robots({ segments }) {
  const [view] = segments;
  if (view && !(view in VIEWS)) return html`<${OwnerGate}>${() => html`<${OneRobot} key=${view} robotId=${view} />`}<//>`;
  const tabs = [
    { to: "/robots", text: t("robots.tab.own"), icon: "bot" },
    { to: "/robots/codes", text: t("robots.tab.codes"), icon: "ticket" },
    { to: "/robots/users", text: t("robots.tab.users"), icon: "users" },
    { to: "/robots/activity", text: t("robots.tab.activity"), icon: "list-checks" },
  ];
  return html`
    <${PageHead} title=${t("nav.robots")} lead=${t("robots.lead")} />
    <${Tabs} label=${t("nav.robots")} tabs=${tabs} current=${view ? `/robots/${view}` : "/robots"} />
    ${view ? html`<${Administered} View=${VIEWS[view]} />` : html`<${OwnerGate}>${() => html`<${OwnRobots} />`}<//>`}
  `;
}

/** Codes, users and the log open to the administrator who signed in by password. */
function Administered({ View }) {
  if (!session.value?.robotsToken) return html`<${Notice} tone="info" title=${t("robots.needsPassword")}>${t("robots.needsPassword.text")}<//>`;
  return html`<${View} />`;
}
