/** A robot's name, and how it answers by itself. */
import { html, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button, Segments } from "./buttons.js";
import { AreaField, Form, SelectField, TextField } from "./fields.js";
import { Problem, toast } from "./feedback.js";
import { ownerApi } from "./robot-api.js";
import { Card } from "./surfaces.js";

const MODES = ["builtin", "third_party"];
const PROVIDERS = ["", "doubao", "deepseek", "kimi", "dify", "custom"];
const NUMBERS = [
  { name: "aiTemperature", min: 0, max: 2, step: 0.1 },
  { name: "aiMaxTokens", min: 1, max: 1_000_000, step: 1 },
  { name: "aiContextLength", min: 0, max: 100, step: 1 },
  { name: "aiCallLimitDaily", min: 0, max: 1_000_000, step: 1 },
  { name: "replyDelayMin", min: 0, max: 600, step: 1 },
  { name: "replyDelayMax", min: 0, max: 600, step: 1 },
];
const TEXTS = ["name", "aiMode", "aiProvider", "aiModel", "aiScenario"];

function valuesOf(robot) {
  const numbers = NUMBERS.map(({ name }) => [name, String(robot[name])]);
  return { ...Object.fromEntries(TEXTS.map((name) => [name, robot[name]])), ...Object.fromEntries(numbers) };
}

export function RobotSettings({ robot, reload }) {
  const [values, setValues] = useState(() => valuesOf(robot));
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction((body) => ownerApi.put(`/api/robots/${robot.robotId}`, body));
  const submit = async () => {
    const numbers = NUMBERS.filter(({ name }) => values[name] !== "").map(({ name }) => [name, Number(values[name])]);
    if (!(await save.run({ ...values, name: values.name.trim(), ...Object.fromEntries(numbers) }))) return;
    toast(t("robot.saved"));
    reload();
  };
  const isBuiltin = values.aiMode === "builtin";
  const providers = PROVIDERS.includes(values.aiProvider) ? PROVIDERS : [...PROVIDERS, values.aiProvider];
  return html`<${Card} title=${t("robotSettings.title")} lead=${t("robotSettings.lead")}>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("robots.name")} maxlength="64" value=${values.name} onChange=${set("name")} />
      <div>
        <p class="label">${t("robotSettings.mode")}</p>
        <${Segments} label=${t("robotSettings.mode")} value=${values.aiMode} choices=${MODES.map((one) => [one, t(`aiMode.${one}`)])} onChange=${set("aiMode")} />
        <p class="hint">${t(`aiModeHint.${values.aiMode}`)}</p>
      </div>
      ${isBuiltin &&
      html`
        <div class="form-row">
          <${SelectField} label=${t("robotSettings.provider")} value=${values.aiProvider} choices=${providers.map((one) => [one, one || t("robotSettings.noProvider")])} onChange=${set("aiProvider")} />
          <${TextField} label=${t("robotSettings.model")} optional maxlength="128" value=${values.aiModel} onChange=${set("aiModel")} />
        </div>
        <${AreaField} label=${t("robotSettings.scenario")} hint=${t("robotSettings.scenario.hint")} optional maxlength="4000" value=${values.aiScenario} onChange=${set("aiScenario")} />
        <div class="form-row">
          ${NUMBERS.map(({ name, ...limits }) => html`<${TextField} key=${name} label=${t(`robotField.${name}`)} type="number" ...${limits} value=${values[name]} onChange=${set(name)} />`)}
        </div>
      `}
      <${Problem} problem=${save.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy} disabled=${!values.name.trim()}>${t("action.save")}<//></div>
    <//>
  <//>`;
}
