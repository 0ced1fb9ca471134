#!/usr/bin/env python3
"""CPU time a call, Hawser against stock gRPC C++: `bench.py --build DIR [--quick]`

Every server runs pinned to one core, the load to another. The servers take turns (A B C, A B C, ...), so that
what else the machine does hits all of them alike; a ratio compares neighbours of one round. The number to
read is CPU microseconds a call: calls a second also measure the load generator.
"""
import argparse
import json
import os
import platform
import re
import sys
from contextlib import ExitStack
from pathlib import Path

import clients
import table
from load import Layout, body_file, check_one_call, run_h2load
from servers import LOAD_CORE, SERVER_CORE, BenchError, known_servers, running

LAYOUTS = [Layout(1, 100), Layout(50, 20)]
DEFAULT_SERVERS = ["stock async", "stock callback", "hawser"]


def measure(server, layout, requests, body):
    """One sample of one server."""
    before = server.cpu_seconds()
    load = run_h2load(server.address, layout, requests, body, LOAD_CORE)
    cpu_us = (server.cpu_seconds() - before) * 1e6 / requests
    return {"cpu_us_per_call": cpu_us, "calls_per_second": load.calls_per_second}


def measure_layout(servers, layout, arguments, body):
    """Server name -> samples, one a round."""
    for server in servers:
        run_h2load(server.address, layout, max(layout.connections, arguments.requests // 10), body, LOAD_CORE)
    samples = {server.name: [] for server in servers}
    for _ in range(arguments.rounds):
        for server in servers:
            samples[server.name].append(measure(server, layout, arguments.requests, body))
    return samples


def measure_servers(specs, arguments):
    results = {"layouts": {}, "resident_mib": {}}
    with ExitStack() as stack:
        body = stack.enter_context(body_file())
        servers = [stack.enter_context(running(spec, SERVER_CORE)) for spec in specs]
        for server in servers:
            check_one_call(server.address, body)
        for layout in LAYOUTS:
            results["layouts"][str(layout)] = measure_layout(servers, layout, arguments, body)
        for server in servers:
            check_one_call(server.address, body)
            results["resident_mib"][server.name] = server.resident_mib()
    return results


def machine():
    models = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return {"cpu": models[0] if models else "unknown", "cores": os.cpu_count(), "kernel": platform.release()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="a build directory with -Dbenchmarks=true")
    parser.add_argument("--servers", default=",".join(DEFAULT_SERVERS), help="comma-separated names")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=100_000, help="calls of one sample")
    parser.add_argument("--quick", action="store_true", help="one round of 10,000 calls: a first look")
    parser.add_argument("--no-clients", action="store_true", help="leave the rows of the clients out")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file, too")
    parser.add_argument("--json", type=Path, help="write every sample to this file")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.requests = 1, 10_000
    return arguments


def main():
    arguments = parse_arguments()
    known = known_servers(arguments.build)
    try:
        results = measure_servers([known[name] for name in arguments.servers.split(",")], arguments)
        if not arguments.no_clients:
            results["clients"] = clients.measure(known, arguments)
    except KeyError as unknown:
        print(f"bench: there is no server {unknown}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    results |= {"machine": machine(), "rounds": arguments.rounds, "requests": arguments.requests}
    text = table.markdown(results)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
