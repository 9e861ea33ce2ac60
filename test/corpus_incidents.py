#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Real captures in, incidents out: attack captures give exactly theirs, ordinary ones give none.

usage: corpus_incidents.py NOROSHI DUMP_PACKETS    (the corpus stands in $NOROSHI_CORPUS)

Ordinary captures are read again with thresholds that low that something must open now and then: at
the lowest thresholds that an attack capture is given, and at half the capture's own busiest second of
one destination. What opens then is a scan, or is printed with its reason; the share is printed.
With $NOROSHI_SHARES=N each of these readings takes one capture of N, a different one, as under a
sanitizer all of them take ten minutes.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import unittest

NOROSHI, DUMP = sys.argv[1:3]
CORPUS = pathlib.Path(os.environ.get('NOROSHI_CORPUS', '../shared/corpus')).resolve()
PACKETS = CORPUS / '02-packets'
ATTACKS = ('StopDDoS', 'doriguzzi')
LOWEST = 5  # packets/s, the lowest threshold that an attack capture below needs
SHARES = int(os.environ.get('NOROSHI_SHARES', '1'))
CAPTURES = ('.pcap', '.pcapng', '.cap', '.trace', '.erf', '.dmp', '.pcap.gz')


def read(path, *options):
    """Incidents of a capture read as packets; a refusal of single packets is no failure."""
    done = subprocess.run([NOROSHI, 'read', '--json', '--as', 'packets', *options, str(path)],
                          capture_output=True, timeout=120, check=False)
    if done.returncode not in (0, 1, 2):
        raise AssertionError(f'{path}: exit {done.returncode}: {done.stderr.decode()[-500:]}')
    return [json.loads(line) for line in done.stdout.splitlines()]


def facts():
    with open(PACKETS / 'DERIVED-pcap-facts.dev.json', encoding='utf-8') as f:
        return json.load(f)


def captures(reading):
    """Every capture that is not an attack's; files that are none say so when read. @reading: number."""
    found = [(path, path.relative_to(PACKETS).as_posix()) for path in sorted(PACKETS.rglob('*'))
             if path.is_file() and path.name.endswith(CAPTURES)]
    found = [(path, name) for path, name in found if not name.startswith(ATTACKS)]
    return found[reading % SHARES::SHARES]


def busiest(paths):
    """Most packets that one destination gets in a UTC second, per capture, by the dump alone."""
    most, seconds, now = {}, collections.Counter(), None
    out = subprocess.run([DUMP, *map(str, paths)], capture_output=True, check=False).stdout
    for line in out.decode('utf-8', 'replace').splitlines():
        cell = line.split('\t')
        if cell[0] == 'FILE':
            if now:
                most[now] = max(seconds.values(), default=0)
            now, seconds = cell[1], collections.Counter()
        elif len(cell) > 6 and cell[0].lstrip('-').isdigit():
            seconds[int(cell[0]) // 1000000, cell[5]] += 1
    if now:
        most[now] = max(seconds.values(), default=0)
    return most


@unittest.skipUnless(PACKETS.is_dir(), f'SKIP: no corpus at {PACKETS}')
class Attacks(unittest.TestCase):
    """At the shipped defaults each attack capture gives exactly its incident."""

    def one(self, name, target, vector, kind):
        got = read(PACKETS / name)
        self.assertEqual(len(got), 1, [(i['targets'], i['vectors']) for i in got])
        self.assertEqual(got[0]['kind'], 'attack')
        self.assertEqual(got[0]['level'], 'host')
        self.assertEqual(got[0]['targets'], [target])
        self.assertEqual(got[0]['vectors'][0], vector)
        self.assertEqual(got[0]['class'], kind)
        return got[0]

    def sources(self, incident, name):
        """The classes of a SYN flood against the facts: heavy ones exact, the rest within 2 %."""
        fact = facts()[name]['tcp']
        want, got = fact['per_source_peak_syn_per_s_classes'], incident['sources']['syn_classes']
        print(f'{name}: facts {want}, {fact["syn_src"]} sources; incident {got}, '
              f'{incident["sources"]["count"]}')
        self.assertEqual(got['gt_100_lt_1000'], want['100-1000'])
        self.assertEqual(got['ge_1000'], want['>=1000'])
        self.assertEqual(got['unresolved'], 0)
        self.assertLessEqual(abs(got['le_100'] - want['<=100']), 0.02 * want['<=100'])
        self.assertLessEqual(abs(incident['sources']['count'] - fact['syn_src']),
                             0.02 * fact['syn_src'])

    def test_spoofed_syn_flood(self):
        name = 'StopDDoS+packet-captures/pkt.TCP.synflood.spoofed.pcap'
        got = self.one(name, '10.10.10.10', 'syn_flood', 'server')
        self.sources(got, name)
        self.assertEqual(got['packets'], facts()[name]['packets'])
        self.assertEqual(got['peak']['pps'], facts()[name]['peak_pps'])
        self.assertEqual(got['peak']['syn_per_s'], facts()[name]['peak_pps'])

    def test_cic_syn_flood(self):
        name = 'doriguzzi+lucid-ddos/sample-dataset/CIC-DDoS-2019-SynFlood.pcap'
        got = self.one(name, '192.168.50.4', 'syn_flood', 'server')
        self.sources(got, name)
        self.assertEqual(got['packets'], facts()[name]['tcp']['syn'])

    def test_isakmp_reflection(self):
        name = 'StopDDoS+packet-captures/amp.UDP.isakmp.pcap'
        got = self.one(name, '10.10.10.10', 'port4500_amplification', 'capacity')
        self.assertEqual(got['packets'], facts()[name]['packets'])
        self.assertEqual(got['sources']['count'], facts()[name]['src'])

    def test_bacnet_reflection(self):
        self.one('StopDDoS+packet-captures/amp.UDP.bacnet.IOT.37810.pcapng', '10.10.10.1',
                 'bacnet_amplification', 'capacity')

    def test_tcp_reflection_low(self):
        path = PACKETS / 'StopDDoS+packet-captures/amp.TCP.syn.optionallyACK.optionallysamePort.pcapng'
        self.assertEqual(read(path), [])
        got = read(path, '--threshold', 'syn_flood=5', '--threshold', 'synack_reflection=5')
        self.assertTrue(any(v in ('syn_flood', 'synack_reflection')
                            for i in got for v in i['vectors']), got)

    def test_dns_low(self):
        path = PACKETS / 'StopDDoS+packet-captures/amp.dns.RRSIG.fragmented.pcap'
        self.assertEqual(read(path), [])
        got = read(path, '--threshold', 'amplification=10', '--threshold', 'fragment_flood=10')
        self.assertTrue(any(v in ('dns_amplification', 'fragment_flood')
                            for i in got for v in i['vectors']), got)

    def test_web_is_no_syn_flood(self):
        for path in sorted((PACKETS / 'doriguzzi+lucid-ddos/sample-dataset').glob('*Web*.pcap')):
            self.assertFalse([i for i in read(path) if 'syn_flood' in i['vectors']], path)


@unittest.skipUnless(PACKETS.is_dir(), f'SKIP: no corpus at {PACKETS}')
class Ordinary(unittest.TestCase):
    """No ordinary capture is an attack at the defaults; what low thresholds open is told."""

    def test_defaults(self):
        n = 0
        for path, name in captures(0):
            n += 1
            with self.subTest(name):
                self.assertEqual(read(path), [])
        print(f'{n} ordinary captures at the defaults: none opens')
        self.assertGreater(n * SHARES, 300)

    def tell(self, what, opened, n):
        """Print what opened with its reason; every one must have one."""
        scans = sum(i['kind'] == 'scan' for _, i in opened)
        files = len({name for name, _ in opened})
        for name, i in opened:
            if i['kind'] == 'scan':
                self.assertIsNone(i['class'])
                continue
            self.assertTrue(i['class_reason']['en'], name)
            print(f'  {name}: {i["targets"][0]} {",".join(i["vectors"])}: {i["class_reason"]["en"]}')
        print(f'{what}: {files} of {n} captures open something: {len(opened)} incidents, '
              f'{scans} of them scans ({files / n:.1%} of the captures)')

    def test_lowest_thresholds(self):
        opened, n = [], 0
        for path, name in captures(1):
            n += 1
            opened += [(name, i) for i in read(path, '--threshold', f'all={LOWEST}')]
        self.tell(f'thresholds of {LOWEST} packets/s', opened, n)

    def test_half_busiest_second(self):
        paths = dict(captures(2))
        most, opened = busiest(paths), []
        for path, name in paths.items():
            half = max(1, most.get(str(path), 0) // 2)
            opened += [(name, i) for i in read(path, '--threshold', f'all={half}')]
        self.assertGreater(len(most) * SHARES, 300)
        self.tell('half the own busiest second', opened, len(paths))

    def test_port_scans_are_scans(self):
        """A scan of more than 100 ports a second that crosses a threshold is called one."""
        for name, low in (('markfvl+Pcaphunt/test/ps-tcp_syn.pcap', 100),
                          ('ntop+nDPI/tests/cfgs/default/pcap/synscan.pcap', 100)):
            got = read(PACKETS / name, '--threshold', f'syn_flood={low}')
            self.assertTrue(got, name)
            self.assertEqual({i['kind'] for i in got}, {'scan'}, (name, got))


if __name__ == '__main__':
    if not PACKETS.is_dir():
        print(f'SKIP: no corpus at {PACKETS}')
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
