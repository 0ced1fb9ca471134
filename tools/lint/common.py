"""What the checks share: which files there are, C++ text without comments, findings and how they print.

A line may excuse itself from one rule, with a reason that a reviewer can judge:
    ::_exit(127);  // lint: allow exit: the child after a failed exec
The excuse may also stand alone above, and then holds for two lines.
"""
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CODE_TREES = ("transport", "src", "tools", "tests")
EXCUSE = re.compile(r"//\s*lint: allow ([\w-]+): \S")

# Comments, string and character literals; a quote after a digit separates digits (1'000).
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^()\s\\]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


class Finding(NamedTuple):
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Source:
    """One file: its path relative to the root (with slashes) and its text."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.splitlines()

    @property
    def tree(self):
        return self.path.split("/")[0]

    @property
    def layer(self):
        """`http2` of transport/hawser/http2/session.h; None outside of transport/hawser/."""
        parts = self.path.split("/")
        return parts[2] if parts[:2] == ["transport", "hawser"] and len(parts) > 3 else None

    def code_lines(self):
        """(number, line) with comments and literals blanked."""
        return enumerate(NOT_CODE.sub(_blank, self.text).splitlines(), 1)

    def excuses(self, number, rule):
        """True when line `number`, or one of the two above, says `lint: allow RULE: why`."""
        near = self.lines[max(0, number - 3) : number]
        return any(rule in EXCUSE.findall(line) for line in near)

    def finding(self, line, text):
        return Finding(self.path, line, text)


def _blank(match):
    """Spaces of the same shape, so that line and column numbers stay."""
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    """Keeps string literals: for reading include lines."""
    return NOT_CODE.sub(lambda m: _blank(m) if m.group()[:2] in ("//", "/*") else m.group(), text)


def sources(*patterns, trees=CODE_TREES):
    """Every file of the trees that matches one of the patterns, in a stable order."""
    paths = {p for tree in trees for pattern in patterns for p in (ROOT / tree).rglob(pattern)}
    return [Source(p.relative_to(ROOT).as_posix(), p.read_text()) for p in sorted(paths)]


def report(check, findings):
    """Prints the findings, and returns the exit status."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{check}: {len(findings)} to correct.", file=sys.stderr)
    return 1 if findings else 0
