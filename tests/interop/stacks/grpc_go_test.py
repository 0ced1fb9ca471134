#!/usr/bin/env python3
"""grpc_go_test.py FOLDER CLIENT SERVER: grpc-go's own interop programs against ours, over TCP.

They are built into FOLDER, in a build directory, when they are not there yet. Exit code 77, with the reason,
where there is no Go or its modules can't be had.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from peer_programs import SKIPPED, PeerServer, run_both_ways

VERSION = "v1.76.0"
BUILD_LIMIT = 400  # seconds


def build(folder):
    """None when the programs are there, else why not."""
    if shutil.which("go") is None:
        return "there is no go"
    marker = folder / f"built-{VERSION}"
    if marker.is_file():
        return None
    packages = [f"google.golang.org/grpc/interop/{name}@{VERSION}" for name in ("client", "server")]
    try:
        built = subprocess.run(["go", "install", *packages], env=os.environ | {"GOBIN": str(folder)},
                               capture_output=True, text=True, timeout=BUILD_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"go install takes over {BUILD_LIMIT} s"
    if built.returncode != 0:
        return "go install failed:\n" + built.stderr[-2000:]
    marker.touch()
    return None


def main(folder, client, server_program):
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = build(folder)
    if missing is not None:
        print(f"SKIPPED: {missing}")
        return SKIPPED

    def start_server():
        return PeerServer([folder / "server", "--port", "0"], r"interop server listening on .*:(\d+)$",
                          os.environ | {"GRPC_GO_LOG_SEVERITY_LEVEL": "info"})

    return run_both_ways("grpc-go", [folder / "client"], start_server, client, server_program)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
