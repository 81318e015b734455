/** What to do about a part that is amiss: in the page's words where the page has the button for it, else in the API's. */
import { t } from "../core/i18n.js";

/** `component` is a part of /api/health/check; "" when nothing is to be done. */
export function hintOf(name, component) {
  if (!component.hint) return "";
  if (name === "worker" && component.status === "stopped") return t("health.hint.stopped");
  if (name === "scrapers" && component.total === 0) return t("health.hint.noAccounts");
  if (name === "scrapers" && component.accounts.every((one) => one.status === "offline")) return t("health.hint.noneRunning");
  return component.hint;
}
