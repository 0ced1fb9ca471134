#!/usr/bin/env python3
"""The table of the edge, each goal beside what is reached: `edge.py --build DIR [--rows cpu,ping] [--quick]`

Server on one core, load on another; whatever is compared takes turns in one run. Ratios are medians of
neighbours, with their range.
"""

import argparse
import resource
import sys
from pathlib import Path

import edge_rows
from bench import machine
from load import body_file
from servers import LOAD_CORE, SERVER_CORE, BenchError, known_servers

ROWS = {
    "cpu": edge_rows.cpu_against_stock,
    "instructions": edge_rows.instructions,
    "rate": edge_rows.calls_a_second,
    "ping": edge_rows.against_ping_pong,
    "knee": edge_rows.half_the_knee,
    "idle": edge_rows.idle_connections,
    "many": edge_rows.many_connections,
    "large": edge_rows.large_messages,
    "cores": edge_rows.two_cores,
    "start": edge_rows.cold_start,
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--build", type=Path, default=Path("build"), help="a build directory with -Dbenchmarks=true"
    )
    parser.add_argument("--rows", default=",".join(ROWS), help="comma-separated, of " + ", ".join(ROWS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=100_000, help="calls of one sample")
    parser.add_argument("--quick", action="store_true", help="two rounds of 10,000 calls: a first look")
    parser.add_argument("--markdown", type=Path, help="write the table to this file, too")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.requests = 2, 10_000
    unknown = [name for name in arguments.rows.split(",") if name not in ROWS]
    if unknown:
        parser.error(f"there is no row {unknown[0]}; there are: {', '.join(ROWS)}")
    return arguments


def main():
    arguments = parse_arguments()
    if SERVER_CORE == LOAD_CORE:
        print("edge: needs two cores, one for the server and one for the load", file=sys.stderr)
        return 2
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if "idle" in arguments.rows.split(",") and most < edge_rows.IDLE_CONNECTIONS + 100:
        print(
            f"edge: the row `idle` needs {edge_rows.IDLE_CONNECTIONS + 100} descriptors; "
            f"the hard limit is {most} (ulimit -Hn)",
            file=sys.stderr,
        )
        return 2
    facts = machine()
    lines = [f"### The edge ({facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']})", ""]
    lines += ["| what | goal | measured | |", "|---|---|---|---|"]
    print("\n".join(lines), flush=True)
    try:
        with body_file() as body:
            bench = edge_rows.Bench(
                known_servers(arguments.build), arguments.build, body, arguments.rounds, arguments.requests
            )
            for name in arguments.rows.split(","):
                for row in ROWS[name](bench):
                    verdict = "reached" if row.reached else "not reached"
                    lines.append(f"| {row.what} | {row.goal} | {row.measured} | {verdict} |")
                    print(lines[-1], flush=True)
    except (BenchError, OSError) as error:
        print(f"edge: {error}", file=sys.stderr)
        return 1
    if arguments.markdown:
        arguments.markdown.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
