#!/usr/bin/env python3
"""User-space instructions a call, under callgrind: `callgrind.py --build DIR [--profile]`

A server runs twice, for a short and for a long load; the difference of the two counts, over the difference
of the two numbers of calls, leaves starting and ending out. Unlike time, it comes out the same on a busy
machine.
"""
import argparse
import sys
import tempfile
from pathlib import Path

from callgrind_file import parse
from load import Layout, body_file, check_one_call, run_h2load
from servers import LOAD_CORE, SERVER_CORE, BenchError, known_servers, running

LAYOUT = Layout(1, 100)
DEFAULT_SERVERS = ["stock async", "hawser"]
SHOWN = 25


def count(spec, requests, body, load=None):
    """The costs of a whole life of the server with this many calls: h2load's, or those that `load(address,
    requests)` makes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        with running(spec, SERVER_CORE, wrapper, start_seconds=120) as server:
            check_one_call(server.address, body)
            if load:
                load(server.address, requests)
            else:
                run_h2load(server.address, LAYOUT, requests, body, LOAD_CORE)
        with open(out) as lines:
            return parse(lines)


def print_profile(name, costs, calls):
    print(f"\n#### {name}")
    for title, counter in (("object", costs.by_object), ("function", costs.by_function)):
        print(f"\n| {title} | instructions/call |\n|---|---|")
        for name, instructions in counter.most_common(SHOWN):
            if instructions > calls // 2:
                shown = name.rsplit("/", 1)[-1] if title == "object" else name
                print(f"| `{shown[:110]}` | {instructions / calls:,.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="a build directory with -Dbenchmarks=true")
    parser.add_argument("--servers", default=",".join(DEFAULT_SERVERS), help="comma-separated")
    parser.add_argument("--short", type=int, default=2_000, help="calls of the short run")
    parser.add_argument("--long", type=int, default=12_000, help="calls of the long run")
    parser.add_argument("--profile", action="store_true", help="also by object file and by function")
    arguments = parser.parse_args()
    known = known_servers(arguments.build)
    calls = arguments.long - arguments.short
    print(f"### User-space instructions a call ({LAYOUT})\n\n| server | instructions/call |\n|---|---|")
    profiles = {}
    try:
        with body_file() as body:
            for name in arguments.servers.split(","):
                short = count(known[name], arguments.short, body)
                profiles[name] = count(known[name], arguments.long, body).minus(short)
                print(f"| {name} | {profiles[name].total / calls:,.0f} |", flush=True)
    except KeyError as unknown:
        print(f"callgrind: there is no server {unknown}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    except (BenchError, OSError) as error:
        print(f"callgrind: {error}", file=sys.stderr)
        return 1
    if arguments.profile:
        for name, costs in profiles.items():
            print_profile(name, costs, calls)
    return 0


if __name__ == "__main__":
    sys.exit(main())
