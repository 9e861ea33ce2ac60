#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The bench's generator says what it made, and made it: noroshi and tshark count the same records,
the same seed gives the same bytes, shares and rates are those asked for, nothing is lost on the way.

test_traffic.py [--tools DIR] [--noroshi PROGRAM]   (build/bench, build/noroshi)"""
import argparse
import collections
import hashlib
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

ARGS = argparse.Namespace(tools='build/bench', noroshi='build/noroshi')
EXPORTS = ('v5', 'v9', 'ipfix', 'sflow')
HEADERS = 42  # Ethernet, IPv4, UDP around a datagram


def write(folder, fmt, *options):
    path = os.path.join(folder, fmt)
    done = subprocess.run([os.path.join(ARGS.tools, 'traffic'), 'write', fmt, path, *map(str, options)],
                          capture_output=True, text=True, check=True)
    return path, json.loads(done.stderr)


def frames(path):
    """(time in us, bytes) of each frame of a capture in this machine's byte order."""
    with open(path, 'rb') as file:
        data = file.read()
    at = 24
    while at < len(data):
        s, us, n, _ = struct.unpack_from('<IIII', data, at)
        yield s * 1_000_000 + us, data[at + 16:at + 16 + n]
        at += 16 + n


def tshark(path, *words):
    done = subprocess.run(['tshark', '-n', '-r', path, *words], capture_output=True, text=True,
                          check=True)
    return done.stdout.splitlines()


class Traffic(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def write(self, fmt, *options):
        return write(self.dir.name, fmt, *options)

    def test_same_seed_same_bytes(self):
        for fmt in EXPORTS + ('packets',):
            digests = []
            for seed in (7, 7, 8):
                path, _ = self.write(fmt, '--records', 5000, '--seed', seed)
                with open(path, 'rb') as file:
                    digests.append(hashlib.sha256(file.read()).digest())
            self.assertEqual(digests[0], digests[1], fmt)
            self.assertNotEqual(digests[0], digests[2], fmt)

    def test_datagrams_fit(self):
        for fmt in EXPORTS:
            path, _ = self.write(fmt, '--records', 20000, '--attack', 5000)
            self.assertLessEqual(max(len(b) for _, b in frames(path)), HEADERS + 1464, fmt)

    def test_noroshi_counts_the_same(self):
        for fmt in EXPORTS + ('packets',):
            path, made = self.write(fmt, '--records', 20000)
            done = subprocess.run([ARGS.noroshi, 'read', '--own', '10.0.0.0/8', path],
                                  capture_output=True, text=True, check=False,
                                  env=dict(os.environ, LC_ALL='C'))
            self.assertEqual(done.returncode, 0, done.stderr)
            found = re.search(r'^read: (\d+) records for (\d+) packets', done.stderr, re.M)
            self.assertEqual([int(n) for n in found.groups()], [made['records'], made['packets']], fmt)
            self.assertNotRegex(done.stderr, r'refused:|lost \d')

    @unittest.skipUnless(shutil.which('tshark'), 'no tshark')
    def test_tshark_counts_the_same(self):
        for fmt, field in (('v5', 'cflow.count'), ('v9', 'cflow.count'),
                           ('sflow', 'sflow_245.numsamples')):
            path, made = self.write(fmt, '--records', 20000)
            total = sum(int(line) for line in tshark(path, '-T', 'fields', '-e', field))
            if fmt == 'v9':  # its count has the templates in it, three every 64 datagrams
                total -= 3 * -(-made['datagrams'] // 64)
            self.assertEqual(total, made['records'], fmt)

    @unittest.skipUnless(shutil.which('tshark'), 'no tshark')
    def test_tshark_finds_nothing_wrong(self):
        for fmt in ('v5', 'v9', 'ipfix'):
            path, made = self.write(fmt, '--records', 20000)
            self.assertEqual(tshark(path, '-Y', '_ws.malformed or _ws.expert'), [], fmt)
            self.assertEqual(len(tshark(path, '-Y', 'cflow')), made['datagrams'])

    def test_shares(self):
        for options, least, most in (((), 0.08, 0.10), (('--mix', 'flood'), 0.94, 0.96)):
            path, made = self.write('packets', '--records', 20000, *options)
            syns = [b for _, b in frames(path) if b[12:14] == b'\x08\0' and b[23] == 6
                    and b[30:34] == bytes((10, 0, 1, 80)) and b[47] == 2]
            self.assertTrue(least < len(syns) / made['records'] < most)
            self.assertGreater(len({b[26:30] for b in syns}), 0.99 * len(syns))

    def test_spread_takes_each_in_turn(self):
        path, _ = self.write('packets', '--records', 3000, '--spread', 1000)
        seen = collections.Counter(b[30:34] for _, b in frames(path))
        self.assertEqual((len(seen), set(seen.values())), (1000, {3}))

    def test_time_follows_the_rate(self):
        path, made = self.write('v9', '--records', 50000, '--rate', 10000)
        times = [t for t, _ in frames(path)]
        self.assertEqual(times, sorted(times))
        self.assertAlmostEqual((times[-1] - times[0]) / 1e6, 5, delta=0.01)
        self.assertAlmostEqual(made['seconds'], 5, delta=0.01)

    def test_attack_has_its_rate(self):
        _, made = self.write('v9', '--records', 40000, '--rate', 10000, '--attack', 3000,
                             '--attack-at', 1)
        self.assertAlmostEqual(made['attack_records'] / 3000, 3, delta=0.03)
        self.assertAlmostEqual((made['attack_us'] - made['first_us']) / 1e6, 1, delta=0.02)

    def test_sending_sends_what_it_says(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            s.bind(('127.0.0.1', 0))
            s.settimeout(1)
            done = subprocess.run([os.path.join(ARGS.tools, 'traffic'), 'send', 'v5',
                                   str(s.getsockname()[1]), '--records', '20000', '--rate', '100000'],
                                  capture_output=True, text=True, check=True)
            made, got = json.loads(done.stderr), []
            while len(got) < made['datagrams']:
                got.append(s.recv(2048))
        heads = [struct.unpack_from('>HHIIII', b) for b in got]
        self.assertEqual(sum(h[1] for h in heads), made['records'])
        for one, two in zip(heads, heads[1:]):
            self.assertEqual(two[5], one[5] + one[1])
        self.assertAlmostEqual(made['records_per_s'], 100000, delta=5000)

    def test_wrong_words_are_refused(self):
        for words in (['write', 'v8', 'x'], ['send', 'packets', '1'], ['write', 'v5', 'x', '--rate',
                                                                       '0'], ['fly', 'v5', 'x']):
            done = subprocess.run([os.path.join(ARGS.tools, 'traffic'), *words], cwd=self.dir.name,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 2, words)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--tools', default=ARGS.tools)
    p.add_argument('--noroshi', default=ARGS.noroshi)
    known, rest = p.parse_known_args()
    ARGS.tools, ARGS.noroshi = os.path.abspath(known.tools), os.path.abspath(known.noroshi)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == '__main__':
    main()
