/** The monitor's settings that an operator needs here; the rest are in its API. */
import { html, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button } from "./buttons.js";
import { CopyText } from "./copy.js";
import { Loaded, Problem, toast } from "./feedback.js";
import { Check, Form, SecretField, TextField } from "./fields.js";
import { monitorApi } from "./monitor-gate.js";
import { Card } from "./surfaces.js";

const CHECKS = ["private_site", "record_enabled"];
const NUMBERS = ["record_preserve_time", "ping_record_preserve_time"];

export function MachineSettings() {
  const settings = useResource((signal) => monitorApi.get("/api/admin/settings/", {}, { signal }).then((answer) => answer.data));
  return html`<${Loaded} resource=${settings} rows=${6} show=${(kept) => html`<${SettingsForm} key=${JSON.stringify(kept)} kept=${kept} reload=${settings.reload} />`} />`;
}

function SettingsForm({ kept, reload }) {
  const [values, setValues] = useState({ ...kept, ...Object.fromEntries(NUMBERS.map((name) => [name, String(kept[name])])) });
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction((body) => monitorApi.post("/api/admin/settings/", body));
  const submit = async () => {
    const given = { sitename: values.sitename, description: values.description, auto_discovery_key: values.auto_discovery_key };
    const checks = Object.fromEntries(CHECKS.map((name) => [name, Boolean(values[name])]));
    const numbers = Object.fromEntries(NUMBERS.map((name) => [name, Number(values[name])]));
    if (!(await save.run({ ...given, ...checks, ...numbers }))) return;
    toast(t("monitor.saved"));
    reload();
  };
  return html`<${Form} class="stack" onSubmit=${submit}>
    <div class="columns">
      <${Card} title=${t("monitor.site")}>
        <div class="form">
          <${TextField} label=${t("monitor.sitename")} maxlength="500" value=${values.sitename} onChange=${set("sitename")} />
          <${TextField} label=${t("monitor.description")} optional maxlength="2000" value=${values.description} onChange=${set("description")} />
          <${Check} label=${t("monitor.private_site")} hint=${t("monitor.private_site.hint")} checked=${values.private_site} onChange=${set("private_site")} />
        </div>
      <//>
      <${Card} title=${t("monitor.records")}>
        <div class="form">
          <${Check} label=${t("monitor.record_enabled")} checked=${values.record_enabled} onChange=${set("record_enabled")} />
          <div class="form-row">
            ${NUMBERS.map((name) => html`<${TextField} key=${name} label=${t(`monitor.${name}`)} type="number" min="1" max="87600" value=${values[name]} onChange=${set(name)} />`)}
          </div>
        </div>
      <//>
    </div>
    <${Card} title=${t("monitor.discovery")} lead=${t("monitor.discovery.text")}>
      <div class="form">
        <${SecretField} label=${t("monitor.auto_discovery_key")} hint=${t("monitor.auto_discovery_key.hint")} optional maxlength="256" value=${values.auto_discovery_key ?? ""} onChange=${set("auto_discovery_key")} />
        ${kept.auto_discovery_key &&
        html`<details>
          <summary>${t("install.show")}</summary>
          <${CopyText} label=${t("install.command")} text=${`komari-agent -e ${window.location.origin} --auto-discovery ${kept.auto_discovery_key}`} />
        </details>`}
      </div>
    <//>
    <${Problem} problem=${save.problem} />
    <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy}>${t("action.save")}<//></div>
  <//>`;
}
