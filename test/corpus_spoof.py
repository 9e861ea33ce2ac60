#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Are the sources forged? Real captures whose answer is known, and each piece of evidence withheld.

usage: corpus_spoof.py NOROSHI    (the corpus stands in $NOROSHI_CORPUS)
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

NOROSHI = sys.argv[1]
CORPUS = pathlib.Path(os.environ.get('NOROSHI_CORPUS', '../shared/corpus')).resolve()
PACKETS = CORPUS / '02-packets'
SCANS = [f'markfvl+Pcaphunt/test/{n}' for n in ('ps-*.pcap', 'hs-*.pcap')] + \
    ['ntop+nDPI/tests/cfgs/default/pcap/synscan.pcap']


def run(*args):
    done = subprocess.run([NOROSHI, *map(str, args)], capture_output=True, timeout=120, check=False)
    if done.returncode not in (0, 1):
        raise AssertionError(f'{args}: exit {done.returncode}: {done.stderr.decode()[-500:]}')
    return [json.loads(line) for line in done.stdout.splitlines()]


def read(path, *options):
    return run('read', '--json', '--as', 'packets', *options, path)


def told(incident):
    s = incident['spoofing']
    return f"{s['verdict']} {s['confidence']} ({s['rule']}): " + ', '.join(
        f"{e['test']} {e['figure']:g} [{e['weight']:+.2f}]" for e in s['evidence'])


@unittest.skipUnless(PACKETS.is_dir(), f'SKIP: no corpus at {PACKETS}')
class Spoof(unittest.TestCase):
    """The answer each capture has."""

    def one(self, name, *options):
        got = read(PACKETS / name, *options)
        self.assertEqual(len(got), 1, [(i['targets'], i['vectors']) for i in got])
        print(f'{name}: {told(got[0])}')
        return got[0]

    def test_forged_flood(self):
        """37,623 sources for 37,841 SYN, none of them impossible, two TTLs."""
        got = self.one('StopDDoS+packet-captures/pkt.TCP.synflood.spoofed.pcap')
        self.assertEqual(got['spoofing']['verdict'], 'spoofed')
        self.assertGreaterEqual(got['spoofing']['confidence'], 0.95)
        self.assertEqual(got['facts']['all']['bogon'], 0)
        self.assertEqual(got['facts']['all']['ttl_values'], 2)
        self.assertLessEqual({t['real'] for t in got['sources']['top']}, {None})

    def test_forged_flood_with_each_piece_withheld(self):
        with tempfile.TemporaryDirectory() as db:
            read(PACKETS / 'StopDDoS+packet-captures/pkt.TCP.synflood.spoofed.pcap', '--db', db)
            ident = run('incident', 'list', '--json', '--db', db)[0]['id']
            for test in run('judge', '--list', '--json')[0]:
                got, = run('judge', '--json', '--db', db, '--without', test, ident)
                print(f'without {test}: {told(got)}')
                self.assertNotEqual(got['spoofing']['verdict'], 'not_spoofed', test)
                self.assertNotIn(test, {e['test'] for e in got['spoofing']['evidence']})

    def test_one_private_source(self):
        got = self.one('doriguzzi+lucid-ddos/sample-dataset/CIC-DDoS-2019-SynFlood.pcap')
        self.assertIn(got['spoofing']['verdict'], ('unknown', 'not_spoofed'))
        self.assertLessEqual(got['spoofing']['confidence'], 0.8)
        self.assertIn('third party', got['spoofing']['said']['en'])
        self.assertIn('第三者', got['spoofing']['said']['ja'])

    def test_synack_reflection(self):
        path = PACKETS / 'StopDDoS+packet-captures/amp.TCP.syn.optionallyACK.optionallysamePort.pcapng'
        got = [i for i in read(path, '--threshold', 'synack_reflection=2')
               if 'synack_reflection' in i['vectors']]
        self.assertTrue(got)
        for i in got:
            print(f'{path.name}: {i["vectors"]} {told(i)}')
            self.assertEqual(i['spoofing']['verdict'], 'not_spoofed')
            self.assertEqual(i['spoofing']['rule'], 'reflection')
            self.assertIn('reflectors', i['spoofing']['said']['en'])

    def test_amplification(self):
        for name in ('amp.UDP.isakmp.pcap', 'amp.UDP.bacnet.IOT.37810.pcapng'):
            got = self.one(f'StopDDoS+packet-captures/{name}')
            self.assertEqual(got['spoofing']['verdict'], 'not_spoofed', name)
            self.assertEqual(got['spoofing']['rule'], 'reflection', name)

    def test_a_scanner_is_real_by_the_answers_it_uses(self):
        """Not by anything else: a source that used none may be somebody else's address."""
        opened = 0
        for path in sorted(p for s in SCANS for p in PACKETS.glob(s)):
            for i in read(path, '--threshold', 'all=20'):
                if i['kind'] != 'scan':
                    continue
                opened += 1
                used = i['facts'] and i['facts']['all']['established'] > 0
                print(f'{path.name}: established {used}: {told(i)}')
                if i['spoofing']['verdict'] == 'not_spoofed':
                    self.assertTrue(used or i['spoofing']['confidence'] <= 0.8, path)
                if used:
                    self.assertEqual(i['spoofing']['verdict'], 'not_spoofed', path)
                else:
                    self.assertNotEqual(i['spoofing']['verdict'], 'not_spoofed', path)
                for top in i['sources']['top']:
                    self.assertTrue(used or top['real'] is None)
        self.assertGreater(opened, 0)


if __name__ == '__main__':
    if not PACKETS.is_dir():
        print(f'SKIP: no corpus at {PACKETS}')
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
