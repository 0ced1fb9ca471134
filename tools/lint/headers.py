#!/usr/bin/env python3
"""Every header of transport/ compiles alone: `headers.py --cache DIR COMPILER...`

Reason: a header that leans on what its includers happened to include first breaks far from its author.
session.cc includes session.h first (includes.py), so the build itself proves session.h; what is compiled here
are the headers without a source file.
A header is compiled again only when one of the files it read has changed (size and time, kept in DIR).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import ROOT, sources

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++", "-"]


def signature(path):
    try:
        info = os.stat(path)
    except FileNotFoundError:
        return None
    return [info.st_size, info.st_mtime_ns]


def is_fresh(record):
    return record is not None and all(signature(path) == seen for path, seen in record.items())


def dependencies(make_rule):
    """The files of a make rule `target: a b \\` that the compiler wrote."""
    files = make_rule.replace("\\\n", " ").partition(":")[2].split()
    return [file for file in files if file != "-"]


def compile_alone(compiler, header):
    """(error text or None, what was read). The header is included from an empty file."""
    include = f'#include "{header.removeprefix("transport/")}"\n'
    with tempfile.NamedTemporaryFile("r", suffix=".d") as rule:
        command = [*compiler, "-I", str(ROOT / "transport"), "-MD", "-MF", rule.name, *FLAGS]
        result = subprocess.run(command, input=include, capture_output=True, text=True, check=False)
        if result.returncode:
            return result.stderr, None
        return None, {path: signature(path) for path in dependencies(rule.read())}


def headers_without_source():
    paths = [source.path for source in sources("*.h", trees=("transport",))]
    return [path for path in paths if not (ROOT / path).with_suffix(".cc").exists()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("compiler", nargs="+")
    arguments = parser.parse_args()
    cache_file = arguments.cache / "headers.json"
    cache = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    headers = headers_without_source()
    stale = [h for h in headers if not is_fresh(cache.get(h))]
    failed = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda header: compile_alone(arguments.compiler, header), stale)
        for header, (error, read) in zip(stale, results):
            cache.pop(header, None)
            if error is None:
                cache[header] = read
            else:
                failed += 1
                print(f"{header} does not compile alone:\n{error}")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    cache_file.write_text(json.dumps({h: r for h, r in cache.items() if h in headers}))
    print(f"{len(headers)} headers, {len(stale)} compiled, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
