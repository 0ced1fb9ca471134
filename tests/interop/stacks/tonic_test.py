#!/usr/bin/env python3
"""tonic_test.py FOLDER CLIENT SERVER PROTO: tonic against our interop programs, over TCP.

tonic publishes no interop programs: tonic/ has a client and a server of the same cases, which cargo builds
into FOLDER, in a build directory. Exit code 77, with the reason, where there is no cargo or its crates can't
be had.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

from peer_programs import OUR_CASES, SKIPPED, THEIR_CASES, PeerServer, run_both_ways

SOURCE = Path(__file__).resolve().parent / "tonic"
LIMIT = 600  # seconds
# tonic's client calls a deadline that has passed CANCELLED, and keeps grpc-timeout itself even where only the
# header is set. Its server has no trailing metadata for a unary call that succeeds.
NOT_THEIRS = ("timeout_on_sleeping_server",)
NOT_OURS = ("custom_metadata",)
OUT_OF_REACH = ("failed to get", "failed to download", "failed to fetch", "failed to load source")


def build(folder, proto):
    """None when the programs are there, else why not; raises when it is our code that doesn't build."""
    if shutil.which("cargo") is None:
        return "there is no cargo"
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", SOURCE / "Cargo.toml",
               "--target-dir", folder]
    try:
        done = subprocess.run(command, env=os.environ | {"INTEROP_PROTO": proto}, capture_output=True,
                              text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"cargo takes over {LIMIT} s"
    if done.returncode == 0:
        return None
    if any(reason in done.stderr for reason in OUT_OF_REACH):
        return "cargo can't get tonic:\n" + done.stderr[-2000:]
    raise RuntimeError("the programs on tonic don't build:\n" + done.stderr[-4000:])


def main(folder, client, server_program, proto):
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = build(folder, proto)
    if missing is not None:
        print(f"SKIPPED: {missing}")
        return SKIPPED

    def start_server():
        return PeerServer([folder / "debug" / "server"], r"listening on port (\d+)$")

    return run_both_ways("tonic", [folder / "debug" / "client"], start_server, client, server_program,
                         [case for case in THEIR_CASES if case not in NOT_THEIRS],
                         [case for case in OUR_CASES if case not in NOT_OURS])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
