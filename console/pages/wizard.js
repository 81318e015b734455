/** From nothing to the first delivered message: account, destination, mapping, and a look at the message arriving. */
import { html, useEffect, useRef } from "../core/html.js";
import { t } from "../core/i18n.js";
import { replaceQuery } from "../core/router.js";
import { Loaded } from "../parts/feedback.js";
import { useAccounts, useBots, useMappings } from "../parts/lookups.js";
import { Icon } from "../parts/icon.js";
import { PageHead } from "../parts/surfaces.js";
import { AccountStep } from "../parts/wizard-account.js";
import { BotStep } from "../parts/wizard-bot.js";
import { ArrivalStep, MappingStep } from "../parts/wizard-mapping.js";

const STEPS = ["account", "bot", "mapping", "arrival"];

/** Where the wizard is stands in the address: it survives a reload, and a look at another page. */
export default function Wizard({ query }) {
  const accounts = useAccounts();
  const bots = useBots();
  const mappings = useMappings();
  const step = STEPS.includes(query.step) ? query.step : "account";
  const head = useRef(null);
  const go = (wanted, more = {}) => replaceQuery({ ...query, ...more, step: wanted });
  useEffect(() => {
    window.scrollTo(0, 0);
    head.current?.focus({ preventScroll: true });
  }, [step]);

  const all = { data: accounts.data && bots.data && mappings.data ? true : null, problem: accounts.problem ?? bots.problem ?? mappings.problem };
  const reload = () => Promise.all([accounts.reload(), bots.reload(), mappings.reload()]);
  return html`
    <${PageHead} title=${t("nav.wizard")} lead=${t("wizard.lead")} />
    <${Steps} current=${step} onGo=${go} reached=${{ account: true, bot: accounts.data?.length > 0, mapping: bots.data?.length > 0, arrival: mappings.data?.length > 0 }} />
    <section class="wizard-step" aria-labelledby="wizard-step-title">
      <h2 id="wizard-step-title" tabindex="-1" ref=${head}>${t(`wizard.${step}.title`)}</h2>
      <p class="lead">${t(`wizard.${step}.lead`)}</p>
      <${Loaded}
        resource=${{ ...all, reload }}
        rows=${5}
        show=${() => html`
          ${step === "account" && html`<${AccountStep} accounts=${accounts} chosenId=${Number(query.account) || null} onChoose=${(id) => go("account", { account: id })} onNext=${(id) => go("bot", { account: id })} />`}
          ${step === "bot" && html`<${BotStep} bots=${bots} chosenId=${Number(query.bot) || null} onChoose=${(id) => go("bot", { bot: id })} onBack=${() => go("account")} onNext=${(id) => go("mapping", { bot: id })} />`}
          ${step === "mapping" &&
          html`<${MappingStep}
            accounts=${accounts.data}
            bots=${bots.data}
            mappings=${mappings}
            bot=${bots.data.find((bot) => bot.id === Number(query.bot))}
            onBack=${() => go("bot")}
            onNext=${() => go("arrival")}
          />`}
          ${step === "arrival" && html`<${ArrivalStep} mappings=${mappings.data} bots=${bots} onBack=${() => go("mapping")} />`}
        `}
      />
    </section>
  `;
}

function Steps({ current, reached, onGo }) {
  const at = STEPS.indexOf(current);
  return html`<ol class="wizard-steps" aria-label=${t("wizard.steps")}>
    ${STEPS.map((step, index) => {
      const isDone = index < at;
      return html`<li key=${step} class=${index === at ? "current" : isDone ? "done" : ""}>
        <button type="button" disabled=${!reached[step]} aria-current=${index === at ? "step" : undefined} onClick=${() => onGo(step)}>
          <span class="wizard-number">${isDone ? html`<${Icon} name="check" size=${14} />` : index + 1}</span>
          <span>${t(`wizard.${step}.short`)}</span>
        </button>
      </li>`;
    })}
  </ol>`;
}
