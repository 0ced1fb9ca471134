#!/usr/bin/env python3
"""docs/systemd/hawser-server.service: systemd understands every line of it, and hawser-server every flag.
Arguments: HAWSER_SERVER.
"""
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import run

SERVER = str(Path(sys.argv[1]).resolve())
UNIT = Path(__file__).resolve().parents[2] / "docs" / "systemd" / "hawser-server.service"


class UnitFile(unittest.TestCase):
    def test_systemd_understands_it(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = Path(folder, UNIT.name)
            unit.write_text(UNIT.read_text().replace("/usr/local/bin/hawser-server", SERVER))
            out = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True,
                                 text=True, timeout=60, check=False)
            self.assertEqual(out.returncode, 0, out.stderr)
            self.assertNotIn(UNIT.name, out.stderr)  # where it names what it passes over

    def test_the_server_understands_its_flags(self):
        command = re.search(r"^ExecStart=(.*(?:\\\n.*)*)$", UNIT.read_text(), re.MULTILINE).group(1)
        program, *flags = command.replace("\\\n", " ").split()
        self.assertEqual(program, "/usr/local/bin/hawser-server")
        out = run(SERVER, *flags, "--help")
        self.assertEqual((out.returncode, out.stderr), (0, ""), out)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
