"use strict";
// The plots that uPlot draws. A line is {name, color, xs, ys}.

const COLORS = ["#1f6feb", "#d1480f", "#1a7f37", "#8250df", "#b0861a", "#bf3989", "#0b7285", "#57606a"];
const GRID = { stroke: "#e7ebf0", width: 1 };
const FONT = "12px system-ui, sans-serif";

// 1234.5 us as people say it.
function timeText(us) {
  if (us >= 1e6) return trimmed(us / 1e6) + " s";
  if (us >= 1e3) return trimmed(us / 1e3) + " ms";
  return us >= 1 || us === 0 ? trimmed(us) + " us" : trimmed(us * 1e3) + " ns";
}

function trimmed(value) {
  return String(Number(value.toPrecision(3)));
}

function countText(value) {
  if (value >= 1e6) return trimmed(value / 1e6) + " M";
  return value >= 1e4 ? trimmed(value / 1e3) + " k" : trimmed(value);
}

// What leaves one call in `x` beyond it: 100 is 99 %.
function percentText(x) {
  const digits = Math.max(0, Math.ceil(Math.log10(x) - 1e-9) - 2);
  return (100 - 100 / x).toFixed(digits) + " %";
}

// uPlot leaves out what isn't a power of ten, unless told otherwise.
function allTicks(plot, ticks) {
  return ticks;
}

// Lines with xs of their own, on one axis that has all of them.
function joined(lines) {
  const xs = [...new Set(lines.flatMap((line) => line.xs))].sort((a, b) => a - b);
  const place = new Map(xs.map((x, index) => [x, index]));
  return [xs, ...lines.map((line) => {
    const ys = new Array(xs.length).fill(undefined);
    line.xs.forEach((x, index) => { ys[place.get(x)] = line.ys[index]; });
    return ys;
  })];
}

function series(line, value, more) {
  return { label: line.name, stroke: line.color, width: 1.5, spanGaps: true,
    points: { show: false }, value: (plot, y) => (y == null ? "" : value(y)), ...more };
}

function axis(label, text, more) {
  return { label, font: FONT, labelFont: FONT, stroke: "#435062", grid: GRID, ticks: GRID,
    values: (plot, ticks) => ticks.map((tick) => (tick == null ? "" : text(tick))), ...more };
}

function plot(place, lines, options) {
  if (lines.every((line) => line.ys.every((y) => y == null))) {
    place.textContent = "There is nothing to show.";
    return null;
  }
  return new uPlot({ width: place.clientWidth || 1000, height: 320, ...options }, joined(lines), place);
}

// Only powers of ten have labels: there is no room for more.
function powersOnly(plot, ticks) {
  return ticks.map((tick) => (Math.abs(Math.log10(tick) % 1) < 1e-9 ? tick : null));
}

// Powers of ten, with 2 and 5 between them where that isn't too many.
function latencyTicks(low, high) {
  const steps = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    ticks.push(...steps.map((step) => step * 10 ** power).filter((us) => us >= low && us <= high));
  }
  return ticks;
}

// Less than a power of ten isn't widened to one.
function latencyRange(lines) {
  const all = lines.flatMap((line) => line.ys);
  const low = Math.min(...all);
  return [low / 1.2, Math.max(...all, low * 2) * 1.2];
}

function percentileChart(place, lines) {
  // Latencies below a nanosecond can't be told from it, and have no logarithm.
  const shown = lines.map((line) => ({ ...line, ys: line.ys.map((y) => Math.max(y, 1e-3)) }));
  const most = Math.max(10, ...shown.flatMap((line) => line.xs));
  const [low, high] = latencyRange(shown);
  return plot(place, shown, {
    scales: { x: { time: false, distr: 3, range: () => [1, most] },
      y: { distr: 3, range: () => [low, high] } },
    axes: [axis("percentile", percentText, { filter: powersOnly }),
      axis("latency", timeText, { size: 76, splits: () => latencyTicks(low, high), filter: allTicks })],
    series: [{ label: "percentile", value: (plot, x) => (x == null ? "" : percentText(x)) },
      ...shown.map((line) => series(line, timeText))],
  });
}

function rateChart(place, lines, label, height) {
  const most = Math.max(0, ...lines.flatMap((line) => line.ys));
  return plot(place, lines, {
    height,
    scales: { x: { time: false }, y: { range: () => [0, most > 0 ? most * 1.08 : 1] } },
    axes: [axis("seconds from the start", trimmed), axis(label, countText, { size: 76 })],
    series: [{ label: "from", value: (plot, x) => (x == null ? "" : trimmed(x) + " s") },
      ...lines.map((line) => series(line, countText, { paths: uPlot.paths.stepped({ align: 1 }),
        fill: lines.length === 1 ? line.color + "22" : undefined }))],
  });
}
