// Draws all that #data has: page_data.h says what that is.

function lineOf(part, xs, ys) {
  return { name: part.label, color: part.color, xs, ys };
}

// The last slice has an end, too.
function overTime(part, name) {
  const ys = part.timeline[name];
  return lineOf(part, part.timeline.edges_s, [...ys, ...ys.slice(-1)]);
}

// Each service of each run, with the name and the colour that plots give it. People's words go in as text,
// never as HTML.
function partsOf(data) {
  const parts = data.runs.flatMap((run) => run.parts.map((part) =>
    ({ ...part, label: data.runs.length > 1 ? run.name + " " + part.title : part.title })));
  return parts.map((part, number) => ({ ...part, color: COLORS[number % COLORS.length] }));
}

function drawHeatMaps(place, parts, perOctave) {
  const filled = parts.filter((part) => part.timeline.cells.some((pairs) => pairs.length > 0));
  if (filled.length === 0) place.textContent = "There is nothing to show.";
  const scale = commonScale(filled);
  for (const part of filled) {
    const canvas = document.createElement("canvas");
    canvas.className = "heat-map";
    if (parts.length > 1) {
      const heading = document.createElement("h3");
      heading.textContent = part.label;
      place.appendChild(heading);
    }
    place.appendChild(canvas);
    drawHeatMap(canvas, part.timeline, perOctave, scale);
  }
}

function draw() {
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("data").textContent);
  const parts = partsOf(data);
  percentileChart(element("percentiles"),
    parts.map((part) => lineOf(part, part.curve.one_in, part.curve.us)));
  drawHeatMaps(element("heat-maps"), parts, data.cells_per_octave);
  const lines = (name) => parts.map((part) => overTime(part, name));
  rateChart(element("throughput"), lines("ok_per_s"), "successful calls/s", 260);
  rateChart(element("errors"), lines("failed_per_s"), "failed calls/s", 180);
}

draw();
