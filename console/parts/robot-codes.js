/** Activation codes: what makes a phone a robot's device. */
import { html, useState } from "../core/html.js";
import { moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button, ReloadButton, Segments } from "./buttons.js";
import { CopyText } from "./copy.js";
import { Dialog, ask } from "./dialog.js";
import { Empty, Loaded, Notice, Problem, toast } from "./feedback.js";
import { Form, SelectField, TextField } from "./fields.js";
import { Pager, usePageNumber } from "./pager.js";
import { adminApi } from "./robot-api.js";
import { deviceName } from "./robot-list.js";
import { Badge, Card } from "./surfaces.js";
import { Table } from "./table.js";

const PAGE_SIZE = 20;
const STATUSES = ["", "unused", "used", "expired", "disabled"];
const TONES = { unused: "info", used: "good", expired: "warn", disabled: "bad" };
const USUAL_DAYS = [30, 180, 365];
// As many as are offered to choose from; the id can be typed for others.
const LISTED_USERS = 100;

export function ActivationCodes() {
  const [status, setStatus] = useState("");
  const [page, setPage] = usePageNumber([status]);
  const [shown, setShown] = useState(null);
  const codes = useResource((signal) => adminApi.get("/api/admin/activation-codes", { page, pageSize: PAGE_SIZE, status }, { signal }), [page, status]);
  return html`
    <div class="stack">
      <div class="bar">
        <${Segments} label=${t("codes.status")} value=${status} choices=${STATUSES.map((one) => [one, one ? t(`codeStatus.${one}`) : t("filter.all")])} onChange=${setStatus} />
        <div class="actions">
          <${ReloadButton} resource=${codes} />
          <${Button} kind="primary" icon="plus" onClick=${() => setShown({ isNew: true })}>${t("codes.make")}<//>
        </div>
      </div>
      <${Card} flush>
        <${Loaded}
          resource=${codes}
          show=${({ data }) => html`
            ${data.list.length === 0
              ? html`<${Empty} icon="ticket" title=${t("codes.none")}>${t("codes.none.text")}<//>`
              : html`<${CodeTable} codes=${data.list} reload=${codes.reload} onUnbind=${(code) => setShown({ unbind: code })} />`}
            <${Pager} page=${page} pageSize=${PAGE_SIZE} total=${data.total} onPage=${setPage} />
          `}
        />
      <//>
    </div>
    ${shown?.isNew && html`<${NewCodes} onClose=${() => setShown(null)} onMade=${codes.reload} />`}
    ${shown?.unbind && html`<${Unbinding} code=${shown.unbind} onClose=${() => setShown(null)} onDone=${codes.reload} />`}
  `;
}

function CodeTable({ codes, reload, onUnbind }) {
  const columns = [
    { key: "code", title: t("codes.code"), cell: (one) => html`<code class="code">${one.code}</code>` },
    { key: "status", title: t("codes.status"), cell: (one) => html`<${Badge} tone=${TONES[one.status] ?? "none"}>${t(`codeStatus.${one.status}`)}<//>` },
    {
      key: "validity",
      title: t("codes.validity"),
      cell: (one) => html`${t("codes.days", { count: one.validityPeriod })} <span class="faint">· ${t("codes.price", { price: number(one.price, 2) })}</span>
        ${one.expiresAt && html`<p class="faint number">${t("codes.until", { time: moment(one.expiresAt) })}</p>`}`,
    },
    { key: "owner", title: t("codes.owner"), cell: (one) => (one.boundUser ? html`${one.boundUser.nickname || "–"}<p class="faint number">${one.boundUser.phone}</p>` : html`<span class="faint">${t("codes.anybody")}</span>`) },
    {
      key: "device",
      title: t("codes.device"),
      cell: (one) => html`<span class=${one.deviceInfo ? "" : "faint"}>${deviceName(one.deviceInfo)}</span>
        ${one.robotId && html`<p class="faint"><code>${one.robotId}</code></p>`}`,
    },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (one) => html`
        ${one.deviceInfo && one.status !== "disabled" && html`<${Button} small icon="unplug" onClick=${() => onUnbind(one)}>${t("codes.unbind")}<//>`}
        ${one.status !== "disabled" && html`<${Button} small kind="quiet" icon="lock" onClick=${() => confirmDisabling(one, reload)}>${t("codes.disable")}<//>`}
      `,
    },
  ];
  return html`<${Table} label=${t("robots.tab.codes")} columns=${columns} rows=${codes} rowKey=${(one) => one.code} />`;
}

function confirmDisabling(code, reload) {
  ask({
    title: t("codes.disable.title", { code: code.code }),
    text: t("codes.disable.text"),
    confirm: t("codes.disable"),
    action: async () => {
      const answer = await adminApi.post(`/api/admin/activation-codes/${code.code}/disable`);
      toast(t("codes.disabled", { code: code.code }));
      await reload();
      return answer;
    },
  });
}

function Unbinding({ code, onClose, onDone }) {
  const [reason, setReason] = useState("");
  const unbind = useAction((body) => adminApi.post("/api/admin/unbind-device", body));
  const submit = async () => {
    if (!(await unbind.run({ code: code.code, reason: reason.trim() }))) return;
    toast(t("codes.unbound", { code: code.code }));
    onDone();
    onClose();
  };
  return html`<${Dialog} title=${t("codes.unbind.title", { device: deviceName(code.deviceInfo) })} onClose=${onClose}>
    <p class="soft">${t("codes.unbind.text")}</p>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("codes.reason")} hint=${t("codes.reason.hint")} maxlength="500" autofocus value=${reason} onChange=${setReason} />
      <${Problem} problem=${unbind.problem} />
      <div class="form-foot"><${Button} kind="danger" type="submit" busy=${unbind.busy} disabled=${!reason.trim()}>${t("codes.unbind")}<//></div>
    <//>
  <//>`;
}

function NewCodes({ onClose, onMade }) {
  const [count, setCount] = useState("1");
  const [days, setDays] = useState(USUAL_DAYS[0]);
  const [ownDays, setOwnDays] = useState("");
  const [owner, setOwner] = useState(0);
  const [made, setMade] = useState(null);
  const users = useResource((signal) => adminApi.get("/api/admin/users", { pageSize: LISTED_USERS }, { signal }));
  const make = useAction((body) => adminApi.post("/api/admin/activation-codes", body));
  const submit = async () => {
    const body = { count: Number(count), validityPeriod: days || Number(ownDays), ...(owner && { boundUserId: owner }) };
    const answer = await make.run(body);
    if (!answer) return;
    setMade(answer.data.codes);
    onMade();
  };
  if (made) {
    const footer = html`<${Button} kind="primary" onClick=${onClose}>${t("action.close")}<//>`;
    return html`<${Dialog} title=${t("codes.made", { count: made.length })} onClose=${onClose} footer=${footer}>
      <${Notice} tone="good">${t("codes.made.text")}<//>
      <${CopyText} label=${t("codes.code")} text=${made.map((one) => one.code).join("\n")} />
    <//>`;
  }
  const owners = (users.data?.data.list ?? []).filter((user) => user.status === "active");
  return html`<${Dialog} title=${t("codes.make")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${submit}>
      <div class="form-row">
        <${TextField} label=${t("codes.count")} type="number" min="1" max="100" value=${count} onChange=${setCount} />
        <${SelectField} label=${t("codes.validity")} value=${days} choices=${[...USUAL_DAYS.map((one) => [one, t("codes.days", { count: one })]), [0, t("codes.otherDays")]]} onChange=${setDays} />
        ${!days && html`<${TextField} label=${t("codes.ownDays")} type="number" min="1" max="3650" value=${ownDays} onChange=${setOwnDays} />`}
      </div>
      <${SelectField}
        label=${t("codes.owner")}
        hint=${t("codes.owner.hint")}
        value=${owner}
        choices=${[[0, t("codes.anybody")], ...owners.map((user) => [user.userId, `${user.nickname} · ${user.phone}`])]}
        onChange=${setOwner}
      />
      <${Problem} problem=${make.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${make.busy}>${t("codes.make")}<//></div>
    <//>
  <//>`;
}
