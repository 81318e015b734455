import { html, signal, useEffect, useId, useRef } from "../core/html.js";
import { t } from "../core/i18n.js";
import { Button, IconButton } from "./buttons.js";
import { Problem } from "./feedback.js";
import { useAction } from "../core/resource.js";

/** A window over the page; the browser keeps the focus in it and closes it by Escape. Shown as long as it is rendered. */
export function Dialog({ title, onClose, children, footer, wide = false }) {
  const element = useRef(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const opener = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      opener?.focus?.();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${element} class=${wide ? "wide" : ""} aria-labelledby=${id} onCancel=${cancel}>
    <div class="dialog-head">
      <h2 id=${id}>${title}</h2>
      <${IconButton} icon="x" label=${t("action.close")} onClick=${onClose} />
    </div>
    <div class="dialog-body">${children}</div>
    ${footer && html`<div class="dialog-foot">${footer}</div>`}
  </dialog>`;
}

const asked = signal(null);

/**
 * Ask before something that cannot be undone: {title, text, confirm, action, danger}. `action()` runs while the window
 * shows that it does; a failure is shown in it, and success closes it.
 */
export function ask(question) {
  asked.value = question;
}

export function Question() {
  const question = asked.value;
  return question && html`<${AskedQuestion} key=${question.title} ...${question} />`;
}

function AskedQuestion({ title, text, confirm, action, danger = true }) {
  const work = useAction(action);
  const close = () => {
    asked.value = null;
  };
  const go = async () => {
    const done = await work.run();
    if (done !== undefined) close();
  };
  return html`<${Dialog}
    title=${title}
    onClose=${close}
    footer=${html`
      <${Button} onClick=${close}>${t("action.cancel")}<//>
      <${Button} kind=${danger ? "danger" : "primary"} busy=${work.busy} onClick=${go}>${confirm}<//>
    `}
  >
    <p>${text}</p>
    <${Problem} problem=${work.problem} />
  <//>`;
}
