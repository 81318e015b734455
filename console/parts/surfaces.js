/** What content stands on: the page's head, cards, tiles, badges, lists of terms. */
import { html } from "../core/html.js";
import { Icon } from "./icon.js";

export function PageHead({ title, lead, actions }) {
  return html`<header class="page-head">
    <div>
      <h1 tabindex="-1">${title}</h1>
      ${lead && html`<p class="lead">${lead}</p>`}
    </div>
    ${actions && html`<div class="actions">${actions}</div>`}
  </header>`;
}

export function Card({ title, lead, actions, children, flush = false, className = "" }) {
  return html`<section class=${`card ${flush ? "flush" : ""} ${className}`}>
    ${(title || actions) &&
    html`<div class="card-head">
      <div>
        <h2>${title}</h2>
        ${lead && html`<p class="hint">${lead}</p>`}
      </div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>`}
    <div class="card-body">${children}</div>
  </section>`;
}

/** `tone`: "good", "bad", "warn", "info" or "none". A dot as well as a colour: neither alone tells everybody. */
export function Badge({ tone = "none", children, title, pulse = false }) {
  return html`<span class=${`badge ${tone}`} title=${title}><i class=${pulse ? "pulse" : ""} />${children}</span>`;
}

/** A figure with its name. With `to` (a href) it leads somewhere. */
export function Tile({ label, value, note, tone = "none", icon, href }) {
  const content = html`
    <span class="tile-label">${icon && html`<${Icon} name=${icon} />`}${label}</span>
    <span class="tile-value">${value}</span>
    ${note && html`<span class="tile-note">${note}</span>`}
  `;
  return href
    ? html`<a class=${`tile ${tone}`} href=${href}>${content}</a>`
    : html`<div class=${`tile ${tone}`}>${content}</div>`;
}

/** Terms and what they are: rows is [[term, content], …]; rows with null content are left out. */
export function Terms({ rows }) {
  return html`<dl class="terms">
    ${rows
      .filter(([, content]) => content !== null && content !== undefined)
      .map(([term, content]) => html`<div key=${term}><dt>${term}</dt><dd>${content}</dd></div>`)}
  </dl>`;
}
