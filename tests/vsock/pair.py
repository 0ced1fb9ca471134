"""Two guests with real CIDs, joined by vsock_switch.py: 2, the host's, and 3, a virtual machine's.

    with Pair() as pair:
        server = pair.boot(2, [program, "--listen", "vsock://any:50051"])
        client = pair.boot(3, [program, "--target", "vsock://2:50051"])
        status = client.wait(60)

Run as a program it is for trying by hand: `pair.py "SERVER [ARGUMENT...]" "CLIENT [ARGUMENT...]"`, each split
as a shell would; it ends with the client's status, and with it the server.
"""
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from guest import HERE, Guest, require

CIDS = (2, 3)


class Pair:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="hawser-pair-")
        sockets = [f"{self._socket(cid)}={cid}" for cid in CIDS]
        self.switch = subprocess.Popen([sys.executable, HERE / "vsock_switch.py", *sockets],
                                       stdout=subprocess.PIPE, text=True)
        assert self.switch.stdout.readline() == "ready\n"
        self.guests = []

    def _socket(self, cid):
        return Path(self.folder.name) / str(cid)

    def boot(self, cid, command, **more):
        """A guest of that CID, which no running guest may have. See Guest for what else it takes."""
        guest = Guest(command, socket=self._socket(cid), prefix=f"cid {cid}: ", **more)
        self.guests.append(guest)
        return guest

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        for guest in self.guests:
            guest.__exit__(*failure)
        self.switch.kill()
        self.switch.wait()
        self.switch.stdout.close()
        self.folder.cleanup()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    require()
    with Pair() as pair:
        pair.boot(2, shlex.split(sys.argv[1]))
        return pair.boot(3, shlex.split(sys.argv[2])).wait(600)


if __name__ == "__main__":
    sys.exit(main())
