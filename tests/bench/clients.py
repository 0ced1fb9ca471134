"""Rows for the client side: calls a second of a closed loop, client and server pinned to a core each."""
import json
import subprocess
from pathlib import Path
from typing import NamedTuple

from load import PAYLOAD
from servers import LOAD_CORE, SERVER_CORE, BenchError, running

IN_FLIGHT = 100
CONNECTIONS = [1, 50]


class Client(NamedTuple):
    """A program that calls Echo as fast as answers come and prints its result as JSON."""

    name: str
    program: str  # below the build directory
    extra: list
    rate_key: str  # where its JSON has calls a second
    cpu_key: str  # and its own CPU microseconds a call


STOCK = Client("stock-client", "tests/bench/stock-client", [], "calls_per_second", "cpu_us_per_call")
HAWSER = Client(
    "hawser-profile",
    "tools/profile/hawser-profile",
    ["--json", "--payload-size", str(len(PAYLOAD))],
    "throughput_per_s",
    "client_cpu_us_per_call",
)
PAIRS = [(STOCK, "stock async"), (STOCK, "hawser"), (HAWSER, "hawser")]


def run(arguments, client, address, connections):
    """One sample: calls a second, and the client's CPU time a call."""
    command = ["taskset", "-c", str(LOAD_CORE), str(Path(arguments.build) / client.program)]
    command += ["--target", address, "--requests", str(arguments.requests), *client.extra]
    command += ["--connections", str(connections), "--concurrency", str(IN_FLIGHT // connections)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BenchError(f"{client.name} failed ({result.returncode}): {result.stderr or result.stdout}")
    said = json.loads(result.stdout)
    return {"calls_per_second": said[client.rate_key], "cpu_us_per_call": said[client.cpu_key]}


def measure(known_servers, arguments):
    """One row a pair and layout. A pair whose programs are not built, or whose server was not asked for, is
    left out."""
    rows = []
    for client, server_name in PAIRS:
        if server_name not in arguments.servers or not (Path(arguments.build) / client.program).exists():
            continue
        for connections in CONNECTIONS:
            with running(known_servers[server_name], SERVER_CORE) as server:
                rounds = range(arguments.rounds)
                samples = [run(arguments, client, server.address, connections) for _ in rounds]
            row = {"client": client.name, "server": server_name, "connections": connections}
            rows.append(row | {"samples": samples})
    return rows
