// Latency over time: a column for each slice, a row for each cell of latencies, darker where more calls are.

const HEAT = { left: 76, right: 10, top: 8, bottom: 34, height: 260 };

// From nothing to all: pale blue to dark.
function heatColor(share) {
  const mix = (from, to) => Math.round(from + (to - from) * share);
  return `rgb(${mix(214, 8)},${mix(232, 29)},${mix(250, 88)})`;
}

// What all maps of a page share, so that they can be compared: the lowest and the highest cell of latencies,
// and the calls of the darkest.
function commonScale(parts) {
  const scale = { low: Infinity, high: -Infinity, most: 1 };
  for (const pairs of parts.flatMap((part) => part.timeline.cells)) {
    for (let i = 0; i < pairs.length; i += 2) {
      scale.low = Math.min(scale.low, pairs[i]);
      scale.high = Math.max(scale.high, pairs[i]);
      scale.most = Math.max(scale.most, pairs[i + 1]);
    }
  }
  return scale;
}

function drawHeatMap(canvas, timeline, perOctave, scale) {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth || 1000;
  canvas.width = width * ratio;
  canvas.height = HEAT.height * ratio;
  canvas.style.height = HEAT.height + "px";
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  const inner = { width: width - HEAT.left - HEAT.right, height: HEAT.height - HEAT.top - HEAT.bottom };
  const rows = scale.high - scale.low + 1;
  const end = timeline.edges_s[timeline.cells.length];
  const place = (seconds) => HEAT.left + (seconds / end) * inner.width;
  const x = (column) => place(timeline.edges_s[column]);
  const y = (cell) => HEAT.top + inner.height * (1 - (cell - scale.low) / rows);
  timeline.cells.forEach((pairs, column) => {
    for (let i = 0; i < pairs.length; i += 2) {
      pen.fillStyle = heatColor(Math.log1p(pairs[i + 1]) / Math.log1p(scale.most));
      pen.fillRect(x(column), y(pairs[i] + 1), x(column + 1) - x(column) + 0.3, inner.height / rows + 0.3);
    }
  });
  const rowOf = (us) => Math.log2(us * 1e3) * perOctave;
  for (const [name, color] of [["p50_us", "#ffffff"], ["p99_us", "#f59e0b"]]) {
    drawLevel(pen, timeline[name], color, x, (us) => y(rowOf(us)));
  }
  drawLatencies(pen, inner, scale, perOctave, (us) => y(rowOf(us)));
  drawSeconds(pen, inner, end, place);
}

function drawLevel(pen, values, color, x, y) {
  pen.beginPath();
  let isDown = false;
  values.forEach((us, column) => {
    if (us == null || us <= 0) {
      isDown = false;
      return;
    }
    if (isDown) pen.lineTo(x(column), y(us));
    else pen.moveTo(x(column), y(us));
    pen.lineTo(x(column + 1), y(us));
    isDown = true;
  });
  pen.lineWidth = 3;
  pen.strokeStyle = "rgba(8,29,88,.55)";  // so that the line is seen on pale ground, too
  pen.stroke();
  pen.lineWidth = 1.5;
  pen.strokeStyle = color;
  pen.stroke();
}

function drawLatencies(pen, inner, scale, perOctave, y) {
  pen.font = FONT;
  pen.fillStyle = "#435062";
  pen.strokeStyle = "rgba(67,80,98,.25)";
  pen.lineWidth = 1;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const low = 2 ** (scale.low / perOctave) / 1e3;
  const high = 2 ** ((scale.high + 1) / perOctave) / 1e3;
  for (const us of latencyTicks(low, high)) {
    pen.beginPath();
    pen.moveTo(HEAT.left, y(us));
    pen.lineTo(HEAT.left + inner.width, y(us));
    pen.stroke();
    pen.fillText(timeText(us), HEAT.left - 8, y(us));
  }
}

function drawSeconds(pen, inner, end, x) {
  pen.textAlign = "center";
  pen.textBaseline = "top";
  const power = 10 ** Math.floor(Math.log10(end / 10));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => end / one <= 12);
  for (let i = 0; i * step <= end * 0.99; ++i) {
    pen.fillText(trimmed(i * step) + " s", x(i * step), HEAT.top + inner.height + 8);
  }
}
