#!/usr/bin/env python3
"""Runs a command in a throw-away guest that has VSOCK loopback (CID 1), and ends with its exit status.

    in_guest.py [--time-limit SECONDS] [--env NAME=VALUE] COMMAND [ARGUMENT...]

Without a guest to be had it ends with 77 (Meson's `skipped`), and with 1 where CI=true.
"""
import argparse
import shutil
import sys

import guest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--time-limit", type=float, default=300)
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.command or shutil.which(arguments.command[0]) is None:
        parser.error("which program?")
    guest.require()
    environment = dict(pair.split("=", 1) for pair in arguments.env)
    with guest.Guest(arguments.command, environment=environment) as one:
        return one.wait(arguments.time_limit)


if __name__ == "__main__":
    sys.exit(main())
