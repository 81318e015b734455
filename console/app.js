/** Where the page begins: language, theme, and then the sign-in or the page of the address. */
import { html, render, useEffect, useErrorBoundary, useState } from "./core/html.js";
import { startLanguage, t, showLanguage } from "./core/i18n.js";
import { route } from "./core/router.js";
import { session } from "./core/session.js";
import { startTheme } from "./core/theme.js";
import { PAGES, nameOf } from "./pages/registry.js";
import { SignIn } from "./pages/sign-in.js";
import { Button, LinkButton } from "./parts/buttons.js";
import { Question } from "./parts/dialog.js";
import { Empty, Loading, Notice, Toasts } from "./parts/feedback.js";
import { Shell } from "./parts/shell.js";

function NotFound() {
  return html`<${Empty} icon="circle-help" title=${t("page.notFound")}>
    <${LinkButton} to="/" icon="house">${t("page.home")}<//>
  <//>`;
}

/** The page's component once its module is there; a failure to load it is shown with a way to try again. */
function LazyPage({ page, segments, query }) {
  const [loaded, setLoaded] = useState({ page: null });
  const [failure, clearFailure] = useErrorBoundary((error) => console.error(error));
  const load = () => {
    clearFailure();
    page.load().then(
      (module) => setLoaded({ page, View: module.default }),
      (error) => {
        console.error(error);
        setLoaded({ page, View: null });
      },
    );
  };
  useEffect(load, [page]);

  if (failure || (loaded.page === page && !loaded.View)) {
    const retry = html`<${Button} small icon="refresh-cw" onClick=${load}>${t("action.retry")}<//>`;
    return html`<${Notice} tone="bad" title=${t(failure ? "page.broken" : "page.notLoaded")} actions=${retry} />`;
  }
  if (loaded.page !== page) return html`<${Loading} rows=${5} />`;
  return html`<${loaded.View} segments=${segments} query=${query} />`;
}

function App() {
  const { segments, query } = route.value;
  const isSignedIn = session.value !== null;
  const page = PAGES.find((one) => one.path === (segments[0] ?? ""));
  const name = !isSignedIn ? t("signIn.title") : page ? t(`nav.${nameOf(page)}`) : t("page.notFound");
  useEffect(() => {
    document.title = `${name} · KOOK Relay`;
  }, [name]);
  return html`
    ${isSignedIn
      ? html`<${Shell} page=${page}>
          ${page ? html`<${LazyPage} page=${page} segments=${segments.slice(1)} query=${query} />` : html`<${NotFound} />`}
        <//>`
      : html`<${SignIn} />`}
    <${Question} />
    <${Toasts} />
  `;
}

startTheme();
await showLanguage(startLanguage());
const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
