/** The page's own texts. One dictionary file a language, texts/<language>.json, of which only the one in use is loaded. */
import { signal } from "./html.js";
import { keep, kept } from "./storage.js";

export const LANGUAGES = { zh: "简体中文", en: "English" };
const STORED = "kook-relay.language";
const TAGS = { zh: "zh-CN", en: "en" };

const dictionaries = new Map();
export const language = signal("zh");

/** Load and show a language. Rejects when its dictionary cannot be loaded; then nothing changes. */
export async function showLanguage(wanted) {
  if (!dictionaries.has(wanted)) {
    const answer = await fetch(`texts/${wanted}.json`);
    if (!answer.ok) throw new Error(`texts/${wanted}.json: ${answer.status}`);
    dictionaries.set(wanted, await answer.json());
  }
  document.documentElement.lang = TAGS[wanted];
  keep("localStorage", STORED, wanted);
  language.value = wanted;
}

/** The language chosen here before; Chinese where none was. */
export function startLanguage() {
  const stored = kept("localStorage", STORED);
  return stored in LANGUAGES ? stored : "zh";
}

/** The tag of the language in use, for Accept-Language and for Intl. */
export function languageTag() {
  return TAGS[language.value];
}

/**
 * The text of a key, with {name} filled in from `values`. A key with ".one" added is taken when `values.count` is 1 and
 * the language has it. An unknown key is shown as it is: a gap that is seen is mended.
 */
export function t(key, values = {}) {
  const texts = dictionaries.get(language.value) ?? {};
  const text = (values.count === 1 && texts[`${key}.one`]) || texts[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Whether the dictionary has the key: for codes of the API, of which new ones may come. */
export function hasText(key) {
  return key in (dictionaries.get(language.value) ?? {});
}

/** The text of a code of the API, the code itself where the page has no word for it. */
export function wordFor(prefix, code) {
  return hasText(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : String(code ?? "");
}
