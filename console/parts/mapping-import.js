/** Mappings out of a file that the export made. */
import { html, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { t } from "../core/i18n.js";
import { useAction } from "../core/resource.js";
import { Button } from "./buttons.js";
import { Dialog } from "./dialog.js";
import { Check } from "./fields.js";
import { FileField } from "./files.js";
import { Notice, Problem } from "./feedback.js";

async function mappingsOf(file) {
  try {
    const read = JSON.parse(await file.text());
    return Array.isArray(read?.mappings) ? read.mappings : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function MappingImport({ onClose, onDone }) {
  const [mappings, setMappings] = useState(undefined);
  const [isReplacing, setReplacing] = useState(false);
  const [result, setResult] = useState(null);
  const work = useAction(() => api.post("/api/mappings/import", { mappings, replace_existing: isReplacing }));
  const go = async () => {
    const answer = await work.run();
    if (!answer) return;
    setResult(answer);
    onDone();
  };
  const footer = result
    ? html`<${Button} kind="primary" onClick=${onClose}>${t("action.close")}<//>`
    : html`<${Button} onClick=${onClose}>${t("action.cancel")}<//>
        <${Button} kind="primary" busy=${work.busy} disabled=${!mappings?.length} onClick=${go}>
          ${t("mappings.import.go", { count: mappings?.length ?? 0 })}
        <//>`;
  return html`<${Dialog} title=${t("mappings.import")} onClose=${onClose} footer=${footer}>
    ${!result &&
    html`
      <${FileField}
        label=${t("mappings.import.file")}
        hint=${t("mappings.import.hint")}
        accept="application/json,.json"
        onChange=${async (file) => setMappings(file ? await mappingsOf(file) : undefined)}
      />
      ${mappings === null && html`<${Notice} tone="bad">${t("mappings.import.unreadable")}<//>`}
      <${Check} label=${t("mappings.import.replace")} hint=${t("mappings.import.replace.hint")} checked=${isReplacing} onChange=${setReplacing} />
    `}
    <${Problem} problem=${work.problem} />
    ${result &&
    html`
      <${Notice} tone=${result.failed_count ? "warn" : "good"} title=${result.message} />
      ${result.errors.map(
        (one) =>
          html`<${Notice} key=${one.index} tone="bad" title=${mappings[one.index]?.kook_channel_name ?? `#${one.index + 1}`}>
            ${one.error_message} ${one.solution}
          <//>`,
      )}
    `}
  <//>`;
}
