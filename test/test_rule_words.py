#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Each target's words mean exactly the packets of the rule: random rules are rendered, the words are read
by readers that know nothing of the rule (rule_words.py), and both judge the same packets.

test_rule_words.py RULE_PACKETS"""
import collections
import json
import os
import subprocess
import sys
import unittest

from rule_words import Packet, access_list, exabgp, junos, reader

RULE_PACKETS = os.path.abspath(sys.argv[1])
TARGETS = ('exabgp', 'ios-xe', 'ios-xr', 'junos', 'eos')
SEEDS = range(1, 4)


def rules(*arguments):
    out = subprocess.run([RULE_PACKETS, *map(str, arguments)], check=True, capture_output=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def wrong(rule, packets):
    """[(target, packet number)] where a target's words and the rule do not agree."""
    found = []
    for target in TARGETS:
        if target in rule['said']:
            says = reader(target, rule['said'][target], rule['v4'])
            found += [(target, i) for i, (packet, matches) in enumerate(packets)
                      if says(packet) != matches]
    return found


class Words(unittest.TestCase):
    def test_same_packets(self):
        said, matched, packets_of = collections.Counter(), 0, 0
        for seed in SEEDS:
            for rule in rules('random', seed, 150, 40):
                packets = [(Packet(bytes.fromhex(h)), matches) for h, matches in rule['packets']]
                for target, i in wrong(rule, packets)[:1]:
                    self.fail(f"seed {seed}, {rule['rule']}\n{target}: {rule['said'][target]}\n"
                              f"packet {rule['packets'][i]}")
                said.update(rule['said'].keys())
                matched += sum(m for _, m in packets)
                packets_of += len(packets)
        print(f'{packets_of} packets, {matched} of them matched; said by {dict(said)}')
        self.assertGreater(matched, packets_of // 5)
        self.assertGreater(packets_of - matched, packets_of // 5)
        for target in TARGETS:
            self.assertGreater(said[target], 150, target)

    def test_every_rule_is_answered(self):
        for rule in rules('named'):
            self.assertEqual(len(rule['said']) + len(rule['cannot']), len(TARGETS) + 1)
            self.assertTrue(all(rule['cannot'].values()), rule)

    def test_a_rule_left_half_said_is_seen(self):
        """SYN without "not ACK", a port too many, ports looked for in fragments."""
        rule = next(r for r in rules('named') if r['name'] == 'syn-flood')
        said, v4 = rule['said'], rule['v4']
        syn_ack = bytes.fromhex('45000028000100004006000002020202c6336450' '01bb0050' + '00' * 8 +
                                '5012' + '00' * 6)
        syn = syn_ack[:33] + b'\x02' + syn_ack[34:]
        for target in TARGETS:
            self.assertTrue(reader(target, said[target], v4)(Packet(syn)), target)
            self.assertFalse(reader(target, said[target], v4)(Packet(syn_ack)), target)
        self.assertTrue(exabgp(said['exabgp'].replace('&!=ack', ''))(Packet(syn_ack)))
        self.assertTrue(access_list(said['ios-xe'].replace(' -ack', ''), v4)(Packet(syn_ack)))
        later = syn[:6] + b'\x00\x05' + syn[8:]
        self.assertFalse(junos(said['junos'], v4)(Packet(later)))
        without = '\n'.join(line for line in said['junos'].splitlines() if 'fragment' not in line)
        self.assertTrue(junos(without, v4)(Packet(later)))


if __name__ == '__main__':
    sys.argv[1:2] = []
    unittest.main(verbosity=2)
