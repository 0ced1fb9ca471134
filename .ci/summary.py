#!/usr/bin/env python3
"""Adds up Meson's test logs: `summary.py [--table] BUILD_DIR...`

Prints `N passed, M failed` (and `, K skipped` when any were) alone on the last line, from the
meson-logs/testlog.json of each directory. A directory without results counts as one failure: its build
broke. Exits 1 when anything failed.
"""
import argparse
import json
import sys
from collections import Counter
from pathlib import Path

PASSED = {"OK", "EXPECTEDFAIL"}
SKIPPED = {"SKIP", "IGNORED"}


def read_log(build_dir):
    """(counts, failed test names) of one directory."""
    log = Path(build_dir) / "meson-logs" / "testlog.json"
    counts, failed = Counter(), []
    if not log.exists():
        return Counter(failed=1), [f"{build_dir} has no test results: its build failed, or no test ran"]
    for line in log.read_text().splitlines():
        test = json.loads(line)
        kind = "passed" if test["result"] in PASSED else "skipped" if test["result"] in SKIPPED else "failed"
        counts[kind] += 1
        if kind == "failed":
            failed.append(f"{build_dir}: {test['name']} ({test['result']})")
    return counts, failed


def sentence(counts):
    text = f"{counts['passed']} passed, {counts['failed']} failed"
    return f"{text}, {counts['skipped']} skipped" if counts["skipped"] else text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true", help="one line a directory, and the failed tests")
    parser.add_argument("build_dirs", nargs="+")
    arguments = parser.parse_args()
    total = Counter()
    for build_dir in arguments.build_dirs:
        counts, failed = read_log(build_dir)
        total += counts
        if arguments.table:
            print(f"{build_dir:12} {sentence(counts)}", *failed, sep="\n  ")
    if not arguments.table:
        print(sentence(total))
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
