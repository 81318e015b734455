/** Whom a robot tells of messages and results: addresses of the owner's own server. */
import { html, useState } from "../core/html.js";
import { moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button } from "./buttons.js";
import { Check, Form, SecretField, SelectField, TextField } from "./fields.js";
import { Loaded, Notice, Problem, toast } from "./feedback.js";
import { ownerApi } from "./robot-api.js";
import { Card } from "./surfaces.js";

const FORMS = ["body", "robot_body_time"];

export function RobotCallbacks({ robotId }) {
  const kept = useResource((signal) => ownerApi.get(`/api/robot/third-party/config/${robotId}`, {}, { signal }), [robotId]);
  return html`<${Card} title=${t("callbacks.title")} lead=${t("callbacks.lead")}>
    <${Loaded} resource=${kept} show=${({ data }) => html`<${CallbackForm} kept=${data} reload=${kept.reload} />`} />
  <//>`;
}

function CallbackForm({ kept, reload }) {
  const initial = { messages: kept.messageCallbackUrl, results: kept.resultCallbackUrl, isSigned: kept.enableSignature, form: kept.signatureForm, secret: "" };
  const [values, setValues] = useState(initial);
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));
  const save = useAction((body) => ownerApi.post("/api/robot/third-party/config", body));
  const submit = async () => {
    const body = {
      robotId: kept.robotId,
      messageCallbackUrl: values.messages.trim(),
      resultCallbackUrl: values.results.trim(),
      enableSignature: values.isSigned,
      signatureForm: values.form,
      ...(values.secret && { secretKey: values.secret }),
    };
    if (!(await save.run(body))) return;
    toast(t("callbacks.saved"));
    // What was typed since then stays; the key is kept and not shown again.
    set("secret")("");
    reload();
  };
  const failure = kept.lastFailure;
  return html`<${Form} class="form" onSubmit=${submit}>
    ${failure &&
    html`<${Notice} tone="warn" title=${t("callbacks.failed", { time: moment(failure.failedAt) })}>
      <p>${wordFor("callbackKind", failure.callback)} · <code>${failure.reason}</code></p>
    <//>`}
    <${TextField} label=${t("callbacks.messages")} type="url" optional placeholder="https://" maxlength="2048" value=${values.messages} onChange=${set("messages")} />
    <${TextField} label=${t("callbacks.results")} type="url" optional placeholder="https://" maxlength="2048" value=${values.results} onChange=${set("results")} />
    <${Check} label=${t("callbacks.sign")} hint=${t("callbacks.sign.hint")} checked=${values.isSigned} onChange=${set("isSigned")} />
    ${values.isSigned &&
    html`
      <${SelectField} label=${t("callbacks.form")} value=${values.form} choices=${FORMS.map((one) => [one, t(`signatureForm.${one}`)])} onChange=${set("form")} />
      <${SecretField} label=${t("callbacks.secret")} hint=${t("form.keptUnlessFilled")} maxlength="256" value=${values.secret} onChange=${set("secret")} />
    `}
    <${Problem} problem=${save.problem} />
    <div class="form-foot"><${Button} kind="primary" type="submit" busy=${save.busy}>${t("action.save")}<//></div>
  <//>`;
}
