#!/usr/bin/env python3
"""hlog_test.py FOLDER HAWSER_PROFILE HAWSER_SERVER: the standard library reads hawser-profile's --hlog.

npm installs hdr-histogram-js into FOLDER, in a build directory, when it is not there yet; the lock file pins
it. Where npm can't get it, that is said and the test is skipped (exit code 77).
"""
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
sys.path.insert(0, str(SOURCE.parent.parent / "e2e"))
from programs import Server, run  # noqa: E402

FILES = ("package.json", "package-lock.json")
LIMIT = 240  # seconds
SKIPPED = 77  # Meson's code
FOLDER, PROFILE, SERVER = Path(sys.argv[1]).resolve(), *sys.argv[2:4]


def is_installed():
    """The last file is copied when npm has succeeded."""
    marks = [FOLDER / f"installed-{name}" for name in FILES]
    return all(m.is_file() and m.read_bytes() == (SOURCE / n).read_bytes() for m, n in zip(marks, FILES))


def install():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(SOURCE / name, FOLDER / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=FOLDER, check=True, timeout=LIMIT)
    for name in FILES:
        shutil.copy(SOURCE / name, FOLDER / f"installed-{name}")


def read_log(path):
    env = os.environ | {"NODE_PATH": str(FOLDER / "node_modules")}
    out = subprocess.run(["node", SOURCE / "read_log.js", path], env=env, check=True, capture_output=True,
                         text=True, timeout=LIMIT)
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
        with Server(SERVER) as server:
            for flags in ((), ("--rate", "2000", "--lag-limit", "1h")):
                log, report = FOLDER / "run.hlog", FOLDER / "run.json"
                out = run(PROFILE, "--target", server.address, "--duration", "700ms", "--hlog", log,
                          "--json-file", report, *flags)
                self.assertEqual(out.returncode, 0, out.stderr)
                result = json.loads(report.read_text())
                read = read_log(log)
                self.assertAlmostEqual(read["start"], result["facts"]["began_at_s"], places=2)
                self.check("echo", result["timeline"], read["intervals"])
                self.assertEqual(sum(i["count"] for i in read["intervals"]), result["calls"])


if __name__ == "__main__":
    if not is_installed():
        try:
            install()
        except (OSError, subprocess.SubprocessError) as failure:
            print(f"skipped: npm can't install hdr-histogram-js here: {failure}")
            sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
