/** Adding a machine and changing one, and the command that makes it report. */
import { html, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button, Segments } from "./buttons.js";
import { CopyText } from "./copy.js";
import { Dialog } from "./dialog.js";
import { Loaded, Notice, Problem, toast } from "./feedback.js";
import { AreaField, Check, Form, TextField } from "./fields.js";
import { monitorApi } from "./monitor-gate.js";

const SCRIPTS = "https://raw.githubusercontent.com/komari-monitor/komari-agent/refs/heads/main";

/** How an agent is started, by system: its own project's installers, and the program itself. */
const COMMANDS = {
  linux: (address, token) => `wget -qO- ${SCRIPTS}/install.sh | sudo bash -s -- -e ${address} -t ${token}`,
  windows: (address, token) =>
    `powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "iwr '${SCRIPTS}/install.ps1' -UseBasicParsing -OutFile 'install.ps1'; & '.\\install.ps1' '-e' '${address}' '-t' '${token}'"`,
  program: (address, token) => `komari-agent -e ${address} -t ${token}`,
};

/** The token opens the machine's reports only: shown with the command that holds it. */
export function InstallCommand({ token }) {
  const [system, setSystem] = useState("linux");
  const address = window.location.origin;
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(window.location.hostname);
  return html`<div class="stack tight">
    <${Segments} label=${t("install.system")} value=${system} choices=${Object.keys(COMMANDS).map((one) => [one, t(`install.${one}`)])} onChange=${setSystem} />
    <${CopyText} label=${t("install.command")} text=${COMMANDS[system](address, token)} />
    <p class="hint">${t("install.hint")}</p>
    ${isLocal && html`<${Notice} tone="warn">${t("install.local", { address })}<//>`}
    <p class="label">${t("install.token")}</p>
    <${CopyText} label=${t("install.token")} text=${token} />
  </div>`;
}

/** Adds a machine; then, this once, its token and the command. */
export function MachineDialog({ onClose, onSaved }) {
  const [name, setName] = useState("");
  const [added, setAdded] = useState(null);
  const add = useAction((wanted) => monitorApi.post("/api/admin/client/add", { name: wanted }));
  const submit = async () => {
    const answer = await add.run(name.trim());
    if (!answer) return;
    setAdded(answer);
    onSaved();
  };
  if (added) {
    const footer = html`<${Button} kind="primary" onClick=${onClose}>${t("action.close")}<//>`;
    return html`<${Dialog} wide title=${t("machines.added", { name: name.trim() })} onClose=${onClose} footer=${footer}>
      <${Notice} tone="good">${t("machines.added.text")}<//>
      <${InstallCommand} token=${added.token} />
    <//>`;
  }
  return html`<${Dialog} title=${t("machines.add")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("machines.name")} hint=${t("machines.name.hint")} maxlength="100" autofocus value=${name} onChange=${setName} />
      <${Problem} problem=${add.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${add.busy} disabled=${!name.trim()}>${t("machines.add")}<//></div>
    <//>
  <//>`;
}

export function InstallDialog({ node, onClose }) {
  const token = useResource((signal) => monitorApi.get(`/api/admin/client/${node.uuid}/token`, {}, { signal }));
  const footer = html`<${Button} onClick=${onClose}>${t("action.close")}<//>`;
  return html`<${Dialog} wide title=${t("install.title", { name: node.name })} onClose=${onClose} footer=${footer}>
    <${Loaded} resource=${token} show=${(answer) => html`<${InstallCommand} token=${answer.token} />`} />
  <//>`;
}

const TEXTS = ["name", "group", "tags", "public_remark", "remark"];

export function MachineEdit({ node, onClose, onSaved }) {
  const [values, setValues] = useState({ ...Object.fromEntries(TEXTS.map((name) => [name, node[name] ?? ""])), hidden: node.hidden, weight: String(node.weight), expires: (node.expired_at ?? "").slice(0, 10) });
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction((body) => monitorApi.post(`/api/admin/client/${node.uuid}/edit`, body));
  const submit = async () => {
    const { weight, expires, ...texts } = values;
    const body = { ...texts, name: values.name.trim(), weight: Number(weight) || 0, expired_at: expires ? `${expires}T00:00:00Z` : "" };
    if (!(await save.run(body))) return;
    toast(t("machines.saved"));
    onSaved();
    onClose();
  };
  return html`<${Dialog} title=${t("machines.edit", { name: node.name })} onClose=${onClose}>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("machines.name")} maxlength="100" value=${values.name} onChange=${set("name")} />
      <div class="form-row">
        <${TextField} label=${t("machines.group")} optional maxlength="100" value=${values.group} onChange=${set("group")} />
        <${TextField} label=${t("machines.weight")} hint=${t("machines.weight.hint")} type="number" value=${values.weight} onChange=${set("weight")} />
      </div>
      <div class="form-row">
        <${TextField} label=${t("machines.tags")} hint=${t("machines.tags.hint")} optional maxlength="1000" value=${values.tags} onChange=${set("tags")} />
        <${TextField} label=${t("machines.expires")} optional type="date" value=${values.expires} onChange=${set("expires")} />
      </div>
      <${TextField} label=${t("machines.publicRemark")} optional maxlength="5000" value=${values.public_remark} onChange=${set("public_remark")} />
      <${AreaField} label=${t("machines.remark")} hint=${t("machines.remark.hint")} optional maxlength="5000" value=${values.remark} onChange=${set("remark")} />
      <${Check} label=${t("machines.hide")} hint=${t("machines.hide.hint")} checked=${values.hidden} onChange=${set("hidden")} />
      <${Problem} problem=${save.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy} disabled=${!values.name.trim()}>${t("action.save")}<//></div>
    <//>
  <//>`;
}
