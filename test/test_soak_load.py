#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The base load of the soak: its sender ends at the time it is told and says what it sent, to the
datagram; and the quiet mix has no flood in it.

test_soak_load.py TRAFFIC"""
import collections
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import soak_load  # noqa: E402

RATE, LASTS_S, RECORDS = 20000, 3, 20000


class Counter(threading.Thread):
    """Counts what arrives at a port, until it is told to stop."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(('127.0.0.1', 0))
        self.socket.settimeout(0.5)
        self.port, self.got, self.over = self.socket.getsockname()[1], 0, False

    def run(self):
        while True:
            try:
                self.socket.recv(2048)
                self.got += 1
            except TimeoutError:
                if self.over:
                    break


class SoakLoad(unittest.TestCase):
    def test_ends_in_time_and_tells_what_it_sent(self):
        counter = Counter()
        self.addCleanup(counter.socket.close)
        counter.start()
        load, until = soak_load.Load(counter.port, RATE), time.time() + LASTS_S
        load.begin(until)
        said = load.end()
        # A busy machine may be late, but not by much.
        self.assertLess(abs(time.time() - until), 1)
        counter.over = True
        counter.join(10)
        self.assertEqual(counter.got, said['datagrams'])
        self.assertEqual(load.sent, said['records'])
        self.assertGreater(load.kept(), 0.5)
        self.assertLess(load.kept(), 1.1)

    def test_no_piece_where_no_time_is_left(self):
        load = soak_load.Load(9, RATE)
        load.begin(time.time() + 1)
        self.assertIsNone(load.end())

    def test_sender_that_fails_is_said(self):
        load = soak_load.Load(0, RATE)
        load.begin(time.time() + 10)
        self.assertRaises(OSError, load.end)

    def busiest(self, mix):
        """The part of the records that goes to the commonest destination."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'x')
            subprocess.run([soak_load.SENDER, 'write', 'packets', path, '--records', str(RECORDS),
                            '--mix', mix], check=True, stderr=subprocess.DEVNULL)
            with open(path, 'rb') as file:
                data = file.read()
        at, hosts = 24, collections.Counter()
        while at < len(data):
            length = int.from_bytes(data[at + 8:at + 12], 'little')
            if data[at + 28:at + 30] == b'\x08\0':
                hosts[data[at + 46:at + 50]] += 1
            at += 16 + length
        return hosts.most_common(1)[0][1] / RECORDS

    def test_quiet_has_no_flood(self):
        self.assertLess(self.busiest('quiet'), 0.01)
        self.assertGreater(self.busiest('normal'), 0.05)


if __name__ == '__main__':
    if len(sys.argv) > 1 and not sys.argv[1].startswith('-'):
        soak_load.SENDER = os.path.abspath(sys.argv.pop(1))
    unittest.main()
