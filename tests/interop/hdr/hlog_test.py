#!/usr/bin/env python3
"""hlog_test.py HAWSER_PROFILE HAWSER_SERVER: the standard library reads hawser-profile's --hlog.

Where node finds hdr-histogram-js: with_npm.py.
"""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
sys.path.insert(0, str(SOURCE.parent.parent / "e2e"))
from programs import Server, run  # noqa: E402

LIMIT = 240  # seconds
PROFILE, SERVER = sys.argv[1:3]


def read_log(path):
    out = subprocess.run(["node", SOURCE / "read_log.js", path], check=True, capture_output=True, text=True,
                         timeout=LIMIT)
    return json.loads(out.stdout)


class HdrLog(unittest.TestCase):
    def check(self, service, timeline, intervals):
        self.assertEqual(len(intervals), len(timeline["intervals"]), service)
        for ours, theirs in zip(timeline["intervals"], intervals):
            self.assertEqual(theirs["count"], ours["ok"])
            self.assertAlmostEqual(theirs["end"] - theirs["begin"], timeline["interval_s"], places=3)
            if theirs["count"] == 0:
                continue
            for name in ("p50", "p99", "max"):
                # Both give the upper end of the same bucket.
                self.assertAlmostEqual(theirs[name] / 1000, ours[name], delta=ours[name] * 0.001)

    def test_every_interval_is_read_as_it_was_measured(self):
        with Server(SERVER) as server, tempfile.TemporaryDirectory() as folder:
            for flags in ((), ("--rate", "2000", "--lag-limit", "1h")):
                log, report = Path(folder) / "run.hlog", Path(folder) / "run.json"
                out = run(PROFILE, "--target", server.address, "--duration", "700ms", "--hlog", log,
                          "--json-file", report, *flags)
                self.assertEqual(out.returncode, 0, out.stderr)
                result = json.loads(report.read_text())
                read = read_log(log)
                self.assertAlmostEqual(read["start"], result["facts"]["began_at_s"], places=2)
                self.check("echo", result["timeline"], read["intervals"])
                self.assertEqual(sum(i["count"] for i in read["intervals"]), result["calls"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
