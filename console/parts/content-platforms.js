/** The content platforms that come with the relay; others are known by the accounts there are, or typed. */
import { html, useState } from "../core/html.js";
import { t, wordFor } from "../core/i18n.js";
import { SelectField, TextField } from "./fields.js";

export const CONTENT_PLATFORMS = ["bilibili", "douyin", "toutiao", "xiaohongshu"];
const OTHER = "";

export function contentPlatformName(platform) {
  return wordFor("contentPlatform", platform);
}

/** One of the platforms, or another by its name. */
export function PlatformField({ value, onChange, error }) {
  const [isOther, setOther] = useState(Boolean(value) && !CONTENT_PLATFORMS.includes(value));
  const choices = [...CONTENT_PLATFORMS.map((one) => [one, contentPlatformName(one)]), [OTHER, t("content.otherPlatform")]];
  const choose = (chosen) => {
    setOther(chosen === OTHER);
    onChange(chosen);
  };
  return html`
    <${SelectField} label=${t("content.platform")} error=${isOther ? "" : error} value=${isOther ? OTHER : value} choices=${choices} onChange=${choose} />
    ${isOther && html`<${TextField} label=${t("content.platformName")} hint=${t("content.platformName.hint")} error=${error} maxlength="100" value=${value} onChange=${onChange} />`}
  `;
}

export function ContentPlatformMark({ platform }) {
  return html`<span class=${`platform content-${CONTENT_PLATFORMS.includes(platform) ? platform : "other"}`}><i />${contentPlatformName(platform)}</span>`;
}
