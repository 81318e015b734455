/** Whose robots are shown: signing in by a code that is sent to the owner's phone. */
import { html, useEffect, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { beginAsOwner, robotOwner } from "../core/robot-owner.js";
import { Button } from "./buttons.js";
import { Notice, Problem } from "./feedback.js";
import { Form, TextField } from "./fields.js";
import { Card } from "./surfaces.js";

const SECONDS_BETWEEN_CODES = 60;

/** The children, a function without arguments, once an owner is signed in. */
export function OwnerGate({ children }) {
  return robotOwner.value ? children() : html`<${OwnerSignIn} />`;
}

function useCountdown() {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}

function OwnerSignIn() {
  const [phone, setPhone] = useState("");
  const [code, setCode] = useState("");
  const [isSent, setSent] = useState(false);
  const [left, setLeft] = useCountdown();
  const sending = useAction((wanted) => api.post("/api/user/send-sms", { phone: wanted }, { credential: "none" }));
  const signingIn = useAction((given) => api.post("/api/user/login", given, { credential: "none" }));

  const send = async () => {
    if (!(await sending.run(phone.trim()))) return;
    setSent(true);
    setLeft(SECONDS_BETWEEN_CODES);
  };
  const submit = async () => {
    if (!isSent) {
      await send();
      return;
    }
    const answer = await signingIn.run({ phone: phone.trim(), code: code.trim() });
    if (answer) beginAsOwner(answer.data);
  };
  return html`<${Card} className="narrow" title=${t("robotOwner.title")} lead=${t("robotOwner.lead")}>
    <${Form} class="form" onSubmit=${submit}>
      <${TextField} label=${t("robotOwner.phone")} hint=${t("robotOwner.phone.hint")} type="tel" inputmode="numeric" autocomplete="tel" maxlength="32" value=${phone} onChange=${setPhone} />
      ${isSent &&
      html`
        ${left > 0 && html`<${Notice} tone="info">${t("robotOwner.sent")}<//>`}
        <${TextField} label=${t("robotOwner.code")} inputmode="numeric" autocomplete="one-time-code" maxlength="16" autofocus value=${code} onChange=${setCode} />
      `}
      <${Problem} problem=${sending.problem ?? signingIn.problem} />
      <div class="form-foot">
        ${isSent
          ? html`
              <${Button} kind="primary" type="submit" busy=${signingIn.busy}>${t("robotOwner.signIn")}<//>
              <${Button} busy=${sending.busy} disabled=${left > 0} onClick=${send}>
                ${left > 0 ? t("robotOwner.sendAgainIn", { seconds: left }) : t("robotOwner.sendAgain")}
              <//>
            `
          : html`
              <${Button} kind="primary" type="submit" busy=${sending.busy} disabled=${!phone.trim()}>${t("robotOwner.send")}<//>
              <${Button} kind="quiet" disabled=${!phone.trim()} onClick=${() => setSent(true)}>${t("robotOwner.haveCode")}<//>
            `}
      </div>
    <//>
  <//>`;
}
