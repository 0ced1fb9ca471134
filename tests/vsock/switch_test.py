#!/usr/bin/env python3
"""vsock_switch.py against front ends that a test makes, which end at the worst moments."""
import mmap
import os
import socket
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import vsock_switch as switch

HERE = Path(__file__).resolve().parent
LIMIT = 20  # seconds; bounds only what hangs
SIZE = 1 << 16
SLOTS = 8
OP_RW = 5
RX, TX = 0, 1


class FrontEnd:
    """A guest's side of virtio-vsock: its memory, the rings `RX` and `TX`, and pipes for kicks and calls."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(str(path))
        self.fds = []
        descriptor = os.memfd_create("guest")
        os.ftruncate(descriptor, SIZE)
        self.memory = mmap.mmap(descriptor, SIZE)
        table = struct.pack("<II", 1, 0) + struct.pack("<QQQQ", 0, SIZE, 0, 0)
        self.say(switch.SET_MEM_TABLE, table, descriptor)
        os.close(descriptor)
        self.kicks, self.calls = [], []
        self.used = [0, 0]
        for ring in (RX, TX):
            at = self.ring(ring)
            self.say(switch.SET_VRING_NUM, struct.pack("<II", ring, SLOTS))
            self.say(switch.SET_VRING_ADDR,
                     struct.pack("<IIQQQQ", ring, 0, at, at + 0x400, at + 0x200, 0))
            for request, ours in ((switch.SET_VRING_CALL, self.calls), (switch.SET_VRING_KICK, self.kicks)):
                reader, writer = os.pipe()
                ours.append(reader if ours is self.calls else writer)
                theirs = writer if ours is self.calls else reader
                self.say(request, struct.pack("<Q", ring), theirs)
                os.close(theirs)
        for slot in range(SLOTS):
            self.offer(RX, slot, 256, writable=True)

    @staticmethod
    def ring(ring):
        """Where its descriptors are; 0x200 further those offered, 0x400 further those used."""
        return 0x1000 * ring

    @staticmethod
    def buffer(ring, slot):
        return 0x8000 + 0x2000 * ring + 0x100 * slot

    def say(self, request, body, *fds):
        """And waits for the answer, so that all of it is done."""
        socket.send_fds(self.connection, [struct.pack("<III", request, 1 | 8, len(body)) + body], fds)
        self.connection.settimeout(LIMIT)
        assert len(self.connection.recv(12 + 8, socket.MSG_WAITALL)) == 12 + 8

    def offer(self, ring, slot, length, *, writable):
        at = self.ring(ring)
        struct.pack_into("<QIHH", self.memory, at + 16 * slot, self.buffer(ring, slot), length,
                         2 if writable else 0, 0)
        index = struct.unpack_from("<H", self.memory, at + 0x202)[0]
        struct.pack_into("<H", self.memory, at + 0x204 + 2 * (index % SLOTS), slot)
        struct.pack_into("<H", self.memory, at + 0x202, index + 1)

    def send(self, packet):
        """One packet; returns when the switch has taken it."""
        self.memory[self.buffer(TX, 0) : self.buffer(TX, 0) + len(packet)] = packet
        self.offer(TX, 0, len(packet), writable=False)
        os.write(self.kicks[TX], struct.pack("<Q", 1))
        self.next_used(TX)

    def receive(self):
        slot, length = self.next_used(RX)
        packet = self.memory[self.buffer(RX, slot) : self.buffer(RX, slot) + length]
        self.offer(RX, slot, 256, writable=True)
        return packet

    def next_used(self, ring):
        at = self.ring(ring) + 0x400
        while struct.unpack_from("<H", self.memory, at + 2)[0] == self.used[ring]:
            assert os.read(self.calls[ring], 8), "the switch has ended"
        slot, length = struct.unpack_from("<II", self.memory, at + 4 + 8 * (self.used[ring] % SLOTS))
        self.used[ring] += 1
        return slot, length

    def stop_hearing(self):
        """As a guest that is being killed, whose descriptors the kernel closes one after another."""
        os.close(self.calls[RX])
        self.calls[RX] = None

    def close(self):
        self.connection.close()
        self.memory.close()
        for descriptor in [*self.kicks, *self.calls]:
            if descriptor is not None:
                os.close(descriptor)


def packet(source, destination, payload):
    return switch.HEADER.pack(source, destination, 1, 2, len(payload), 1, OP_RW, 0, 0, 0) + payload


class SwitchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hawser-switch-")
        self.addCleanup(folder.cleanup)
        self.paths = {cid: Path(folder.name) / str(cid) for cid in (2, 3)}
        process = subprocess.Popen([sys.executable, HERE / "vsock_switch.py",
                                    *(f"{path}={cid}" for cid, path in self.paths.items())],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")

    def front_end(self, cid):
        front_end = FrontEnd(self.paths[cid])
        self.addCleanup(front_end.close)
        return front_end

    def test_what_one_guest_sends_another_gets(self):
        host, guest = self.front_end(2), self.front_end(3)
        guest.send(packet(3, 2, b"hello"))
        self.assertEqual(host.receive(), packet(3, 2, b"hello"))

    def test_what_is_sent_to_a_guest_that_is_not_there_is_reset(self):
        guest = self.front_end(3)
        guest.send(packet(3, 2, b"hello"))
        self.assertEqual(switch.HEADER.unpack(guest.receive())[6], switch.OP_RST)

    def test_a_guest_that_is_being_killed_takes_nobody_with_it(self):
        host, guest = self.front_end(2), self.front_end(3)
        host.stop_hearing()
        guest.send(packet(3, 2, b"lost"))
        guest.send(packet(3, 3, b"hello"))
        self.assertEqual(guest.receive(), packet(3, 3, b"hello"))

    def test_a_guest_that_ends_in_mid_message_leaves_its_cid_to_the_next(self):
        for part in (b"", b"\1\0", struct.pack("<III", switch.SET_VRING_NUM, 1, 8), bytes(12)):
            with self.subTest(part=part):
                dying = FrontEnd(self.paths[2])
                dying.connection.sendall(part)
                dying.close()
                guest, host = FrontEnd(self.paths[3]), FrontEnd(self.paths[2])
                guest.send(packet(3, 2, part))
                self.assertEqual(host.receive(), packet(3, 2, part))
                guest.close()
                host.close()


if __name__ == "__main__":
    unittest.main()
