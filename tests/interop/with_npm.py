#!/usr/bin/env python3
"""with_npm.py SOURCE FOLDER COMMAND...: runs a command whose node programs find the packages that SOURCE's
package.json names.

They are installed into FOLDER, in a build directory, when they are not there yet; the lock file pins them.
Where npm can't get them, that is said and the test is skipped (exit code 77).
"""
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

FILES = ("package.json", "package-lock.json")
LIMIT = 240  # seconds
SKIPPED = 77  # Meson's code


def is_installed(source, folder):
    """The last file is copied when npm has succeeded."""
    marks = [folder / f"installed-{name}" for name in FILES]
    return all(m.is_file() and m.read_bytes() == (source / n).read_bytes() for m, n in zip(marks, FILES))


def install(source, folder):
    for name in FILES:
        shutil.copy(source / name, folder / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, timeout=LIMIT)
    for name in FILES:
        shutil.copy(source / name, folder / f"installed-{name}")


def main(source, folder, *command):
    source, folder = Path(source), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:  # two tests may come at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(source, folder):
            try:
                install(source, folder)
            except (OSError, subprocess.SubprocessError) as failure:
                print(f"skipped: npm can't install the packages of {source} here: {failure}")
                return SKIPPED
    os.environ["NODE_PATH"] = str(folder.resolve() / "node_modules")
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
