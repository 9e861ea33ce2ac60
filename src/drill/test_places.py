#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The files of the drill's standing world, read by a reader of its own: test_places.py WRITER.
MRT by RFC 6396, statistics by the registries' exchange format; both must tell of one world."""
import os
import struct
import subprocess
import sys
import tempfile
import unittest

WRITER = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith('-') else None
PEERS = [64496, 64497, 64498]


def records(data):
    """(subtype, body) of each MRT record; all must be of TABLE_DUMP_V2."""
    at = 0
    while at < len(data):
        _, kind, subtype, n = struct.unpack_from('>IHHI', data, at)
        assert kind == 13, kind
        yield subtype, data[at + 12:at + 12 + n]
        at += 12 + n
    assert at == len(data)


def peers(body):
    """AS numbers of the peer index table."""
    n = struct.unpack_from('>H', body, 4)[0]
    count, at = struct.unpack_from('>H', body, 6 + n)[0], 8 + n
    found = []
    for _ in range(count):
        assert body[at] == 2
        found.append(struct.unpack_from('>I', body, at + 9)[0])
        at += 13
    assert at == len(body)
    return found


def attributes(body):
    """{type: value}"""
    at, found = 0, {}
    while at < len(body):
        n = body[at + 2]
        found[body[at + 1]] = body[at + 3:at + 3 + n]
        at += 3 + n
    assert at == len(body)
    return found


def route(body):
    """(sequence, first address as bytes, length, [(peer, [AS, ...]), ...])"""
    sequence, length = struct.unpack_from('>IB', body)
    size = (length + 7) // 8
    first, at = body[5:5 + size], 5 + size
    count = struct.unpack_from('>H', body, at)[0]
    at += 2
    paths = []
    for _ in range(count):
        peer, _, n = struct.unpack_from('>HIH', body, at)
        path = attributes(body[at + 8:at + 8 + n])[2]
        assert path[0] == 2 and len(path) == 2 + 4 * path[1]
        paths.append((peer, list(struct.unpack_from(f'>{path[1]}I', path, 2))))
        at += 8 + n
    assert at == len(body)
    return sequence, first, length, paths


def number(text):
    a, b, c, d = map(int, text.split('.'))
    return a << 24 | b << 16 | c << 8 | d


class Places(unittest.TestCase):
    """One world, written once."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'x.pcap')
            subprocess.run([WRITER, 'spoof-any', 'packets', path, '100', '1', '101'], check=True,
                           capture_output=True)
            with open(path + '.mrt', 'rb') as f:
                cls.mrt = list(records(f.read()))
            with open(path + '.delegated', encoding='ascii') as f:
                cls.lines = f.read().splitlines()
            with open(path + '.yaml', encoding='ascii') as f:
                cls.yaml = f.read()
        cls.routes = [route(body) for subtype, body in cls.mrt if subtype == 2]
        cls.rows = [line.split('|') for line in cls.lines[3:]]

    def test_peers_are_those_of_the_configuration(self):
        self.assertEqual(self.mrt[0][0], 1)
        self.assertEqual(peers(self.mrt[0][1]), PEERS)
        for asn in PEERS:
            self.assertIn(f'peer: AS{asn}', self.yaml)

    def test_routes(self):
        self.assertGreater(len(self.routes), 20000)
        self.assertLess(len(self.routes), 100000)
        for sequence, (got, _, length, paths) in enumerate(self.routes):
            self.assertEqual(got, sequence)
            self.assertTrue(8 <= length <= 24)
            self.assertTrue(1 <= len(paths) <= 3)
            self.assertEqual(len({path[-1] for _, path in paths}), 1, 'one origin')
            for peer, path in paths:
                self.assertEqual(path[0], PEERS[peer])

    def test_statistics_add_up(self):
        head = self.lines[0].split('|')
        self.assertEqual(head[:2], ['2', 'nro'])
        self.assertEqual(int(head[3]), len(self.rows))
        for line, family in ((self.lines[1], 'ipv4'), (self.lines[2], 'ipv6')):
            self.assertEqual(int(line.split('|')[4]), sum(r[2] == family for r in self.rows))
        self.assertEqual({r[6] for r in self.rows}, {'allocated', 'available', 'reserved'})
        for row in self.rows:
            self.assertEqual(bool(row[1]), row[6] == 'allocated')

    def test_only_what_was_given_is_announced(self):
        given = {(number(r[3]), int(r[4])) for r in self.rows if r[2] == 'ipv4' and
                 r[6] == 'allocated'}
        routed = 0
        for _, first, length, _ in self.routes:
            size = 1 << 32 - length
            self.assertIn((int.from_bytes(first.ljust(4, b'\0'), 'big'), size), given)
            routed += size
        self.assertTrue(0.5 < routed / 2**32 < 0.75, routed / 2**32)
        self.assertLess(len(self.routes), len(given))

    def test_blocks_do_not_overlap(self):
        end = 0
        for row in self.rows:
            if row[2] == 'ipv4':
                self.assertGreaterEqual(number(row[3]), end)
                end = number(row[3]) + int(row[4])


if __name__ == '__main__':
    unittest.main()
