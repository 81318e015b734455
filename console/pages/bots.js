/** The destinations: their credentials, whether they work, and why not. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { moment } from "../core/format.js";
import { t, wordFor } from "../core/i18n.js";
import { hrefOf } from "../core/router.js";
import { Button, IconButton, ReloadButton } from "../parts/buttons.js";
import { BotForm, BotTest, MadeSecrets } from "../parts/bot-form.js";
import { PlatformMark } from "../parts/delivery.js";
import { Dialog, ask } from "../parts/dialog.js";
import { Empty, Loaded, Notice, toast, toastProblem } from "../parts/feedback.js";
import { Switch } from "../parts/fields.js";
import { useBots } from "../parts/lookups.js";
import { Badge, Card, PageHead } from "../parts/surfaces.js";
import { Table } from "../parts/table.js";

const CIRCUIT_TONES = { closed: "good", half_open: "warn", open: "bad", off: "bad" };

function confirmRemoval(bot, reload) {
  ask({
    title: t("bots.remove.title", { name: bot.name }),
    text: t("bots.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      const answer = await api.delete(`/api/bots/${bot.id}`);
      toast(answer.message);
      await reload();
      return answer;
    },
  });
}

async function setActive(bot, isActive, reload) {
  try {
    const answer = await api.put(`/api/bots/${bot.id}`, { status: isActive ? "active" : "disabled" });
    toast(answer.message);
    await reload();
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
    toastProblem(problem);
  }
}

function BotState({ bot }) {
  if (bot.status === "disabled") {
    return html`<${Badge} tone="bad">${t("bots.disabled")}<//>
      ${bot.disabled_reason && html`<p class="bad-text">${wordFor("botDisabled", bot.disabled_reason)}</p>`}
      ${bot.solution && html`<p class="faint">${bot.solution}</p>`}`;
  }
  const troubled = bot.destinations.filter((one) => one.state && one.state !== "closed");
  return html`<${Badge} tone=${CIRCUIT_TONES[bot.circuit] ?? "none"}>${wordFor("circuit", bot.circuit)}<//>
    ${troubled.map(
      (one) =>
        html`<p key=${one.target_channel_id} class="bad-text">
          ${one.target_channel_id && html`<code>${one.target_channel_id}</code> `}${one.reason}
          ${one.next_probe_at && html` · ${t("bots.nextProbe", { time: moment(one.next_probe_at) })}`}
        </p>`,
    )}
    ${(bot.unreadable_settings ?? []).length > 0 && html`<p class="bad-text">${t("bots.unreadable", { names: bot.unreadable_settings.join(", ") })}</p>`}`;
}

export default function Bots({ query }) {
  const bots = useBots();
  const [edited, setEdited] = useState(query.add ? "new" : null);
  const [tested, setTested] = useState(null);
  const columns = [
    {
      key: "name",
      title: t("bots.name"),
      cell: (bot) => html`<strong>${bot.name}</strong><p><${PlatformMark} platform=${bot.platform} /></p>`,
    },
    { key: "state", title: t("bots.state"), cell: (bot) => html`<${BotState} bot=${bot} />` },
    {
      key: "links",
      title: t("bots.failures"),
      cell: (bot) => html`<a href=${hrefOf("/deliveries", { status: "failed", bot_id: bot.id })}>${t("bots.showFailed")}</a>`,
    },
    {
      key: "active",
      title: t("bots.active"),
      cell: (bot) =>
        html`<${Switch}
          label=${t("bots.switch", { name: bot.name })}
          checked=${bot.status === "active"}
          onChange=${(isActive) => setActive(bot, isActive, bots.reload)}
        />`,
    },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (bot) => html`
        <${Button} small icon="send" onClick=${() => setTested(bot)}>${t("bots.test")}<//>
        <${IconButton} icon="pencil" label=${t("bots.edit", { name: bot.name })} onClick=${() => setEdited(bot)} />
        <${IconButton} icon="trash-2" label=${t("bots.remove", { name: bot.name })} onClick=${() => confirmRemoval(bot, bots.reload)} />
      `,
    },
  ];
  const add = html`<${Button} kind="primary" icon="plus" onClick=${() => setEdited("new")}>${t("bots.add")}<//>`;
  return html`
    <${PageHead} title=${t("nav.bots")} lead=${t("bots.lead")} actions=${html`<${ReloadButton} resource=${bots} />${add}`} />
    <${Card} flush>
      <${Loaded}
        resource=${bots}
        show=${(rows) =>
          rows.length === 0
            ? html`<${Empty} icon="route" title=${t("bots.none")}>${t("bots.none.text")}<div>${add}</div><//>`
            : html`<${Table} label=${t("nav.bots")} columns=${columns} rows=${rows} rowKey=${(bot) => bot.id} />`}
      />
    <//>
    ${edited &&
    html`<${BotDialog}
      bot=${edited === "new" ? undefined : edited}
      onClose=${() => setEdited(null)}
      onSaved=${bots.reload}
    />`}
    ${tested &&
    html`<${Dialog} title=${t("bots.test.title", { name: tested.name })} onClose=${() => setTested(null)}>
      <p class="soft">${t("bots.test.text")}</p>
      <${BotTest} bot=${tested} kind="primary" />
    <//>`}
  `;
}

/** The form; after a new destination was kept, its secrets and a test. */
function BotDialog({ bot, onClose, onSaved }) {
  const [saved, setSaved] = useState(null);
  const done = (kept, secrets) => {
    onSaved();
    if (bot) {
      toast(t("bots.saved"));
      onClose();
    } else setSaved({ bot: kept, secrets });
  };
  const title = bot ? t("bots.edit", { name: bot.name }) : t("bots.add");
  if (!saved) return html`<${Dialog} wide=${!bot} title=${title} onClose=${onClose}><${BotForm} bot=${bot} onSaved=${done} /><//>`;
  const footer = html`<${Button} onClick=${onClose}>${t("action.close")}<//>`;
  return html`<${Dialog} title=${title} onClose=${onClose} footer=${footer}>
    <${Notice} tone="good">${t("bots.added")}<//>
    ${saved.secrets && html`<${MadeSecrets} secrets=${saved.secrets} />`}
    <${BotTest} bot=${saved.bot} kind="primary" />
  <//>`;
}
