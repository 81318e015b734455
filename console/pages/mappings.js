/** Which KOOK channel goes where. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t, wordFor } from "../core/i18n.js";
import { Button, IconButton, ReloadButton } from "../parts/buttons.js";
import { PlatformMark } from "../parts/delivery.js";
import { Dialog, ask } from "../parts/dialog.js";
import { saveFile } from "../parts/files.js";
import { Empty, Loaded, Notice, toast, toastProblem } from "../parts/feedback.js";
import { Switch, TextField } from "../parts/fields.js";
import { byId, useAccounts, useBots, useMappings } from "../parts/lookups.js";
import { MappingForm } from "../parts/mapping-form.js";
import { MappingImport } from "../parts/mapping-import.js";
import { SmartMapping } from "../parts/smart-mapping.js";
import { Card, PageHead } from "../parts/surfaces.js";
import { Table } from "../parts/table.js";

async function attempt(action) {
  try {
    return await action();
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
    toastProblem(problem);
    return undefined;
  }
}

function confirmRemoval(mapping, reload) {
  ask({
    title: t("mappings.remove.title", { name: mapping.kook_channel_name || mapping.kook_channel_id }),
    text: t("mappings.remove.text"),
    confirm: t("action.delete"),
    action: async () => {
      const answer = await api.delete(`/api/mappings/${mapping.id}`);
      toast(answer.message);
      await reload();
      return answer;
    },
  });
}

function columnsOf({ bots, reload, onEdit }) {
  const setEnabled = (mapping) => (isOn) =>
    attempt(async () => {
      await api.put(`/api/mappings/${mapping.id}`, { enabled: isOn ? 1 : 0 });
      await reload();
    });
  const nameOf = (mapping) => mapping.kook_channel_name || mapping.kook_channel_id;
  return [
    {
      key: "from",
      title: t("mappings.from"),
      cell: (mapping) => html`<strong># ${nameOf(mapping)}</strong><p class="faint number">${mapping.kook_channel_id}</p>`,
    },
    {
      key: "to",
      title: t("mappings.to"),
      cell: (mapping) =>
        html`<${PlatformMark} platform=${mapping.target_platform} /> ${byId(bots, mapping.target_bot_id)?.name ?? ""}
          <p class="faint">${mapping.target_channel_id}</p>`,
    },
    {
      key: "how",
      title: t("mappings.how"),
      cell: (mapping) => html`<span class="soft">${summaryOf(mapping)}</span>`,
    },
    {
      key: "enabled",
      title: t("mappings.enabled"),
      cell: (mapping) =>
        html`<${Switch} label=${t("mappings.switch", { name: nameOf(mapping) })} checked=${mapping.enabled === 1} onChange=${setEnabled(mapping)} />
          ${mapping.disabled_reason && html`<p class="bad-text">${wordFor("mappingDisabled", mapping.disabled_reason)}</p>`}
          ${mapping.solution && html`<p class="faint">${mapping.solution}</p>`}`,
    },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (mapping) => html`
        <${IconButton} icon="pencil" label=${t("mappings.edit", { name: nameOf(mapping) })} onClick=${() => onEdit(mapping)} />
        <${IconButton} icon="trash-2" label=${t("mappings.remove", { name: nameOf(mapping) })} onClick=${() => confirmRemoval(mapping, reload)} />
      `,
    },
  ];
}

/** What of a mapping is not as every mapping begins. */
function summaryOf(mapping) {
  const { filters } = mapping;
  const filterCount = ["include_keywords", "exclude_keywords", "include_users", "exclude_users", "message_kinds"].filter(
    (name) => (filters[name] ?? []).length > 0,
  ).length;
  return [
    mapping.media_policy !== "upload" && t(`mapping.media.${mapping.media_policy}`),
    mapping.edit_policy === "ignore" && t("mappings.noEdits"),
    mapping.delete_policy === "ignore" && t("mappings.noDeletions"),
    mapping.outcome_policy === "at_most_once" && t("mapping.outcome.at_most_once"),
    filterCount > 0 && t("mappings.filters", { count: filterCount }),
  ]
    .filter(Boolean)
    .join(" · ") || t("mappings.plain");
}

export default function MappingsPage() {
  const mappings = useMappings();
  const bots = useBots();
  const accounts = useAccounts();
  const [shown, setShown] = useState(null);
  const [search, setSearch] = useState("");
  const close = () => setShown(null);
  const isReady = bots.data !== null && accounts.data !== null;
  const canAdd = isReady && bots.data.length > 0;
  const exportAll = () =>
    attempt(async () => saveFile("kook-relay-mappings.json", JSON.stringify(await api.get("/api/mappings/export"), null, 2), "application/json"));

  const buttons = html`
    <${Button} icon="wand-sparkles" disabled=${!canAdd} onClick=${() => setShown({ kind: "smart" })}>${t("mappings.smart")}<//>
    <${Button} kind="primary" icon="plus" disabled=${!canAdd} onClick=${() => setShown({ kind: "edit" })}>${t("mappings.add")}<//>
  `;
  const actions = html`
    <${ReloadButton} resource=${mappings} />
    <${IconButton} icon="upload" label=${t("mappings.import")} onClick=${() => setShown({ kind: "import" })} />
    <${IconButton} icon="download" label=${t("mappings.export")} onClick=${exportAll} />
    ${buttons}
  `;
  const wanted = search.trim().toLowerCase();
  const isWanted = (mapping) =>
    [mapping.kook_channel_name, mapping.kook_channel_id, mapping.target_channel_id, byId(bots, mapping.target_bot_id)?.name].some((text) =>
      (text ?? "").toLowerCase().includes(wanted),
    );
  return html`
    <${PageHead} title=${t("nav.mappings")} lead=${t("mappings.lead")} actions=${actions} />
    <div class="stack">
      ${isReady && bots.data.length === 0 && html`<${Notice} tone="info">${t("mappings.needsBot")} <a href="#/bots?add=1">${t("bots.add")}</a><//>`}
      ${(mappings.data ?? []).length > 8 &&
      html`<div class="filters"><${TextField} label=${t("filter.search")} type="search" value=${search} onChange=${setSearch} /></div>`}
      <${Card} flush>
        <${Loaded}
          resource=${mappings}
          show=${(rows) =>
            rows.length === 0
              ? html`<${Empty} icon="waypoints" title=${t("mappings.none")}>${t("mappings.none.text")}<div class="actions centred">${buttons}</div><//>`
              : html`<${Table}
                  label=${t("nav.mappings")}
                  columns=${columnsOf({ bots, reload: mappings.reload, onEdit: (mapping) => setShown({ kind: "edit", mapping }) })}
                  rows=${rows.filter(isWanted)}
                  rowKey=${(mapping) => mapping.id}
                />`}
        />
      <//>
    </div>
    ${shown?.kind === "edit" &&
    html`<${Dialog}
      wide
      title=${shown.mapping ? t("mappings.edit", { name: shown.mapping.kook_channel_name || shown.mapping.kook_channel_id }) : t("mappings.add")}
      onClose=${close}
    >
      <${MappingForm}
        mapping=${shown.mapping}
        accounts=${accounts.data}
        bots=${bots.data}
        onSaved=${() => {
          toast(t("mappings.saved"));
          close();
          mappings.reload();
        }}
      />
    <//>`}
    ${shown?.kind === "smart" &&
    html`<${Dialog} wide title=${t("mappings.smart")} onClose=${close}>
      <p class="soft">${t("smart.lead")}</p>
      <${SmartMapping} accounts=${accounts.data} bots=${bots.data} onApplied=${mappings.reload} />
    <//>`}
    ${shown?.kind === "import" && html`<${MappingImport} onClose=${close} onDone=${mappings.reload} />`}
  `;
}
