#!/usr/bin/env python3
"""How includes are written: rooted paths, the own header first, #pragma once in each header.

Reason: a rooted path says which layer it is without looking at the file's place. The own header first proves
that it needs nothing before it. A header without a guard breaks its second includer, far from the cause.
"""
import sys

from common import ROOT, report, sources
from layers import includes

# Tree -> folders that a quoted include may start from; "" is the top of the repository ("src/main.h").
INCLUDE_ROOTS = {
    "transport": ("transport/",),
    "src": ("transport/", ""),
    "tools": ("transport/", ""),
    "tests": ("transport/", "tests/", ""),
}
GENERATED = (".pb.h",)


def check_rooted(source, exists):
    roots = INCLUDE_ROOTS[source.tree]
    for line, is_angle, header in includes(source):
        if is_angle or header.endswith(GENERATED):
            continue
        if not any(exists(root + header) for root in roots):
            names = " or ".join(root or "the top folder" for root in roots)
            yield source.finding(line, f'"{header}" is not a path from {names}')


def check_own_header_first(source, exists):
    if not source.path.endswith(".cc") or not exists(source.path[:-3] + ".h"):
        return
    own = source.path[:-3] + ".h"
    first = next(includes(source), None)
    if first is None or not f"/{own}".endswith("/" + first[2]):
        yield source.finding(first[0] if first else 1, f"the first include is the own header ({own})")


def check_pragma_once(source):
    if not source.path.endswith(".h"):
        return
    code = [line for _, line in source.code_lines() if line.strip()]
    if not code or code[0].split() != ["#pragma", "once"]:
        yield source.finding(1, "the first line of code in a header is #pragma once")


def check(source, exists):
    yield from check_rooted(source, exists)
    yield from check_own_header_first(source, exists)
    yield from check_pragma_once(source)


if __name__ == "__main__":
    on_disk = lambda path: (ROOT / path).is_file()
    sys.exit(report("includes", [f for source in sources("*.h", "*.cc") for f in check(source, on_disk)]))
