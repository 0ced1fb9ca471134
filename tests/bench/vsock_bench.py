#!/usr/bin/env python3
"""VSOCK against UNIX sockets, with hawser-profile and hawser-server in one guest: vsock_bench.py --build DIR.

A guest's times say nothing of a real machine's, so what counts is the ratio of the two families, which take
turns. The CPU time of a call is all that this machine spends on the guest, which does nothing else: server,
client and kernel.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.append(str(Path(__file__).resolve().parent.parent / "vsock"))
import guest  # noqa: E402

# Concurrency on one connection, text bytes in each call, what the row is called.
LOADS = ((1, 23, "one call at a time"), (100, 23, "100 at a time"), (4, 60_000, "4 of 60 kB at a time"))
FAMILIES = ("unix", "vsock")
BEGIN, RESULT = "begin", "result "
TICKS = os.sysconf("SC_CLK_TCK")
GOAL = 1.3


class Server:
    def __init__(self, program):
        self.folder = tempfile.TemporaryDirectory()
        addresses = ("--listen", f"unix:{self.folder.name}/s", "--listen", "vsock://1:0")
        self.process = subprocess.Popen([program, *addresses, "--workers", "1", "--log-level", "none"],
                                        stdout=subprocess.PIPE, text=True)
        lines = (self.process.stdout.readline().split()[-1] for _ in FAMILIES)
        self.targets = {("unix" if line.startswith("unix") else "vsock"): line for line in lines}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def measure(profile, target, concurrency, size, duration):
    """(p50 in us, calls)."""
    done = subprocess.run([profile, "--target", target, "--concurrency", str(concurrency), "--payload-size",
                           str(size), "--duration", duration, "--warmup", "0ms", "--json"],
                          capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["failed"] == 0, done.stdout
    return result["round_trip_us"]["p50"], result["calls"]


def inside(arguments):
    """In the guest: each load in each round over each family, with a line before and one of JSON after."""
    with Server(arguments.server) as server:
        for family in FAMILIES:  # the programs are read into memory by the first calls
            measure(arguments.profile, server.targets[family], 1, 23, "100ms")
        for round_number in range(arguments.rounds):
            for concurrency, size, name in LOADS:
                for family in FAMILIES if round_number % 2 == 0 else reversed(FAMILIES):
                    print(BEGIN, flush=True)
                    p50, calls = measure(arguments.profile, server.targets[family], concurrency, size,
                                         arguments.duration)
                    print(RESULT + json.dumps([name, family, p50, calls]), flush=True)


def cpu_us(one):
    """What this machine has spent on the guest: its kernel and its processes are processes of one session."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(") ")[2].split()
        except OSError:  # gone meanwhile
            continue
        if int(fields[3]) == one.process.pid:
            total += sum(map(int, fields[11:15]))  # with children that it has waited for
    return total * 1e6 / TICKS


def collect(one):
    """[name, family, p50, CPU us per call] of each measurement."""
    samples, before = [], 0
    for line in one.lines_with("", 900):
        if line == BEGIN:
            before = cpu_us(one)
        elif line.startswith(RESULT):
            *sample, calls = json.loads(line.removeprefix(RESULT))
            samples.append([*sample, (cpu_us(one) - before) / calls])
    return samples


def table(samples):
    """Markdown of [name, family, p50, cpu] lists; ratios are of neighbours in one round."""
    rows = ["| load | UNIX p50 us | VSOCK p50 us | ratio of p50 | UNIX CPU us/call | VSOCK CPU us/call "
            "| ratio of CPU |", "|---|---|---|---|---|---|---|"]
    for name in (load[2] for load in LOADS):
        cells = []
        for column in (2, 3):
            unix, vsock = ([s[column] for s in samples if s[:2] == [name, family]] for family in FAMILIES)
            ratios = [v / u for u, v in zip(unix, vsock)]
            cells += [f"{median(unix):.1f}", f"{median(vsock):.1f}",
                      f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, help="the build's directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", default="2s", help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work?")
    parser.add_argument("--markdown", type=Path, help="write the table there, too")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--server", help=argparse.SUPPRESS)
    parser.add_argument("--profile", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return inside(arguments)
    guest.require()
    if arguments.quick:
        arguments.rounds, arguments.duration = 1, "100ms"
    build = arguments.build.resolve()
    command = [sys.executable, Path(__file__).resolve(), "--inside", "--rounds", arguments.rounds,
               "--duration", arguments.duration, "--server", build / "src/hawser-server",
               "--profile", build / "tools/profile/hawser-profile"]
    with guest.Guest(command, quiet=True) as one:
        samples = collect(one)
        status = one.wait(60)
        if status != 0:
            print(*one.lines, sep="\n", file=sys.stderr)
            return status
    text = table(samples)
    print(f"VSOCK against UNIX sockets in one guest; goal of the ratios: {GOAL}\n{text}")
    if arguments.markdown:
        arguments.markdown.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
