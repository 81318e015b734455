/** The configuration's backups: make, keep elsewhere, put back. */
import { html, useState } from "../core/html.js";
import { api, call } from "../core/api.js";
import { bytes, moment, number } from "../core/format.js";
import { t } from "../core/i18n.js";
import { useAction, useResource } from "../core/resource.js";
import { Button, IconButton, ReloadButton } from "../parts/buttons.js";
import { CopyText } from "../parts/copy.js";
import { Dialog, ask } from "../parts/dialog.js";
import { Check, Form, SecretField } from "../parts/fields.js";
import { FileField, saveFile } from "../parts/files.js";
import { Empty, Loaded, Notice, Problem, toast, toastProblem } from "../parts/feedback.js";
import { Card, PageHead } from "../parts/surfaces.js";
import { Table } from "../parts/table.js";

async function download(backup) {
  try {
    const answer = await call("GET", `/api/backup/${encodeURIComponent(backup.backup_id)}/download`, { raw: true });
    saveFile(backup.filename, await answer.blob());
  } catch (problem) {
    if (problem.name !== "ApiProblem") throw problem;
    toastProblem(problem);
  }
}

function confirmRemoval(backup, reload) {
  ask({
    title: t("backups.remove.title"),
    text: t("backups.remove.text", { name: backup.filename }),
    confirm: t("action.delete"),
    action: async () => {
      const answer = await api.delete(`/api/backup/${encodeURIComponent(backup.backup_id)}`);
      toast(answer.message);
      await reload();
      return answer;
    },
  });
}

export default function Backups() {
  const backups = useResource((signal) => api.get("/api/backup/list", {}, { signal }).then((answer) => answer.backups));
  const [shown, setShown] = useState(null);
  const close = () => setShown(null);
  const make = html`<${Button} kind="primary" icon="plus" onClick=${() => setShown({ kind: "make" })}>${t("backups.make")}<//>`;
  const columns = [
    { key: "time", title: t("backups.time"), className: "number nowrap", cell: (backup) => moment(backup.created_at) },
    { key: "name", title: t("backups.name"), cell: (backup) => html`<code>${backup.filename}</code>` },
    { key: "size", title: t("backups.size"), className: "end number", cell: (backup) => bytes(backup.size_bytes) },
    {
      key: "tools",
      title: "",
      className: "tools",
      cell: (backup) => html`
        <${Button} small icon="rotate-ccw" onClick=${() => setShown({ kind: "restore", backup })}>${t("backups.restore")}<//>
        <${IconButton} icon="download" label=${t("backups.download", { name: backup.filename })} onClick=${() => download(backup)} />
        <${IconButton} icon="trash-2" label=${t("backups.remove", { name: backup.filename })} onClick=${() => confirmRemoval(backup, backups.reload)} />
      `,
    },
  ];
  const actions = html`
    <${ReloadButton} resource=${backups} />
    <${Button} icon="upload" onClick=${() => setShown({ kind: "upload" })}>${t("backups.upload")}<//>
    ${make}
  `;
  return html`
    <${PageHead} title=${t("nav.backups")} lead=${t("backups.lead")} actions=${actions} />
    <div class="stack">
      <${Card} flush>
        <${Loaded}
          resource=${backups}
          show=${(rows) =>
            rows.length === 0
              ? html`<${Empty} icon="archive" title=${t("backups.none")}>${t("backups.none.text")}<div>${make}</div><//>`
              : html`<${Table} label=${t("nav.backups")} columns=${columns} rows=${rows} rowKey=${(backup) => backup.backup_id} />`}
        />
      <//>
      <${Card} title=${t("backups.schedule")} lead=${t("backups.schedule.text")}>
        <${CopyText} label=${t("backups.schedule")} text="15 3 * * *  cd /path/to/kook-relay && API_TOKEN=… .venv/bin/python -m local backup" />
      <//>
    </div>
    ${shown?.kind === "make" && html`<${MakeBackup} onClose=${close} onDone=${backups.reload} />`}
    ${shown?.kind === "upload" && html`<${UploadBackup} onClose=${close} onDone=${backups.reload} />`}
    ${shown?.kind === "restore" && html`<${RestoreBackup} backup=${shown.backup} onClose=${close} onDone=${backups.reload} />`}
  `;
}

function MakeBackup({ onClose, onDone }) {
  const [passphrase, setPassphrase] = useState("");
  const work = useAction(() => api.post("/api/backup/create", passphrase ? { passphrase } : {}));
  const go = async () => {
    const answer = await work.run();
    if (!answer) return;
    toast(answer.message);
    onDone();
    onClose();
  };
  return html`<${Dialog} title=${t("backups.make")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${go}>
      <p class="soft">${t("backups.make.text")}</p>
      <${SecretField}
        label=${t("backups.passphrase")}
        hint=${t("backups.passphrase.hint")}
        error=${work.problem?.fields.passphrase}
        optional
        autocomplete="new-password"
        value=${passphrase}
        onChange=${setPassphrase}
      />
      <${Problem} problem=${work.problem} />
      <div class="form-foot"><${Button} kind="primary" type="submit" busy=${work.busy}>${t("backups.make")}<//></div>
    <//>
  <//>`;
}

function UploadBackup({ onClose, onDone }) {
  const [file, setFile] = useState(null);
  const work = useAction(() => api.post("/api/backup/upload", new Blob([file], { type: "application/zip" })));
  const go = async () => {
    const answer = await work.run();
    if (!answer) return;
    toast(answer.message);
    onDone();
    onClose();
  };
  const footer = html`<${Button} onClick=${onClose}>${t("action.cancel")}<//>
    <${Button} kind="primary" icon="upload" busy=${work.busy} disabled=${!file} onClick=${go}>${t("backups.upload")}<//>`;
  return html`<${Dialog} title=${t("backups.upload")} onClose=${onClose} footer=${footer}>
    <${FileField} label=${t("backups.file")} hint=${t("backups.file.hint")} accept=".zip,application/zip" onChange=${setFile} />
    <${Problem} problem=${work.problem} />
  <//>`;
}

function RestoreBackup({ backup, onClose, onDone }) {
  const [withSecrets, setWithSecrets] = useState(true);
  const [passphrase, setPassphrase] = useState("");
  const [result, setResult] = useState(null);
  const work = useAction(() =>
    api.post("/api/backup/restore", { backup_id: backup.backup_id, with_secrets: withSecrets, ...(passphrase ? { passphrase } : {}) }),
  );
  const go = async () => {
    const answer = await work.run();
    if (!answer) return;
    setResult(answer);
    onDone();
  };
  if (result) {
    const footer = html`<${Button} kind="primary" onClick=${onClose}>${t("action.close")}<//>`;
    return html`<${Dialog} title=${t("backups.restore")} onClose=${onClose} footer=${footer}>
      <${Notice} tone=${result.complete ? "good" : "warn"} title=${result.message}>
        ${t("backups.restored", {
          accounts: number(result.restored.accounts),
          bots: number(result.restored.bots),
          mappings: number(result.restored.mappings),
        })}
      <//>
      ${result.note && html`<${Notice} tone="warn">${result.note}<//>`}
      ${result.missing_secrets.length > 0 && html`<${Notice} tone="warn" title=${t("backups.missing")}>${result.missing_secrets.join(", ")}<//>`}
      <p class="soft">${t("backups.safety", { id: result.safety_backup_id })}</p>
    <//>`;
  }
  return html`<${Dialog} title=${t("backups.restore")} onClose=${onClose}>
    <${Form} class="form" onSubmit=${go}>
      <${Notice} tone="warn">${t("backups.restore.text", { time: moment(backup.created_at) })}<//>
      <${Check} label=${t("backups.withSecrets")} hint=${t("backups.withSecrets.hint")} checked=${withSecrets} onChange=${setWithSecrets} />
      ${withSecrets &&
      html`<${SecretField} label=${t("backups.passphrase")} error=${work.problem?.fields.passphrase} optional value=${passphrase} onChange=${setPassphrase} />`}
      <${Problem} problem=${work.problem} />
      <div class="form-foot">
        <${Button} kind="danger" type="submit" busy=${work.busy}>${t("backups.restore.go")}<//>
        <${Button} onClick=${onClose}>${t("action.cancel")}<//>
      </div>
    <//>
  <//>`;
}
