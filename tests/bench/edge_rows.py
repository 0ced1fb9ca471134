"""The rows of the edge: each measures one thing, by turns with what it is compared to, and gives a Row."""

import json
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import callgrind
import clients
from load import Layout, run_h2load
from raw_call import CountingRelay, first_reply, idle_connection
from servers import LOAD_CORE, SERVER_CORE, BenchError, Spec, running

IDLE_CONNECTIONS = 10_000
IDLE_MEMORY_AFTER = 1  # seconds
KNEE_DURATION = "3s"  # of the run at half the knee rate


class Row(NamedTuple):
    """One line of the table. `reached` compares `value` with the goal."""

    what: str
    goal: str
    measured: str
    reached: bool


class Bench(NamedTuple):
    """What all rows need: servers by name, the build directory, the body for h2load, and how long."""

    known: dict
    build: Path
    body: str
    rounds: int
    requests: int

    def profile(self, target, *flags):
        """hawser-profile's result as it prints it, pinned to the load's core."""
        program = str(self.build / "tools/profile/hawser-profile")
        command = ["taskset", "-c", str(LOAD_CORE), program, "--target", target, "--json", *flags]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise BenchError(
                f"{' '.join(command)} failed ({result.returncode}): {result.stderr or result.stdout}"
            )
        return json.loads(result.stdout)

    def ping_pong(self, *flags):
        cores = ["--server-core", str(SERVER_CORE), "--client-core", str(LOAD_CORE)]
        result = subprocess.run(
            [str(self.build / "tests/bench/ping-pong"), *cores, *flags],
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(result.stdout)

    def hawser(self, *flags):
        spec = self.known["hawser"]
        return Spec(spec.name, [*spec.command, *flags])


def spread(values, digits=2):
    return f"**{median(values):.{digits}f}** ({min(values):.{digits}f} to {max(values):.{digits}f})"


def cpu_per_call(server, layout, requests, body):
    before = server.cpu_seconds()
    run_h2load(server.address, layout, requests, body, LOAD_CORE)
    return (server.cpu_seconds() - before) * 1e6 / requests


def cpu_against_stock(bench):
    """One row a layout: stock's CPU time a call over ours, neighbours of a round."""
    rows = []
    with running(bench.known["stock async"], SERVER_CORE) as stock, running(
        bench.hawser(), SERVER_CORE
    ) as ours:
        for layout in (Layout(1, 100), Layout(50, 20)):
            for server in (stock, ours):
                run_h2load(
                    server.address,
                    layout,
                    max(layout.connections, bench.requests // 10),
                    bench.body,
                    LOAD_CORE,
                )
            ratios, own = [], []
            for _ in range(bench.rounds):
                theirs = cpu_per_call(stock, layout, bench.requests, bench.body)
                own.append(cpu_per_call(ours, layout, bench.requests, bench.body))
                ratios.append(theirs / own[-1])
            rows.append(
                Row(
                    f"server CPU per call, {layout}",
                    "at most 1/10 of stock's best mode",
                    f"1/{spread(ratios, 1)}; {median(own):.2f} us",
                    median(ratios) >= 10,
                )
            )
    return rows


def instructions(bench):
    """h2load's calls, and those of our client with a deadline in each and one call a read."""
    calls = 10_000

    def with_deadlines(address, requests):
        layout = ["--connections", "100", "--concurrency", "1", "--requests", str(requests)]
        bench.profile(address, *layout, "--warmup", "0", "--timeout", "90s")

    rows = []
    for what, load in (("", None), ("; 100 x 1, a deadline in each", with_deadlines)):
        short = callgrind.count(bench.hawser(), 2_000, bench.body, load)
        long = callgrind.count(bench.hawser(), 2_000 + calls, bench.body, load)
        value = long.minus(short).total / calls
        what = f"user-space instructions per call{what}"
        rows.append(Row(what, "at most 10,000", f"**{value:,.0f}**", value <= 10_000))
    return rows


def calls_a_second(bench):
    class Arguments(NamedTuple):
        build: Path
        requests: int

    arguments = Arguments(bench.build, bench.requests)
    ratios, own = [], []
    with running(bench.known["stock async"], SERVER_CORE) as stock, running(
        bench.hawser(), SERVER_CORE
    ) as ours:
        for _ in range(bench.rounds):
            theirs = clients.run(arguments, clients.STOCK, stock.address, 1)["calls_per_second"]
            own.append(clients.run(arguments, clients.HAWSER, ours.address, 1)["calls_per_second"])
            ratios.append(own[-1] / theirs)
    reached = median(ratios) >= 8 and median(own) > 200_000
    return [
        Row(
            "calls/s, own server and client against stock's, 1 x 100",
            "8 times stock; above 200,000",
            f"{spread(ratios, 1)} times; {median(own):,.0f}",
            reached,
        )
    ]


def bytes_of_a_call(address, bench):
    """(request, reply) bytes on the wire of a call on a warm connection: two run lengths' difference."""
    counted = []
    for calls in (100, 1100):
        with CountingRelay(address) as relay:
            bench.profile(relay.address, "--concurrency", "1", "--requests", str(calls), "--warmup", "0")
        counted.append((relay.to_server, relay.to_client))
    return tuple(round((counted[1][side] - counted[0][side]) / 1000) for side in (0, 1))


def against_ping_pong(bench):
    """One call in flight, sleeping and spinning, against the same bytes over bare sockets."""
    rounds, requests = bench.rounds, min(bench.requests, 20_000)
    one = ["--concurrency", "1", "--requests", str(requests)]
    sleeping, spinning, stock_ratios, p50, spun = [], [], [], [], []
    with running(bench.hawser(), SERVER_CORE) as ours:
        request, reply = bytes_of_a_call(ours.address, bench)
        sizes = ["--request", str(request), "--reply", str(reply), "--rounds", str(requests)]
        for _ in range(rounds):
            raw = bench.ping_pong(*sizes)["p50_us"]
            p50.append(bench.profile(ours.address, *one)["round_trip_us"]["p50"])
            sleeping.append(p50[-1] / raw)
    with running(bench.hawser("--busy-poll", "1000"), SERVER_CORE) as ours:
        for _ in range(rounds):
            with running(bench.known["stock async"], SERVER_CORE) as stock:
                theirs = bench.profile(stock.address, *one)["round_trip_us"]["p50"]
            raw = bench.ping_pong(*sizes, "--spin", "1")["p50_us"]
            spun.append(bench.profile(ours.address, *one, "--busy-poll", "1000")["round_trip_us"]["p50"])
            spinning.append(spun[-1] / raw)
            stock_ratios.append(theirs / spun[-1])
    note = f"{request} + {reply} bytes"
    return [
        Row(
            "p50, one call in flight, sleeping",
            "at most 1.15 times a bare ping-pong",
            f"{spread(sleeping)} times; {median(p50):.1f} us ({note})",
            median(sleeping) <= 1.15,
        ),
        Row(
            "p50, one call in flight, both spinning",
            "at most 2 times a bare spinning ping-pong",
            f"{spread(spinning)} times; {median(spun):.1f} us",
            median(spinning) <= 2,
        ),
        Row(
            "the same against stock's p50",
            "at most 1/8",
            f"1/{spread(stock_ratios, 1)}",
            median(stock_ratios) >= 8,
        ),
    ]


def half_the_knee(bench):
    """Beside it what the machine itself adds: how late a thread wakes that only sleeps."""
    tails, hiccups = [], []
    with running(bench.hawser(), SERVER_CORE) as ours:
        flags = ["--connections", "4", "--find-knee", "p99<1ms", "--duration", "1s", "--knee-start", "5000"]
        knee = bench.profile(ours.address, *flags)["knee_per_s"]
        rate = int(knee / 2)
        for _ in range(bench.rounds):
            flags = ["--connections", "4", "--rate", str(rate), "--duration", KNEE_DURATION]
            result = bench.profile(ours.address, *flags)
            tails.append(result["intended_us"]["p99_9"] / 1000)
            hiccups.append(result["machine"]["hiccups_us"]["p99_9"] / 1000)
    measured = f"{spread(tails)} ms at {rate:,} calls/s; the machine's own {spread(hiccups)} ms"
    what = "open loop at half the knee rate (p99<1ms), p99.9"
    return [Row(what, "below 1 ms", measured, median(tails) < 1)]


def idle_connections(bench):
    enough = str(2 * IDLE_CONNECTIONS)
    flags = [
        "--max-connections-per-peer",
        enough,
        "--max-connections",
        enough,
        "--idle-memory-after",
        f"{IDLE_MEMORY_AFTER}s",
    ]
    ours, stock = bench.hawser(*flags), bench.known["stock async"]
    fresh = idle_kib(ours, 0), idle_kib(stock, 0)
    called = idle_kib(ours, 3), idle_kib(stock, 3)
    return [
        Row(
            f"{IDLE_CONNECTIONS:,} idle connections, resident memory each",
            "at most 8 KiB",
            f"**{fresh[0]:.1f} KiB** (stock: {fresh[1]:.1f}); after three calls on each "
            f"{called[0]:.1f} ({called[1]:.1f})",
            fresh[0] <= 8,
        )
    ]


def idle_kib(spec, calls):
    """What a server holds for each idle connection, once the first ones have made it take what they share."""
    with running(spec, SERVER_CORE) as server, ExitStack() as open_connections:

        def connect(number):
            for _ in range(number):
                open_connections.enter_context(idle_connection(server.address, calls))

        connect(50)
        before = settled_mib(server)
        connect(IDLE_CONNECTIONS)
        return (settled_mib(server) - before) * 1024 / IDLE_CONNECTIONS


def settled_mib(server):
    """The resident memory once it stands still for longer than connections take to give theirs back."""
    still_until = 0
    last = None
    while last is None or time.monotonic() < still_until:
        now = server.resident_mib()
        if now != last:
            last, still_until = now, time.monotonic() + 3 * IDLE_MEMORY_AFTER
        time.sleep(0.1)
    return last


def many_connections(bench):
    """Enough calls that making a thousand connections is no part of what one costs."""
    many, few = Layout(1000, 10), Layout(50, 20)
    calls = 10 * bench.requests
    ratios = []
    with running(bench.hawser(), SERVER_CORE) as ours:
        for layout in (many, few):
            run_h2load(ours.address, layout, bench.requests // 4, bench.body, LOAD_CORE)
        for _ in range(bench.rounds):
            ratios.append(
                cpu_per_call(ours, many, calls, bench.body) / cpu_per_call(ours, few, calls, bench.body)
            )
    return [
        Row(
            f"CPU per call, {many}, against {few}, {calls:,} calls",
            "at most 1.5 times",
            f"{spread(ratios)} times",
            median(ratios) <= 1.5,
        )
    ]


def large_messages(bench):
    flags = ["--concurrency", "4", "--payload-size", str(1024 * 1024), "--requests", "400"]
    ratios, cpu, own = [], [], []
    with running(bench.known["stock async"], SERVER_CORE) as stock, running(
        bench.hawser(), SERVER_CORE
    ) as ours:
        for _ in range(bench.rounds):
            theirs = bench.profile(stock.address, *flags)
            mine = bench.profile(ours.address, *flags)
            own.append(mine["throughput_per_s"])
            ratios.append(own[-1] / theirs["throughput_per_s"])
            cpu.append(theirs["server_cpu_us_per_call"] / mine["server_cpu_us_per_call"])
    return [
        Row(
            "1 MiB there and back, calls/s, 1 x 4",
            "at least 2 times stock",
            f"{spread(ratios)} times; {median(own):,.0f}; server CPU 1/{median(cpu):.2f}",
            median(ratios) >= 2,
        )
    ]


def two_cores(bench):
    """Calls that a second of server CPU on each core gives, for two workers on two cores against one on one.
    The load needs processor time on the same two cores; its share is stated. The layout that counts is that
    of the rows of CPU per call. The other says what few cost: a worker finds one ready at a time."""
    layout, few = Layout(50, 20), Layout(8, 25)
    both = f"{SERVER_CORE},{LOAD_CORE}"
    spec = bench.known["hawser"]
    two = Spec(
        "hawser, two workers",
        [
            *spec.command[: spec.command.index("--workers")],
            "--workers",
            "2",
            *spec.command[spec.command.index("--workers") + 2 :],
        ],
    )
    ratios, shares = {layout: [], few: []}, []
    with running(spec, SERVER_CORE) as single, running(two, both) as double:
        for _ in range(bench.rounds):
            for shape in (few, layout):
                flags = ["--connections", str(shape.connections), "--concurrency", str(shape.streams)]
                flags += ["--requests", str(4 * bench.requests)]
                one = bench.profile(single.address, *flags)
                pair = bench.profile(double.address, *flags)
                ratios[shape].append(2 * one["server_cpu_us_per_call"] / pair["server_cpu_us_per_call"])
            shares.append(pair["client_cpu_s"] / (pair["client_cpu_s"] + pair["server_cpu_s"]))
    return [
        Row(
            f"two server cores against one, calls per second of CPU on each, {layout}",
            "at least 1.8 times",
            f"{spread(ratios[layout])} times; the load's share of all CPU is {median(shares):.0%}; "
            f"with {few} {median(ratios[few]):.2f}",
            median(ratios[layout]) >= 1.8,
        )
    ]


def cold_start(bench):
    """From fork to the reply of the first Echo call, all services on, keys made anew."""
    took = []
    program = str(bench.build / "src/hawser-server")
    for _ in range(max(bench.rounds, 10)):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
            path = f"{folder}/s"
            begin = time.monotonic()
            server = subprocess.Popen([program, "--listen", f"unix:{path}"], stdout=log, stderr=log)
            try:
                first_reply(_connected(path, server))
                took.append((time.monotonic() - begin) * 1000)
            finally:
                server.terminate()
                server.wait(30)
    return [
        Row(
            "cold start of hawser-server to the first reply",
            "below 50 ms",
            f"{spread(took, 1)} ms",
            median(took) < 50,
        )
    ]


def _connected(path, server):
    while server.poll() is None:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
            return connection
        except OSError:
            connection.close()
            time.sleep(0.0002)  # the resolution of this row
    raise BenchError(f"hawser-server ended with status {server.returncode} before it listened")
