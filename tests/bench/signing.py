"""What the benchmark of the signing service is made of: runs of the programs, and the server's threads."""
import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from servers import BenchError

WORKER = re.compile(r"signer-\d+$")  # the comm of a thread that signs


class Algorithm(NamedTuple):
    """An algorithm that is measured, with what its share of the bare loop has to be."""

    name: str  # of the flags
    title: str
    in_flight: int  # enough to keep a worker busy, too few to be refused
    goal: float
    openssl: str  # its name for `openssl speed`, and the tag of its line there
    openssl_tag: str


ALGORITHMS = [
    Algorithm("ecdsa-p256-sha256", "ECDSA P-256", 64, 0.80, "ecdsap256", "+F4"),
    Algorithm("rsa-pkcs1-sha256", "RSA-2048 PKCS#1", 16, 0.95, "rsa2048", "+F2"),
    Algorithm("ed25519", "Ed25519 (libsodium)", 64, 0.80, "ed25519", "+F6"),
]


def run_json(*command, core=None, may_fail=False):
    """Runs a program that prints a JSON object; gives it."""
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    result = subprocess.run([*pinned, *map(str, command)], capture_output=True, text=True, check=False)
    if result.returncode and not (may_fail and result.stdout):
        raise BenchError(f"{command[0]} failed ({result.returncode}): {result.stderr or result.stdout}")
    return json.loads(result.stdout)


def profile(build, address, *flags, core=None, may_fail=False):
    """A run of hawser-profile."""
    program = Path(build) / "tools/profile/hawser-profile"
    return run_json(program, "--json", "--target", address, *flags, core=core, may_fail=may_fail)


def bare_loop(build, algorithm, milliseconds, core):
    program = Path(build) / "tests/bench/bare-loop"
    return run_json(program, "--algorithm", algorithm.name, "--milliseconds", milliseconds, core=core)


def openssl_speed(seconds, core):
    """Algorithm name -> signatures a second by `openssl speed`, which doesn't hash."""
    names = [algorithm.openssl for algorithm in ALGORITHMS]
    command = ["taskset", "-c", str(core), "openssl", "speed", "-mr", "-seconds", str(seconds), *names]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BenchError(f"openssl speed failed ({result.returncode}): {result.stderr}")
    return parse_openssl_speed(result.stdout)


def parse_openssl_speed(text):
    """Its lines for machines: +F4:3:256:SIGN:VERIFY, with the curve's name before SIGN in +F6."""
    speeds = {}
    for line in text.splitlines():
        fields = line.split(":")
        for algorithm in ALGORITHMS:
            if fields[0] == algorithm.openssl_tag:
                speeds[algorithm.name] = float(fields[-2])
    if len(speeds) != len(ALGORITHMS):
        raise BenchError(f"openssl speed said what this script doesn't understand:\n{text}")
    return speeds


def count_deadlines(audit_lines, deadline_us):
    """From the lines of an audit log: calls by their end, and those that a worker began to sign for although
    they had waited for longer than their deadline."""
    codes, too_late = Counter(), 0
    for line in audit_lines:
        call = json.loads(line)
        if call["event"] == "call":
            codes[call["code"]] += 1
            too_late += call["exec_us"] > 0 and call["queue_us"] > deadline_us
    return {"codes": dict(codes), "signed_too_late": too_late}


class Workers:
    """The threads of a server that sign."""

    def __init__(self, server):
        self._tasks = []
        for task in Path(f"/proc/{server.process.pid}/task").iterdir():
            if WORKER.match((task / "comm").read_text().rstrip("\n")):
                self._tasks.append(task)
        if not self._tasks:
            raise BenchError(f"{server.name} has no thread that signs")

    def pin(self, core):
        for task in self._tasks:
            os.sched_setaffinity(int(task.name), {core})

    def cpu_seconds(self):
        """Processor time; the first number of schedstat is in nanoseconds."""
        return sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks) / 1e9
