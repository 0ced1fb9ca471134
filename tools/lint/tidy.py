#!/usr/bin/env python3
"""clang-tidy over transport/, src/ and tools/: `tidy.py --build DIR [--jobs N] [FILE...]`

Reason: it finds what compilers don't warn about (use after move, dangling views, names out of line). It takes
its flags from the build directory's compile_commands.json. A file is looked at again only when it, a header
of ours that it includes, or .clang-tidy has changed since it was clean.
"""
import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from common import ROOT

SKIPPED = 77  # Meson's exit status for a test that could not run
TREES = ("transport", "src", "tools")
# gcc's own warning flags are unknown to clang.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-unused-command-line-argument"]


def find_tool():
    return next((path for path in map(shutil.which, ("clang-tidy-14", "clang-tidy")) if path), None)


def compilations(build):
    """Source path (below the root) -> object file, for our own C++ files."""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = (build / entry["file"]).resolve()
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in TREES and path.suffix == ".cc":
            found[path.relative_to(ROOT).as_posix()] = entry["output"]
    return found


def ninja(build, *arguments):
    command = ["ninja", "-C", build, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def make_generated_headers(build):
    """clang-tidy reads *.pb.h: they have to exist, compiled or not."""
    targets = [line.split(":")[0] for line in ninja(build, "-t", "targets", "all").splitlines()]
    headers = [target for target in targets if target.endswith(".pb.h")]
    if headers:
        ninja(build, *headers)


def own_headers(build):
    """Object file -> the headers of ours that it was compiled from, as ninja recorded them."""
    found, current = {}, None
    for line in ninja(build, "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            current = found.setdefault(line.split(":")[0], [])
        elif line.strip().endswith(".h"):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT) and not path.is_relative_to(build.resolve()):
                current.append(path)
    return found


def fingerprint(source, headers):
    """None when the headers are not known (never compiled in this build directory)."""
    if not headers:
        return None
    digest = hashlib.sha256()
    for path in [ROOT / ".clang-tidy", ROOT / source, *sorted(headers)]:
        if not path.exists():
            return None
        digest.update(path.read_bytes())
    return digest.hexdigest()


def run_tidy(tool, build, source):
    command = [tool, "--quiet", "-p", build, *EXTRA, str(ROOT / source)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        # "42 warnings generated" counts what was suppressed in system headers.
        lines = [line for line in result.stderr.splitlines() if "warnings generated" not in line]
        print(result.stdout, *lines, sep="\n", flush=True)
    return result.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", help="look at these only (paths from the root)")
    arguments = parser.parse_args()
    tool = find_tool()
    if tool is None:
        print("clang-tidy is not installed: `make deps` installs it.")
        return SKIPPED
    build = arguments.build.resolve()
    make_generated_headers(build)
    objects, headers = compilations(build), own_headers(build)
    prints = {s: fingerprint(s, headers.get(o)) for s, o in objects.items()}
    cache_file = build / "tidy-clean.json"
    clean = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    wanted = [s for s in sorted(objects) if s in arguments.files or not arguments.files]
    stale = [s for s in wanted if prints[s] is None or clean.get(s) != prints[s]]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        passed = dict(zip(stale, pool.map(lambda source: run_tidy(tool, build, source), stale)))
    clean |= {s: prints[s] for s in stale if passed[s] and prints[s]}
    cache_file.write_text(json.dumps(clean))
    failed = [s for s in stale if not passed[s]]
    print(f"{len(wanted)} files, {len(stale)} looked at, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
