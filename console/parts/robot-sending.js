/** Have the robot send a text, a picture or a file. */
import { html, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button, Segments } from "./buttons.js";
import { AreaField, Form, SelectField, TextField } from "./fields.js";
import { Problem, toast } from "./feedback.js";
import { ownerApi } from "./robot-api.js";
import { Card } from "./surfaces.js";

const KINDS = ["text", "image", "file"];
const PRIORITIES = [0, 1, 2, 3];

/** One name a line, or with commas between them. */
function namesOf(text) {
  return text.split(/[\n,，]/).map((name) => name.trim()).filter(Boolean);
}

/** The file's name as its address has it. */
function fileName(url) {
  const last = url.split(/[?#]/)[0].split("/").pop() ?? "";
  return last || "file";
}

function bodyOf(robotId, values) {
  const body = { robotId, type: values.kind, titleList: namesOf(values.to), priority: values.priority };
  if (values.kind === "text") return { ...body, content: values.text, atList: namesOf(values.at) };
  const file = { ...body, fileUrl: values.url.trim(), objectName: values.name.trim() || fileName(values.url.trim()) };
  if (values.kind === "image") return { ...file, fileType: "image", ...(values.text && { extraText: values.text }) };
  return { ...file, fileType: "*" };
}

const NOTHING = { kind: "text", to: "", text: "", at: "", url: "", name: "", priority: 1 };

export function RobotSending({ robotId }) {
  const [values, setValues] = useState(NOTHING);
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const send = useAction((body) => ownerApi.post("/api/robot/send-message", body));
  const submit = async () => {
    if (!(await send.run(bodyOf(robotId, values)))) return;
    toast(t("sending.done"));
    setValues((before) => ({ ...NOTHING, kind: before.kind, to: before.to, priority: before.priority }));
  };
  const isText = values.kind === "text";
  const isReady = namesOf(values.to).length > 0 && (isText ? values.text.trim() : values.url.trim());
  return html`<${Card} title=${t("sending.title")}>
    <${Form} class="form" onSubmit=${submit}>
      <${Segments} label=${t("sending.kind")} value=${values.kind} choices=${KINDS.map((kind) => [kind, t(`sendKind.${kind}`)])} onChange=${set("kind")} />
      <${TextField} label=${t("sending.to")} hint=${t("sending.to.hint")} value=${values.to} onChange=${set("to")} autocomplete="off" />
      ${!isText &&
      html`
        <${TextField} label=${t("sending.url")} type="url" placeholder="https://" maxlength="2048" value=${values.url} onChange=${set("url")} />
        <${TextField} label=${t("sending.name")} hint=${t("sending.name.hint")} optional maxlength="255" value=${values.name} onChange=${set("name")} />
      `}
      ${values.kind !== "file" && html`<${AreaField} label=${t(isText ? "sending.text" : "sending.caption")} optional=${!isText} maxlength="20000" value=${values.text} onChange=${set("text")} />`}
      <div class="form-row">
        ${isText && html`<${TextField} label=${t("sending.at")} optional value=${values.at} onChange=${set("at")} autocomplete="off" />`}
        <${SelectField} label=${t("sending.priority")} value=${values.priority} choices=${PRIORITIES.map((one) => [one, t(`sendPriority.${one}`)])} onChange=${set("priority")} />
      </div>
      <${Problem} problem=${send.problem} />
      <div class="form-foot"><${Button} kind="primary" icon="send" type="submit" busy=${send.busy} disabled=${!isReady}>${t("sending.send")}<//></div>
    <//>
  <//>`;
}
