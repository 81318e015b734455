/** Signing in: by the administrator's password, or by the API token. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { begin, endedBecause } from "../core/session.js";
import { Button, Segments } from "../parts/buttons.js";
import { Check, Form, SecretField } from "../parts/fields.js";
import { Notice, Problem } from "../parts/feedback.js";
import { Brand, LanguageSwitch, ThemeSwitch } from "../parts/shell.js";

async function withPassword(password) {
  // The answer also sets the cookie that opens the monitor's pages.
  const opened = await api.post("/api/auth/login", { password }, { credential: "none" });
  return { token: opened.token, kind: "session", robotsToken: opened.robots_admin_token ?? "" };
}

async function withApiToken(token) {
  await api.get("/api/system/status", {}, { credential: token });
  return { token, kind: "apiToken", robotsToken: "" };
}

export function SignIn() {
  const [way, setWay] = useState("password");
  const [secret, setSecret] = useState("");
  const [isRemembered, setRemembered] = useState(false);
  const [isMissing, setMissing] = useState(false);
  const work = useAction(way === "password" ? withPassword : withApiToken);

  const choose = (chosen) => {
    setWay(chosen);
    setSecret("");
    setMissing(false);
    work.clear();
  };
  const submit = async () => {
    const given = secret.trim();
    setMissing(!given);
    if (!given) return;
    const opened = await work.run(given);
    if (opened) begin(opened, isRemembered);
  };
  return html`<div class="sign-in">
    <div class="sign-in-tools"><${LanguageSwitch} /><${ThemeSwitch} /></div>
    <main class="sign-in-card">
      <${Brand} />
      <h1>${t("signIn.title")}</h1>
      <p class="lead">${t("signIn.lead")}</p>
      ${endedBecause.value === "expired" && html`<${Notice} tone="warn">${t("signIn.expired")}<//>`}
      <${Segments}
        label=${t("signIn.way")}
        value=${way}
        onChange=${choose}
        choices=${[
          ["password", t("signIn.password")],
          ["token", t("signIn.token")],
        ]}
      />
      <${Form} onSubmit=${submit}>
        ${way === "password" &&
        html`<input class="visually-hidden" type="text" name="username" autocomplete="username" value="admin" readonly tabindex="-1" aria-hidden="true" />`}
        <${SecretField}
          key=${way}
          label=${t(way === "password" ? "signIn.password" : "signIn.token")}
          hint=${t(way === "password" ? "signIn.password.hint" : "signIn.token.hint")}
          error=${isMissing ? t("field.required") : ""}
          value=${secret}
          onChange=${setSecret}
          name=${way}
          autocomplete=${way === "password" ? "current-password" : "off"}
          autofocus
        />
        <${Check} label=${t("signIn.remember")} hint=${t("signIn.remember.hint")} checked=${isRemembered} onChange=${setRemembered} />
        <${Problem} problem=${work.problem} />
        <${Button} kind="primary" type="submit" busy=${work.busy}>${t("signIn.submit")}<//>
      <//>
    </main>
  </div>`;
}
