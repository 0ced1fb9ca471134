"""User-space instructions of a call that hawser-profile makes, as callgrind.py counts those of h2load's."""
import tempfile
from pathlib import Path

from callgrind_file import parse
from servers import LOAD_CORE, SERVER_CORE, running
from signing import profile

SHORT, LONG = 2_000, 12_000


def count(build, spec, flags, requests):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        with running(spec, SERVER_CORE, wrapper, start_seconds=120) as server:
            profile(build, server.address, *flags, "--concurrency", 100, "--requests", requests,
                    "--warmup", 0, core=LOAD_CORE)
        with open(out) as lines:
            return parse(lines).total


def count_instructions(build, spec, loads):
    """Name -> instructions a call, for name -> flags of hawser-profile."""
    return {name: (count(build, spec, flags, LONG) - count(build, spec, flags, SHORT)) / (LONG - SHORT)
            for name, flags in loads.items()}
