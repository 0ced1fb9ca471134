#!/usr/bin/env python3
"""Calls and words that have a better replacement here; each finding names it.

Reason: every one of them has cost somebody a crash, a hang, a hidden lifetime or an unreadable log. An
exception is an excuse with a reason on the line (see common.py).
"""
import re
import sys
from typing import NamedTuple

from common import report, sources

EVERYWHERE = ("transport", "src", "tools")
TRANSPORT = ("transport",)
FREE_CALL = r"(?<![\w.>:])(?:::|std::)?"  # a free function: not a member, not another namespace's


class Ban(NamedTuple):
    rule: str  # the name for `lint: allow RULE: why`
    pattern: str
    instead: str
    trees: tuple = EVERYWHERE
    spare: str = r"$."  # files whose path matches are not looked at


BANS = [
    Ban("abort", FREE_CALL + r"(?:abort|terminate)\(\)", "return an Error: no peer may end the process"),
    Ban("exit", FREE_CALL + r"(?:_?exit|_Exit|quick_exit)\(", "return a Result to main", spare=r"/main\.cc$"),
    Ban(
        "sleep",
        FREE_CALL + r"(?:u|nano)?sleep\(|\bsleep_(?:for|until)\(",
        "a sleeping thread serves nobody: event::Timer, or a condition with a deadline",
    ),
    Ban("copy", r"\bstr(?:n?cpy|n?cat)\(|\bv?sprintf\(|\bgets\(", "std::string, or snprintf with the size"),
    Ban("parse", r"\b(?:ato[ilf]|atoll|strto(?:u?ll?|d)|sto(?:i|u?ll?|d))\(", "std::from_chars"),
    Ban("rand", FREE_CALL + r"s?rand\(|\brandom_shuffle\b", "std::mt19937_64 with a seed that is printed"),
    Ban("strerror", FREE_CALL + r"strerror\(", "hawser::errno_text: strerror shares one buffer"),
    Ban("localtime", FREE_CALL + r"(?:localtime|gmtime|ctime|asctime)\(", "gmtime_r: these share one buffer"),
    Ban("strtok", r"\bstrtok\(", "std::string_view::find"),
    Ban("signal", r"(?:(?<!\w)::|\bstd::)signal\(", "event::SignalWatch"),
    Ban("shell", FREE_CALL + r"(?:system|popen)\(", "posix_spawn with an argument list"),
    Ban("alloca", r"\balloca\(", "a bounded array, or a block that the owner keeps"),
    Ban("setenv", FREE_CALL + r"(?:un)?(?:setenv|putenv)\(", "pass the value: threads share the environment"),
    Ban("detach", r"\.detach\(\)", "an owner that joins the thread"),
    Ban("regex", r"\bstd::w?regex\b", "a parser by hand: std::regex can exhaust the stack"),
    Ban("volatile", r"\bvolatile\b", "std::atomic"),
    Ban("endl", r"\bstd::endl\b", "'\\n'"),
    Ban("using-namespace", r"\busing\s+namespace\b", "names, or a using-declaration inside the function"),
    Ban("const_cast", r"\bconst_cast\s*<", "a true type, or an excuse that says why nobody writes"),
    Ban("shared_ptr", r"\b(?:make_shared|shared_ptr)\s*<", "one owner: unique_ptr and references", TRANSPORT),
    Ban(
        "print",
        r"\bstd::(?:cout|cerr|clog)\b|\b(?:f|v|vf)?printf\(|\bputs\(|\bperror\(",
        "log::Sink: the transport prints nothing",
        TRANSPORT,
    ),
    Ban(
        "assert",
        r"(?<![\w.])assert\(",
        "these layers read a peer's bytes: return an Error, or an excuse that says why no peer can reach it",
        TRANSPORT,
        spare=r"^transport/hawser/(?!http2/|grpc/|codec/|server/|client/|tls/)",
    ),
]
CATCH_ALL = re.compile(r"\bcatch\s*\(\s*\.\.\.\s*\)")


def check_bans(source):
    bans = [b for b in BANS if source.tree in b.trees and not re.search(b.spare, source.path)]
    for number, line in source.code_lines():
        for ban in bans:
            found = re.search(ban.pattern, line)
            if found and not source.excuses(number, ban.rule):
                word = found.group().strip("(").strip()
                yield source.finding(number, f"{word}: instead, {ban.instead} [{ban.rule}]")


def check_catch_all(source):
    """`catch (...)` swallows what nobody foresaw: a comment beside it says what happens to it."""
    for number, line in source.code_lines():
        near = source.lines[max(0, number - 2) : number + 1]
        if CATCH_ALL.search(line) and not any("//" in text for text in near):
            yield source.finding(number, "catch (...) needs a comment: what is it, where does it go?")


def check(source):
    yield from check_bans(source)
    yield from check_catch_all(source)


if __name__ == "__main__":
    found = [f for source in sources("*.h", "*.cc", trees=EVERYWHERE) for f in check(source)]
    sys.exit(report("banned", found))
