#!/usr/bin/env python3
"""grpc_java_test.py FOLDER CLIENT SERVER: grpc-java's own interop client and service against ours, over TCP.

Maven copies the jars into FOLDER, in a build directory, when they are not there yet. Exit code 77, with the
reason, where there is no JDK, no Maven, or no repository to ask.
"""
import shutil
import subprocess
import sys
from pathlib import Path

from peer_programs import SKIPPED, PeerServer, run_both_ways

SOURCE = Path(__file__).resolve().parent / "grpc-java"
LIMIT = 400  # seconds
# A virtual machine a case: what it spends on starting is most of the test.
JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp")


def is_installed(folder):
    mark = folder / "installed-pom.xml"
    return mark.is_file() and mark.read_bytes() == (SOURCE / "pom.xml").read_bytes()


def install(folder):
    """None when the jars are there, else why not."""
    for program in ("java", "javac", "mvn"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    if is_installed(folder):
        return None
    shutil.copy(SOURCE / "pom.xml", folder)
    command = ["mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"mvn takes over {LIMIT} s"
    if done.returncode != 0:
        return "mvn can't get grpc-java:\n" + (done.stdout + done.stderr)[-2000:]
    shutil.copy(SOURCE / "pom.xml", folder / "installed-pom.xml")
    return None


def main(folder, client, server_program):
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = install(folder)
    if missing is not None:
        print(f"SKIPPED: {missing}")
        return SKIPPED
    jars = f"{folder}/jars/*"

    def start_server():
        return PeerServer([*JAVA, jars, SOURCE / "InteropServer.java"], r"listening on port (\d+)$")

    peer_client = [*JAVA, jars, "io.grpc.testing.integration.TestServiceClient", "--use_tls=false"]
    return run_both_ways("grpc-java", peer_client, start_server, client, server_program)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
