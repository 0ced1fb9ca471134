#!/usr/bin/env python3
"""Where a core's time goes while hawser-server answers Echo: `flame_graph.py --build DIR --out FILE.svg`

perf(1) samples the server's stacks under h2load's load; flamegraph.pl (Debian: libdevel-nytprof-perl) draws
them. Both need no root where kernel.perf_event_paranoid lets users sample their own processes.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from load import Layout, body_file, check_one_call, run_h2load
from servers import LOAD_CORE, SERVER_CORE, BenchError, known_servers, running

FLAME_GRAPH = "/usr/share/perl5/Devel/NYTProf/flamegraph.pl"
HERTZ = 1999
STACK_BYTES = 16384
_SAMPLE_LINE = re.compile(r"^\s+[0-9a-f]+ (.*) \(([^()]*)\)$")
_TEMPLATE = re.compile(r"<[^<>]*>")
_PARAMETERS = re.compile(r"\([^()]*\)( const)?(?=$| \[)")


def short(symbol, module):
    """A function's name without parameters and template arguments; of a stripped library its own name."""
    if symbol == "[unknown]":
        return f"[{Path(module).name}]"
    symbol = re.sub(r"\+0x[0-9a-f]+$", "", symbol).replace("(anonymous namespace)", "{anonymous}")
    for pattern in (_TEMPLATE, _PARAMETERS):
        before = None
        while before != symbol:
            before, symbol = symbol, pattern.sub("", symbol)
    return symbol.replace(";", ":")


def fold(text):
    """perf script's output as stacks (outermost first, with semicolons) and how often each was seen."""
    folded = Counter()
    stack = []
    for line in text.splitlines():
        found = _SAMPLE_LINE.match(line)
        if found:
            stack.append(short(*found.groups()))
        elif not line.strip() and stack:
            # A stripped library's calls within itself would be a tower of the same name.
            frames = [frame for at, frame in enumerate(stack) if at == 0 or frame != stack[at - 1]]
            folded[";".join(reversed(frames))] += 1
            stack = []
    return folded


def record(server, body, requests, folder):
    data = Path(folder) / "perf.data"
    command = [
        "perf",
        "record",
        "-q",
        "-e",
        "cpu-clock",
        "-F",
        str(HERTZ),
        "--call-graph",
        f"dwarf,{STACK_BYTES}",
    ]
    perf = subprocess.Popen(
        [*command, "-p", str(server.process.pid), "-o", str(data)], stderr=subprocess.PIPE
    )
    try:
        run_h2load(server.address, Layout(1, 100), requests, body, LOAD_CORE)
    finally:
        perf.terminate()
        said = perf.communicate(timeout=60)[1].decode(errors="replace")
    if not data.exists() or data.stat().st_size == 0:
        raise BenchError(f"perf recorded nothing. It said:\n{said}")
    script = ["perf", "script", "-i", str(data), "-F", "ip,sym,dso"]
    result = subprocess.run(script, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode:
        raise BenchError(f"perf script failed: {result.stderr}")
    return fold(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="a build directory with -Dbenchmarks=true")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--requests", type=int, default=300_000)
    arguments = parser.parse_args()
    for program, package in (("perf", "linux-perf"), (FLAME_GRAPH, "libdevel-nytprof-perl")):
        if shutil.which(program) is None:
            print(f"flame_graph: there is no {program}; install {package}", file=sys.stderr)
            return 2
    try:
        with body_file() as body, tempfile.TemporaryDirectory() as folder:
            with running(known_servers(arguments.build)["hawser"], SERVER_CORE) as server:
                check_one_call(server.address, body)
                stacks = record(server, body, arguments.requests, folder)
    except (BenchError, OSError) as error:
        print(f"flame_graph: {error}", file=sys.stderr)
        return 1
    text = "".join(f"{stack} {count}\n" for stack, count in sorted(stacks.items()))
    title = "hawser-server: Echo, 1 connection x 100 streams, processor time"
    draw = ["perl", FLAME_GRAPH, "--title", title, "--countname", "samples", "--minwidth", "0.3", "--hash"]
    drawn = subprocess.run(draw, input=text, capture_output=True, text=True, check=False)
    if drawn.returncode:
        print(f"flame_graph: flamegraph.pl failed: {drawn.stderr}", file=sys.stderr)
        return 1
    arguments.out.write_text(drawn.stdout)
    print(f"{sum(stacks.values()):,} samples in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
