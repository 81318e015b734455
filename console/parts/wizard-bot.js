/** The wizard's second step: a destination that has received a test message. */
import { html, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { BotForm, BotTest, MadeSecrets } from "./bot-form.js";
import { Button } from "./buttons.js";
import { PlatformMark } from "./delivery.js";
import { Dialog } from "./dialog.js";
import { SelectField } from "./fields.js";
import { Card } from "./surfaces.js";

export function BotStep({ bots, chosenId, onChoose, onBack, onNext }) {
  const [secrets, setSecrets] = useState(null);
  const [isTested, setTested] = useState(false);
  const [isEditing, setEditing] = useState(false);
  const known = bots.data.find((bot) => bot.id === chosenId);
  const saved = async (bot, made) => {
    // The list first: a test that is pressed in between would be of the destination as it was.
    await bots.reload();
    setSecrets(made ?? null);
    setTested(false);
    setEditing(false);
    onChoose(bot.id);
  };
  const back = html`<${Button} kind="quiet" onClick=${onBack}>${t("wizard.back")}<//>`;
  if (known) {
    return html`<${Card} title=${known.name} actions=${html`<${PlatformMark} platform=${known.platform} />`}>
      <div class="stack">
        ${secrets && html`<${MadeSecrets} secrets=${secrets} />`}
        <p class="soft">${t("wizard.bot.test")}</p>
        <${BotTest} key=${`${known.id}.${JSON.stringify(known.config)}`} bot=${known} kind=${isTested ? "plain" : "primary"} onTested=${setTested} />
        <div class="form-foot">
          <${Button} kind=${isTested ? "primary" : "plain"} icon="arrow-right" onClick=${() => onNext(known.id)}>
            ${t(isTested ? "wizard.next" : "wizard.nextAnyway")}
          <//>
          <${Button} kind="quiet" icon="pencil" onClick=${() => setEditing(true)}>${t("wizard.bot.change")}<//>
          <${Button} kind="quiet" onClick=${() => onChoose("")}>${t("wizard.bot.other")}<//>
          ${back}
        </div>
      </div>
      ${isEditing &&
      html`<${Dialog} title=${t("bots.edit", { name: known.name })} onClose=${() => setEditing(false)}><${BotForm} bot=${known} onSaved=${saved} /><//>`}
    <//>`;
  }
  return html`<div class="stack">
    ${bots.data.length > 0 &&
    html`<${Card} title=${t("wizard.bot.existing")}>
      <div class="filters">
        <${SelectField}
          label=${t("wizard.bot.which")}
          value=${null}
          choices=${bots.data.map((bot) => [bot.id, `${bot.name} · ${t(`platform.${bot.platform}`)}`])}
          onChange=${onChoose}
        />
      </div>
    <//>`}
    <${Card} title=${t("wizard.bot.new")}><${BotForm} onSaved=${saved} submitText=${t("wizard.bot.save")} extra=${back} /><//>
  </div>`;
}
