/** Charts by uPlot, in the page's colours and as wide as their place. */
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef } from "../core/html.js";
import { theme } from "../core/theme.js";
import { language, t } from "../core/i18n.js";

/** A colour of styles/base.css, all of which are #rrggbb: uPlot draws on a canvas, which knows no variables. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const WHOLE_STEPS = [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((power) => step * 10 ** power)).sort((one, other) => one - other);

function axis(more) {
  return {
    stroke: colour("--text-faint"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    ...more,
  };
}

/**
 * `data` is uPlot's: [xs, ys, …], null for a gap. `series` is [{label, colour: "--good", bars, fill, format(value)}].
 * `x` is "time" (epoch seconds) or a function from a value of x to its text; `xLabel` names it; `format` words the values of the y axis, which are
 * whole numbers if `whole`.
 * `label` says to a screen reader what the chart shows: give the figures as text or table somewhere as well.
 */
export function Chart({ label, data, series, x = "time", xLabel, format = String, height = 220, range, whole = false }) {
  const place = useRef(null);
  const chart = useRef(null);
  const shape = JSON.stringify([series.map((one) => [one.label, one.colour]), height, theme.value, language.value]);

  useEffect(() => {
    const made = new uPlot(options({ series, x, xLabel: xLabel ?? t("chart.time"), format, height, range, whole, width: place.current.clientWidth }), data, place.current);
    chart.current = made;
    const observer = new ResizeObserver(() => {
      const width = place.current?.clientWidth ?? 0;
      if (width > 0 && width !== made.width) made.setSize({ width, height });
    });
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [shape]);

  useEffect(() => {
    chart.current?.setData(data);
  }, [data]);

  return html`<div class="chart" role="img" aria-label=${label} ref=${place} />`;
}

function options({ series, x, xLabel, format, height, range, whole, width }) {
  const byName = typeof x === "function";
  return {
    width,
    height,
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    legend: { live: true },
    scales: {
      x: byName ? { time: false, range: (_, low, high) => [low - 0.5, high + 0.5] } : { time: true },
      y: { range: range ?? ((_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1]) },
    },
    axes: [
      axis(byName ? { values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? x(tick) : "")), grid: { show: false }, size: 32 } : { grid: { show: false }, size: 38 }),
      axis({ values: (_, ticks) => ticks.map(format), size: 56, ...(whole ? { incrs: WHOLE_STEPS } : {}) }),
    ],
    series: [
      { label: xLabel, value: byName ? (_, value) => (value === null ? "–" : x(value)) : "{YYYY}-{MM}-{DD} {HH}:{mm}" },
      ...series.map((one) => ({
        label: one.label,
        stroke: colour(one.colour),
        width: one.bars ? 0 : 2,
        fill: one.bars ? colour(one.colour) : one.fill ? `${colour(one.colour)}22` : undefined,
        paths: one.bars ? uPlot.paths.bars({ size: [0.6, 36], radius: 0.15 }) : undefined,
        points: { show: one.points ?? false, size: 6, fill: colour("--surface"), stroke: colour(one.colour) },
        spanGaps: one.spanGaps ?? false,
        value: (_, value) => (value === null || value === undefined ? "–" : (one.format ?? format)(value)),
      })),
    ],
  };
}
