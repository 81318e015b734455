/**
 * The API's documents at /docs: Swagger UI on the OpenAPI document of one area at a time, ?area= in the address.
 *
 * The documents are English, with Chinese beside it in x-…-zh fields: the reader's language is put in place before
 * Swagger UI sees them. Its own buttons stay English.
 */
import { effect } from "../core/html.js";
import { keep, kept } from "../core/storage.js";
import { startTheme, theme } from "../core/theme.js";

const LANGUAGE = "kook-relay.language"; // the console's own choice (core/i18n.js)
const TEXTS = {
  zh: {
    tag: "zh-CN",
    other: "English",
    areas: { relay: "消息转发", robots: "机器人", accounts: "内容账号", monitor: "机器监控" },
    failed: "无法加载接口文档：",
  },
  en: {
    tag: "en",
    other: "简体中文",
    areas: { relay: "Relay", robots: "Robots", accounts: "Content accounts", monitor: "Machines" },
    failed: "The API document could not be loaded: ",
  },
};
const LOCAL_FIELD = /^x-(.+)-zh$/;

function chosenLanguage() {
  return kept("localStorage", LANGUAGE) === "en" ? "en" : "zh";
}

function chosenArea() {
  const area = new URLSearchParams(window.location.search).get("area");
  return area in TEXTS.en.areas ? area : "relay";
}

/** A copy in one language: "x-summary-zh" takes the place of "summary", or is left out. */
function inLanguage(node, language) {
  if (Array.isArray(node)) return node.map((item) => inLanguage(item, language));
  if (node === null || typeof node !== "object") return node;
  const copy = {};
  for (const [name, value] of Object.entries(node)) {
    if (!LOCAL_FIELD.test(name)) copy[name] = inLanguage(value, language);
  }
  if (language === "zh") {
    for (const [name, value] of Object.entries(node)) {
      const field = LOCAL_FIELD.exec(name)?.[1];
      if (field !== undefined) copy[field] = value;
    }
  }
  return copy;
}

async function load(area) {
  const answer = await fetch(`openapi/${area}.json`);
  if (!answer.ok) throw new Error(`openapi/${area}.json: ${answer.status}`);
  return answer.json();
}

function showBar(area, language) {
  const texts = TEXTS[language];
  document.documentElement.lang = texts.tag;
  const links = Object.entries(texts.areas).map(([name, title]) => {
    const link = document.createElement("a");
    link.href = `?area=${name}`;
    link.textContent = title;
    if (name === area) link.setAttribute("aria-current", "page");
    return link;
  });
  document.getElementById("areas").replaceChildren(...links);
  document.getElementById("language").textContent = texts.other;
}

async function show(area, language) {
  showBar(area, language);
  const failure = document.getElementById("failure");
  failure.hidden = true;
  try {
    const spec = inLanguage(await load(area), language);
    document.title = spec.info.title;
    window.SwaggerUIBundle({
      spec,
      domNode: document.getElementById("document"),
      deepLinking: true,
      docExpansion: "list",
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      filter: true,
      persistAuthorization: false,
      // The request that "Execute" sends answers in the reader's language as well.
      requestInterceptor: (request) => {
        request.headers["Accept-Language"] ??= TEXTS[language].tag;
        return request;
      },
      syntaxHighlight: { activated: area !== "relay", theme: "agate" },
      validatorUrl: null,
    });
  } catch (error) {
    failure.textContent = TEXTS[language].failed + error.message;
    failure.hidden = false;
  }
}

startTheme();
effect(() => document.documentElement.classList.toggle("dark-mode", theme.value === "dark"));
document.getElementById("language").addEventListener("click", () => {
  const language = chosenLanguage() === "zh" ? "en" : "zh";
  keep("localStorage", LANGUAGE, language);
  show(chosenArea(), language);
});
show(chosenArea(), chosenLanguage());
