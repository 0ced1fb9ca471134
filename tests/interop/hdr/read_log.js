// read_log.js FILE: what hdr-histogram-js reads in an HdrHistogram log, as JSON: for each interval the tag,
// the times in seconds, and figures of its histogram in nanoseconds.
const fs = require("fs");
const hdr = require("hdr-histogram-js");

const reader = new hdr.HistogramLogReader(fs.readFileSync(process.argv[2], "utf8"));
const intervals = [];
for (let h = reader.nextIntervalHistogram(); h !== null; h = reader.nextIntervalHistogram()) {
  intervals.push({
    tag: h.tag,
    begin: h.startTimeStampMsec / 1000,
    end: h.endTimeStampMsec / 1000,
    count: Number(h.totalCount),
    p50: h.getValueAtPercentile(50),
    p99: h.getValueAtPercentile(99),
    max: h.maxValue,
  });
}
console.log(JSON.stringify({ start: reader.startTimeSec, intervals }));
