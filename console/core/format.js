/** Numbers, sizes and times in the reader's language. */
import { languageTag } from "./i18n.js";

export function number(value, digits = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return new Intl.NumberFormat(languageTag(), { maximumFractionDigits: digits }).format(value);
}

/** A share from 0 to 1 as a percentage. */
export function percent(share, digits = 1) {
  if (share === null || share === undefined) return "–";
  return new Intl.NumberFormat(languageTag(), { style: "percent", maximumFractionDigits: digits }).format(share);
}

export function bytes(count) {
  if (count === null || count === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${number(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit]}`;
}

export function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  return value < 1000 ? `${number(value)} ms` : `${number(value / 1000, 1)} s`;
}

/** Seconds as its two largest units: "3 d 4 h". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const units = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
    ["second", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  let left = Math.floor(seconds);
  const parts = units.slice(first < 0 ? 3 : first, (first < 0 ? 3 : first) + 2).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return [unit, count];
  });
  return parts
    .filter(([, count], index) => count > 0 || index === 0)
    .map(([unit, count]) =>
      new Intl.NumberFormat(languageTag(), { style: "unit", unit, unitDisplay: "narrow" }).format(count),
    )
    .join(" ");
}

const WITH_ZONE = /(Z|[+-]\d\d:?\d\d)$/;

/**
 * A moment of the API in the form "2026-03-04 09:19:41". The relay's own contract shows times in the operator's zone
 * without naming it: those are shown as they come. Others name their zone and are shown in the reader's.
 */
export function moment(text) {
  if (!text) return "–";
  const shown = WITH_ZONE.test(text) ? inReadersZone(new Date(text)) : text;
  return shown.replace("T", " ").slice(0, 19);
}

/** The time of day of a moment, with its date when that is not today's here. */
export function timeOfDay(text) {
  const shown = moment(text);
  const today = inReadersZone(new Date()).slice(0, 10);
  return shown.startsWith(today) ? shown.slice(11) : shown.slice(5);
}

function inReadersZone(date) {
  if (Number.isNaN(date.getTime())) return "–";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
