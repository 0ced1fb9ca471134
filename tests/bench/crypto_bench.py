#!/usr/bin/env python3
"""The signing service against the bare cryptography below it: `crypto_bench.py --build DIR [--quick]`

Signatures a second: the server has one worker that signs, alone on one core; its event loop and the client
share the other. The bare loop (bare_loop.cc) runs on the worker's core, in turn with it, and the ratio is
taken between neighbours: so it says what of a core's signatures is left after queueing, waking, parsing and
sending, as long as the other core keeps up. The second ratio is of processor time a signature: what else the
machine does hardly touches it.

GetPublicKey against Echo: processor time of the whole server on one core, the client on the other.

Deadlines: calls of RSA-4096 whose time is about up when their turn comes. The server's audit log says of each
how long it waited, and whether a worker worked for it.

Echo beside signing: nothing is pinned, for that is how the server runs: its worker gives way by its niceness.
Echo's calls come at a pace. Without one, a closed loop keeps both cores busy by itself, and what it measures
is how little the worker gets.
"""
import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import crypto_table
from bench import machine
from servers import LOAD_CORE, SERVER_CORE, BenchError, Spec, running
from signing import ALGORITHMS, Workers, bare_loop, count_deadlines, openssl_speed, profile
from signing_store import big_key_store
from signing_instructions import count_instructions

# GetPublicKey's request and reply have as many bytes together as this text's Echo.
ECHO_BYTES = 80
PUBLIC_KEY = ["--service", "crypto", "--operation", "public-key"]
ECHO = ["--service", "echo", "--payload-size", ECHO_BYTES]
BIG = ["--algorithm", "rsa-pkcs1-sha256"]  # with a store whose RSA key has 4096 bits
DEADLINE_MS = 30
SHORTER = 4  # samples of signatures a second are so many times shorter, and so many times as many
SATURATING, FLOODING = 8, 100  # calls of RSA-4096 in flight: all are accepted, most are refused


def server_spec(arguments, *flags):
    command = [str(Path(arguments.build) / arguments.server), "--listen", "127.0.0.1:0", "--workers", "1"]
    return Spec("hawser", [*command, *map(str, flags)])


def wait_for_rsa(arguments, server):
    """The server makes its RSA key while it serves already: the first call waits for it."""
    profile(arguments.build, server.address, *BIG, "--service", "crypto", "--requests", 1, "--warmup", 0)


def measure_signing(arguments):
    """Algorithm -> samples of bare loop and service. Many short ones: the closer neighbours are in time, the
    less of a machine's changing speed is in their ratio."""
    samples = {algorithm.name: [] for algorithm in ALGORITHMS}
    # As nice as the bare loop, or what else runs on the core would take more from one than from the other.
    spec = server_spec(arguments, "--signing-workers", 1, "--signing-nice", 0)
    with running(spec, LOAD_CORE) as server:
        wait_for_rsa(arguments, server)
        workers = Workers(server)
        workers.pin(SERVER_CORE)
        milliseconds = max(arguments.milliseconds // SHORTER, 300)
        for _ in range(arguments.rounds * SHORTER):
            for algorithm in ALGORITHMS:
                bare = bare_loop(arguments.build, algorithm, milliseconds, SERVER_CORE)
                sample = measure_service(arguments, server, workers, algorithm, milliseconds)
                samples[algorithm.name].append(sample | {
                    "bare_per_s": bare["per_s"], "bare_cpu_us": bare["cpu_us"]})
    return samples


def measure_service(arguments, server, workers, algorithm, milliseconds):
    flags = ["--service", "crypto", "--algorithm", algorithm.name, "--payload-size", 32,
             "--concurrency", algorithm.in_flight, "--duration", f"{milliseconds}ms", "--warmup", 0]
    before = workers.cpu_seconds()
    load = profile(arguments.build, server.address, *flags, core=LOAD_CORE)
    cpu_us = (workers.cpu_seconds() - before) * 1e6 / load["calls"]
    return {"per_s": load["throughput_per_s"], "worker_cpu_us": cpu_us, "statuses": load["statuses"]}


def measure_public_key(arguments, store_flags):
    """Server CPU time of GetPublicKey and of Echo, in turn."""
    samples = []
    with running(server_spec(arguments, *store_flags), SERVER_CORE) as server:
        for warm_up in (True, *[False] * arguments.rounds):
            sample = {name: server_cpu_us(arguments, server, flags)
                      for name, flags in (("public_key", PUBLIC_KEY), ("echo", ECHO))}
            if not warm_up:
                samples.append(sample)
    return samples


def server_cpu_us(arguments, server, flags):
    before = server.cpu_seconds()
    load = profile(arguments.build, server.address, *flags, "--concurrency", 100,
                   "--requests", arguments.requests, "--warmup", 0, core=LOAD_CORE)
    return (server.cpu_seconds() - before) * 1e6 / load["calls"]


def measure_echo_beside(arguments, store_flags):
    """Echo's latency alone, beside a busy slow lane, and beside a flooded one; the latter's refusals."""
    paced = ["--duration", f"{2 * arguments.milliseconds}ms", "--concurrency", 2, "--think-time", "1ms"]
    both = ["--service", "both", *BIG, *paced]
    samples = []
    every_core = f"{SERVER_CORE},{LOAD_CORE}"
    with running(server_spec(arguments, *store_flags), every_core) as server:
        for _ in range(arguments.rounds):
            idle = profile(arguments.build, server.address, "--service", "echo", *paced)
            busy = profile(arguments.build, server.address, *both, "--crypto-concurrency", SATURATING)
            flooded = profile(arguments.build, server.address, *both, "--crypto-concurrency", FLOODING)
            samples.append({
                "idle": idle["round_trip_us"], "busy": busy["echo"]["round_trip_us"],
                "flooded": flooded["echo"]["round_trip_us"], "busy_signing": busy["crypto"]["statuses"],
                "flooded_signing": flooded["crypto"]["statuses"],
                "refused": flooded["crypto"].get("refused_us")})
    return samples


def measure_deadlines(arguments, store_flags):
    """What became of calls with a deadline, by the server's own records."""
    with tempfile.TemporaryDirectory() as folder:
        audit = Path(folder) / "audit"
        spec = server_spec(arguments, *store_flags, "--audit-file", audit)
        with running(spec, f"{SERVER_CORE},{LOAD_CORE}") as server:
            # Some come as fast as they can be answered, so that the lane is as full as it gets.
            profile(arguments.build, server.address, "--service", "crypto", *BIG, "--timeout",
                    f"{DEADLINE_MS}ms", "--concurrency", FLOODING, "--think-time", "2ms", "--warmup", 0,
                    "--duration", f"{2 * arguments.milliseconds}ms", may_fail=True)
        with open(audit) as lines:
            return count_deadlines(lines, 1000 * DEADLINE_MS)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="a build directory with -Dbenchmarks=true")
    parser.add_argument("--server", default="src/hawser-server", help="below the build directory")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=2000, help="of each sample")
    parser.add_argument("--requests", type=int, default=100_000, help="calls of a sample of GetPublicKey")
    parser.add_argument("--quick", action="store_true", help="one round of short samples: a first look")
    parser.add_argument("--no-callgrind", action="store_true", help="leave the instructions out")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file, too")
    parser.add_argument("--json", type=Path, help="write every sample to this file")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.milliseconds, arguments.requests = 1, 300, 10_000
        arguments.no_callgrind = True
    return arguments


def main():
    arguments = parse_arguments()
    results = {"machine": machine(), "rounds": arguments.rounds, "milliseconds": arguments.milliseconds}
    try:
        with ExitStack() as stack:
            store_flags = stack.enter_context(big_key_store(arguments.build))
            results["openssl_speed"] = openssl_speed(1 if arguments.quick else 3, SERVER_CORE)
            results["signing"] = measure_signing(arguments)
            results["public_key"] = measure_public_key(arguments, store_flags)
            results["beside"] = measure_echo_beside(arguments, store_flags)
            results["deadlines"] = measure_deadlines(arguments, store_flags)
            if not arguments.no_callgrind:
                loads = {"public_key": PUBLIC_KEY, "echo": ECHO}
                spec = server_spec(arguments, *store_flags)
                results["instructions"] = count_instructions(arguments.build, spec, loads)
    except (BenchError, OSError) as error:
        print(f"crypto_bench: {error}", file=sys.stderr)
        return 1
    text = crypto_table.markdown(results)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
