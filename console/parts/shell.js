/** What stands around every page: the menu, the bar of a phone, who is signed in. */
import { html, useEffect, useRef, useState } from "../core/html.js";
import { api } from "../core/api.js";
import { LANGUAGES, language, t, showLanguage } from "../core/i18n.js";
import { hrefOf, route } from "../core/router.js";
import { end, session } from "../core/session.js";
import { theme, toggleTheme } from "../core/theme.js";
import { liveState } from "../core/live.js";
import { GROUPS, PAGES, nameOf } from "../pages/registry.js";
import { IconButton } from "./buttons.js";
import { Icon } from "./icon.js";
import { toastProblem } from "./feedback.js";

const LIVE_TONES = { socket: "good", polling: "warn", connecting: "warn", off: "none" };

export function Brand() {
  return html`<span class="brand"><img src="icon.svg" alt="" width="28" height="28" />KOOK Relay</span>`;
}

export function LanguageSwitch() {
  const other = language.value === "zh" ? "en" : "zh";
  return html`<button
    type="button"
    class="button quiet"
    lang=${other === "zh" ? "zh-CN" : "en"}
    onClick=${() => showLanguage(other)}
  >
    <${Icon} name="languages" /><span>${LANGUAGES[other]}</span>
  </button>`;
}

export function ThemeSwitch() {
  const isDark = theme.value === "dark";
  return html`<${IconButton} icon=${isDark ? "sun" : "moon"} label=${t(isDark ? "theme.light" : "theme.dark")} onClick=${toggleTheme} />`;
}

/** How the page hears of what happens. */
export function LiveLight() {
  const state = liveState.value;
  if (state === "off") return null;
  return html`<span class=${`live-light ${LIVE_TONES[state]}`} role="status"><i />${t(`live.${state}`)}</span>`;
}

async function signOut() {
  if (session.value.kind === "session") {
    try {
      await api.post("/api/auth/logout");
    } catch (problem) {
      if (problem.name !== "ApiProblem") throw problem;
      // The token is forgotten here all the same; that it may still open the API is said.
      if (problem.status !== 401) toastProblem(problem);
    }
  }
  end();
}

function Menu({ current, onChosen }) {
  return html`<nav class="menu" aria-label=${t("nav.label")}>
    ${GROUPS.map((group) => {
      const pages = PAGES.filter((page) => page.group === group);
      return (
        pages.length > 0 &&
        html`<div key=${group} class="menu-group">
          ${group && html`<p class="menu-title" id=${`menu-${group}`}>${t(`nav.group.${group}`)}</p>`}
          <ul aria-labelledby=${group ? `menu-${group}` : undefined}>
            ${pages.map(
              (page) =>
                html`<li key=${page.path}>
                  <a
                    href=${hrefOf(`/${page.path}`)}
                    aria-current=${page === current ? "page" : undefined}
                    onClick=${onChosen}
                  >
                    <${Icon} name=${page.icon} size=${18} />${t(`nav.${nameOf(page)}`)}
                  </a>
                </li>`,
            )}
          </ul>
        </div>`
      );
    })}
  </nav>`;
}

/** `page` is the entry of the registry that is shown. */
export function Shell({ page, children }) {
  const [isOpen, setOpen] = useState(false);
  const main = useRef(null);
  const isFirst = useRef(true);
  const path = route.value.path;

  useEffect(() => {
    setOpen(false);
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    window.scrollTo(0, 0);
  }, [path]);

  useEffect(() => {
    const closeByEscape = (event) => event.key === "Escape" && setOpen(false);
    document.addEventListener("keydown", closeByEscape);
    return () => document.removeEventListener("keydown", closeByEscape);
  }, []);

  const skip = (event) => {
    event.preventDefault();
    main.current.focus();
  };
  return html`<div class=${`shell ${isOpen ? "menu-open" : ""}`}>
    <a class="skip-link" href="#main" onClick=${skip}>${t("nav.skip")}</a>
    <header class="topbar">
      <${IconButton}
        icon=${isOpen ? "x" : "menu"}
        label=${t(isOpen ? "nav.close" : "nav.open")}
        aria-expanded=${isOpen ? "true" : "false"}
        aria-controls="sidebar"
        onClick=${() => setOpen(!isOpen)}
      />
      <${Brand} />
      <${LiveLight} />
    </header>
    <aside class="sidebar" id="sidebar">
      <a class="brand-link" href="#/"><${Brand} /></a>
      <${Menu} current=${page} onChosen=${() => setOpen(false)} />
      <div class="sidebar-foot">
        <${LiveLight} />
        <div class="sidebar-tools">
          <${LanguageSwitch} />
          <${ThemeSwitch} />
          <${IconButton} icon="log-out" label=${t("action.signOut")} onClick=${signOut} />
        </div>
      </div>
    </aside>
    <div class="scrim" onClick=${() => setOpen(false)} />
    <main id="main" tabindex="-1" ref=${main}>${children}</main>
  </div>`;
}
