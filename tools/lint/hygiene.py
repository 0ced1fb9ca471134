#!/usr/bin/env python3
"""Plain cleanliness: blanks, line and file length, leftovers, files that nothing builds.

Reason: these are the findings that waste a reviewer's attention, so a machine makes them.
"""
import re
import sys

from common import ROOT, Source, report, sources

LINE_LENGTH = 110
LINE_LENGTH_OF = (".h", ".cc", ".py", ".sh", ".proto", "run")  # prose and Meson's lists may be wider
FILE_LINES = {"transport": 400, "src": 400, "tools": 400, "tests": 600}
TEXT_PATTERNS = ("*.h", "*.cc", "*.py", "*.sh", "*.proto", "meson.build")
TOP_FILES = ("meson.build", "meson_options.txt", "Makefile", ".ci/run", ".ci/summary.py", "README.md")
# A long file says why in its first lines: `// Long file: one table that is read as one.`
LONG_FILE = re.compile(r"(?://|#) Long file: \S")
# A path of one person's machine has no meaning on another's.
MACHINE_PATH = re.compile(r"(?<![\w.~$}])/(?:work/|home/|root/\.?\w+/)\w")
UNFINISHED = re.compile(r"\bTODO\(now\)|\b" + "FIX" + r"ME\b|\bX" + r"XX\b")


def check_lines(source):
    for number, line in enumerate(source.lines, 1):
        if "\t" in line and not source.path.endswith("Makefile"):
            yield source.finding(number, "a tab: indent with two spaces")
        if line != line.rstrip():
            yield source.finding(number, "blanks at the end of the line")
        if len(line) > LINE_LENGTH and source.path.endswith(LINE_LENGTH_OF):
            yield source.finding(number, f"{len(line)} columns: {LINE_LENGTH} at most")
        if UNFINISHED.search(line):
            yield source.finding(number, "unfinished: do it, or make it TODO(topic) with what is missing")
        if MACHINE_PATH.search(line):
            yield source.finding(number, "a path of one machine")


def check_file(source):
    if source.text and not source.text.endswith("\n"):
        yield source.finding(len(source.lines), "no newline at the end of the file")
    limit = FILE_LINES.get(source.tree)
    if limit and len(source.lines) > limit and not any(map(LONG_FILE.match, source.lines[:10])):
        advice = "split it by nouns, or say `Long file: why` in the first lines"
        yield source.finding(len(source.lines), f"{limit} lines at most: {advice}")


def check_built(source, meson_text):
    """A .cc that no meson.build names is compiled by nobody. `meson_text(folder)` is '' without a file."""
    folder, _, name = source.path.rpartition("/")
    above = folder.rpartition("/")[0]
    mention = re.compile(r"'(?:[^']*/)?" + re.escape(name) + "'")
    # A folder's list may leave the suffix to a foreach: 'session' + '.cc', '@0@_test.cc'.format('session').
    stem = re.compile(r"'" + re.escape(re.sub(r"_(test|fuzzer|fuzz)$", "", name[:-3])) + "'")
    text = meson_text(folder) + meson_text(above)
    if not mention.search(text) and not stem.search(text):
        yield source.finding(1, "no meson.build names this file: build it or delete it")


def check_used(source, all_includes):
    """A header that nothing includes is dead."""
    if not any(f"/{source.path}".endswith("/" + header) for header in all_includes):
        yield source.finding(1, "nothing includes this header: delete it")


def check_text(source):
    yield from check_lines(source)
    yield from check_file(source)


def meson_text_on_disk(folder):
    path = ROOT / folder / "meson.build"
    return path.read_text() if path.is_file() else ""


def main():
    top = [Source(name, (ROOT / name).read_text()) for name in TOP_FILES if (ROOT / name).is_file()]
    documents = sources("*.md", trees=("docs",))
    findings = [f for source in top + documents + sources(*TEXT_PATTERNS) for f in check_text(source)]
    code = sources("*.h", "*.cc")
    all_includes = {h for source in code for h in re.findall(r'#include "([^"]+)"', source.text)}
    for source in code:
        if source.path.endswith(".cc"):
            findings += check_built(source, meson_text_on_disk)
        else:
            findings += check_used(source, all_includes)
    return report("hygiene", findings)


if __name__ == "__main__":
    sys.exit(main())
