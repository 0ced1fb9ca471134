#!/usr/bin/env python3
"""clang-format over every C++ file, by .clang-format.

Reason: nobody should spend a thought, or a review remark, on blanks. `make format` corrects everything.
"""
import re
import shutil
import subprocess
import sys

from common import ROOT, sources

SKIPPED = 77  # Meson's exit status for a test that could not run
MAJOR = 14  # other versions break lines elsewhere


def find_tool():
    for name in (f"clang-format-{MAJOR}", "clang-format"):
        path = shutil.which(name)
        if path:
            version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(rf"version {MAJOR}\.", version):
                return path
    return None


def run(paths):
    """clang-format's exit status; its findings go to stderr."""
    style = f"--style=file:{ROOT / '.clang-format'}"
    command = [find_tool(), style, "--dry-run", "-Werror", *paths]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main():
    if find_tool() is None:
        print(f"clang-format {MAJOR} is not installed: `make deps` installs it.")
        return SKIPPED
    status = run([source.path for source in sources("*.h", "*.cc")])
    if status:
        print("Run `make format`.", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
