#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Kinds of sources and scope of real attack captures: what each is known to be, and no more.

usage: corpus_whose.py NOROSHI    (the corpus stands in $NOROSHI_CORPUS)
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

NOROSHI = sys.argv[1]
CORPUS = pathlib.Path(os.environ.get('NOROSHI_CORPUS', '../shared/corpus')).resolve()
PACKETS = CORPUS / '02-packets'
STOPDDOS = 'StopDDoS+packet-captures/'


def name_of(kind):
    return kind['kind'] + (f":{kind['protocol']}" if kind['protocol'] else '')


@unittest.skipUnless(PACKETS.is_dir(), f'SKIP: no corpus at {PACKETS}')
class Whose(unittest.TestCase):
    """One incident a capture; its kinds by name with their shares."""

    def incident(self, name, *options):
        done = subprocess.run([NOROSHI, 'read', '--json', *options, str(PACKETS / name)],
                              capture_output=True, timeout=120, check=False)
        got = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(got), 1, done.stderr.decode()[-500:])
        self.assertEqual(got[0]['scope']['actor'], 'unknown')
        self.assertIsNone(got[0]['scope']['pattern'])
        self.assertTrue(all(got[0]['scope']['unknown'].values()))
        return got[0]

    def kinds(self, name, *options):
        return {name_of(k): k for k in self.incident(name, *options)['source_kinds']}

    def test_forged_syn_flood_is_of_no_kind(self):
        got = self.kinds(STOPDDOS + 'pkt.TCP.synflood.spoofed.pcap')
        self.assertEqual(list(got), ['unknown'])
        self.assertEqual(got['unknown']['basis'], ['forged'])

    def test_one_source_and_its_caveat(self):
        got = self.kinds('doriguzzi+lucid-ddos/sample-dataset/CIC-DDoS-2019-SynFlood.pcap')
        self.assertEqual(list(got), ['single_host'])
        self.assertIn('a forged third-party address stays possible',
                      got['single_host']['reason']['en'])

    def test_reflectors_by_name(self):
        got = self.kinds(STOPDDOS + 'amp.UDP.isakmp.pcap')
        self.assertEqual(list(got), ['reflectors:port4500'])
        got = self.kinds(STOPDDOS + 'amp.UDP.bacnet.IOT.37810.pcapng')
        self.assertGreaterEqual(set(got), {'reflectors:bacnet', 'reflectors:dvr'})
        self.assertTrue(all(k.startswith(('reflectors', 'unknown')) for k in got), got)

    def test_fragments_of_dns_answers(self):
        got = self.kinds(STOPDDOS + 'amp.dns.RRSIG.fragmented.pcap', '--threshold', 'all=300')
        self.assertGreater(got['reflectors:dns']['share'], 0.95)

    def test_synack_reflection(self):
        got = self.kinds(STOPDDOS + 'amp.TCP.syn.optionallyACK.optionallysamePort.pcapng',
                         '--threshold', 'all=3')
        self.assertEqual(set(got), {'reflectors:tcp', 'unknown'})  # scanners are beside them


if __name__ == '__main__':
    sys.exit(unittest.main(argv=sys.argv[:1] + sys.argv[2:]))
