/** Files out of the page and into it. */
import { html, useId } from "../core/html.js";

/** Hand a file to the browser to save. `content` is a text or a Blob. */
export function saveFile(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the content once it began.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file to choose; `onChange` is given the File, null for none. */
export function FileField({ label, hint, accept, onChange }) {
  const id = useId();
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="file"
      accept=${accept}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(event) => onChange(event.target.files[0] ?? null)}
    />
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}
