/** Logging in by QR code: the picture, how far the phone is, and what came of it. Where a platform needs its own page, its cookie is handed over instead. */
import { html, useEffect, useRef, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { duration } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { hrefOf } from "../core/router.js";
import { Button } from "./buttons.js";
import { CONTENT_PLATFORMS, PlatformField, contentPlatformName } from "./content-platforms.js";
import { CookieField } from "./content-account-form.js";
import { HealthAnswer } from "./content-status.js";
import { Dialog } from "./dialog.js";
import { Notice, Problem } from "./feedback.js";
import { Form } from "./fields.js";
import { Icon } from "./icon.js";

const POLL_MS = 2_000;
const STEPS = ["waiting", "scanned", "done"];
const OVER = new Set(["done", "expired", "refused"]);

/** `account` is the one that must log in again; without it the login makes a new account on `platform`. */
export function QrLogin({ account, platform, onClose, onDone }) {
  const [chosen, setChosen] = useState(account?.platform ?? (platform || CONTENT_PLATFORMS[0]));
  const [login, setLogin] = useState(null);
  const begin = useAction(() => api.get("/api/v1/login/qrcode", { platform: chosen.trim(), account_id: account?.account_id }));
  const start = async () => {
    const answer = await begin.run();
    if (answer) setLogin({ ...answer.data, endsAt: Date.now() + answer.data.expires_in * 1000 });
  };
  useEffect(() => {
    if (account) start();
  }, []);

  const title = account ? t("qr.renew", { name: account.account_name || account.account_id }) : t("qr.title");
  if (!login) {
    return html`<${Dialog} title=${title} onClose=${onClose}>
      <${Form} class="form" onSubmit=${start}>
        ${!account && html`<p class="soft">${t("qr.lead")}</p><${PlatformField} value=${chosen} onChange=${setChosen} />`}
        <${Problem} problem=${begin.problem} />
        <div class="form-foot"><${Button} kind="primary" type="submit" icon="qr-code" busy=${begin.busy} disabled=${!chosen.trim()}>${t("qr.begin")}<//></div>
      <//>
    <//>`;
  }
  return html`<${Dialog} title=${title} onClose=${onClose}>
    ${login.qrcode_image
      ? html`<${Scanning} key=${login.session_id} login=${login} onClose=${onClose} onDone=${onDone} again=${html`<${Button} kind="primary" icon="refresh-cw" busy=${begin.busy} onClick=${start}>${t("qr.again")}<//>`} />`
      : html`<${ByPage} login=${login} onClose=${onClose} onDone=${onDone} />`}
    <${Problem} problem=${begin.problem} />
  <//>`;
}

/** {status, problem, secondsLeft} of the login, asked for until it is over. */
function useProgress(login, onDone) {
  const [status, setStatus] = useState(null);
  const [problem, setProblem] = useState(null);
  const [now, setNow] = useState(Date.now());
  const told = useRef(onDone);
  told.current = onDone;
  const isOver = OVER.has(status?.session?.state);
  useEffect(() => {
    if (isOver) return undefined;
    const clock = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(clock);
  }, [isOver]);
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const ask = async () => {
      let found = null;
      try {
        found = (await api.get("/api/v1/login/status", { platform: login.platform, session_id: login.session_id }, { signal: abort.signal })).data;
        setStatus(found);
        setProblem(null);
      } catch (failure) {
        if (failure.name !== "ApiProblem") throw failure;
        if (abort.signal.aborted) return;
        setProblem(failure);
      }
      if (found?.session?.state === "done") told.current();
      if (!abort.signal.aborted && !OVER.has(found?.session?.state)) timer = setTimeout(ask, POLL_MS);
    };
    timer = setTimeout(ask, POLL_MS);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [login.session_id]);
  return { status, problem, secondsLeft: Math.max(0, Math.round((login.endsAt - now) / 1000)) };
}

function Scanning({ login, onClose, onDone, again }) {
  const { status, problem, secondsLeft } = useProgress(login, onDone);
  const state = status?.session?.state ?? "waiting";
  const reached = STEPS.indexOf(state);
  if (state === "done") return html`<${LoggedIn} status=${status} onClose=${onClose} />`;
  const isOver = OVER.has(state);
  return html`<div class="qr">
    <figure class=${`qr-picture ${isOver ? "over" : ""}`}>
      <img src=${login.qrcode_image} alt=${t("qr.picture", { platform: contentPlatformName(login.platform) })} width="220" height="220" />
      ${state === "scanned" && html`<span class="qr-veil"><${Icon} name="smartphone" size=${34} />${t("qr.scannedVeil")}</span>`}
    </figure>
    <ol class="qr-steps" aria-live="polite">
      ${STEPS.map((step, index) => html`<li key=${step} class=${index < reached || isOver ? "done" : index === reached ? "current" : ""} aria-current=${index === reached ? "step" : undefined}>
        <span class="wizard-number">${index < reached ? html`<${Icon} name="check" size=${13} />` : index + 1}</span>${t(`qrStep.${step}`, { platform: contentPlatformName(login.platform) })}
      </li>`)}
    </ol>
    ${isOver
      ? html`<${Notice} tone="bad" title=${t(`qrState.${state}`)} actions=${again}>${status.session.reason}<//>`
      : html`<p class="faint number" role="timer">${t("qr.left", { time: duration(secondsLeft) })}</p>
          ${status?.session?.reason && html`<${Notice} tone="warn">${status.session.reason}<//>`}`}
    <${Problem} problem=${problem} />
  </div>`;
}

function LoggedIn({ status, onClose }) {
  const accountId = status.account_id || status.session?.account_id;
  return html`
    <${Notice} tone=${status.is_logged_in ? "good" : "warn"} title=${t("qr.done", { name: status.account_name || accountId })}>
      ${status.message}
    <//>
    ${status.outcome && html`<div><${HealthAnswer} outcome=${status.outcome} /></div>`}
    <div class="form-foot">
      <a class="button primary" href=${hrefOf(`/content/${accountId}`)}>${t("qr.open")}</a>
      <${Button} onClick=${onClose}>${t("action.close")}<//>
    </div>
  `;
}

function ByPage({ login, onClose, onDone }) {
  const [cookie, setCookie] = useState("");
  const hand = useAction((body) => api.post("/api/v1/login/callback", body));
  const [done, setDone] = useState(null);
  const submit = async () => {
    const answer = await hand.run({ platform: login.platform, session_id: login.session_id, cookie_data: cookie });
    if (!answer) return;
    setDone(answer.data);
    onDone();
  };
  if (done) {
    return html`<${Notice} tone="good" title=${done.message} />
      <div class="form-foot">
        <a class="button primary" href=${hrefOf(`/content/${done.account_id}`)}>${t("qr.open")}</a>
        <${Button} onClick=${onClose}>${t("action.close")}<//>
      </div>`;
  }
  return html`
    <${Notice} tone="info" title=${login.message} />
    <ol class="steps">
      <li>${t("qr.page.open")} <a href=${login.qrcode_url} target="_blank" rel="noopener noreferrer">${login.qrcode_url}</a></li>
      <li>${t("qr.page.login")}</li>
      <li>${t("qr.page.copy")}</li>
    </ol>
    <${Form} class="form" onSubmit=${submit}>
      <${CookieField} value=${cookie} error=${hand.problem?.fields.cookie_data} onChange=${setCookie} />
      <${Problem} problem=${hand.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${hand.busy} disabled=${!cookie.trim()}>${t("qr.page.hand")}<//></div>
    <//>
  `;
}
