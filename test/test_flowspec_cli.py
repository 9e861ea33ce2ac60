#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""`noroshi flowspec` from outside: octets on the command line, in files and on standard input, what is
said of them in both languages and as JSON, and with which status it ends.

test_flowspec_cli.py PROGRAM [unittest options]
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = None
GOOD, REFUSED, USAGE = 0, 1, 2
TCP = '03038106'
PURE_SYN = '11' '0120cb007109' '038106' '058150' '090102c310'


def run(*args, stdin=None, lang='C'):
    env = dict(os.environ, LANG=lang, LC_ALL=lang)
    return subprocess.run([PROGRAM, 'flowspec', *args], capture_output=True, text=True, input=stdin,
                          env=env, timeout=60, check=False)


class Case(unittest.TestCase):
    def ends(self, status, *args, **kwargs):
        done = run(*args, **kwargs)
        self.assertEqual(done.returncode, status, f'{args}: {done.stdout[-500:]}{done.stderr[-500:]}')
        return done

    def json(self, status, *args, **kwargs):
        out = self.ends(status, *args, '--json', **kwargs).stdout
        return [json.loads(line) for line in out.splitlines()]


class Check(Case):
    def test_three_states(self):
        self.assertEqual(self.ends(GOOD, 'check', TCP).stdout, 'accepted: protocol =6\n')
        self.assertEqual(self.ends(GOOD, 'check', '0303c906').stdout,
                         'normalised to 03038106 because first_and_bit_set, zero_bit_set: protocol =6\n')
        self.assertEqual(self.ends(REFUSED, 'check', '040b910001').stdout,
                         'refused because exceed_max_value_length (octet 2, dscp): '
                         'a value takes more octets than its component allows\n')

    def test_japanese(self):
        self.assertEqual(self.ends(GOOD, 'check', '--lang', 'ja', TCP, '0303c106').stdout,
                         '受理: protocol =6\n正規化 03038106 (first_and_bit_set): protocol =6\n')
        self.assertIn('拒否 unknown_component (オクテット 1、型 14)',
                      self.ends(REFUSED, 'check', '--lang', 'ja', '030e8106').stdout)

    def test_canonical_form(self):
        out = self.ends(GOOD, 'check', '0404910050').stdout
        self.assertEqual(out, 'accepted: port =80\n  canonical form: 03048150\n')

    def test_one_refused_is_enough(self):
        done = self.ends(REFUSED, 'check', TCP, '00', TCP)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()],
                         ['accepted:', 'refused', 'accepted:'])

    def test_strict(self):
        self.assertIn('refused because nonzero_padding (octet 5, destination)',
                      self.ends(REFUSED, 'check', '--strict', '0501157f067f').stdout)
        self.ends(GOOD, 'check', '--strict', TCP)
        # The first on the wire is told, even where something worse follows.
        (answer,) = self.json(REFUSED, 'check', '--strict', '--length', 'no', '038906' '0b910001')
        self.assertEqual((answer['reason'], answer['octet'], answer['component']),
                         ('zero_bit_set', 1, 3))
        (answer,) = self.json(REFUSED, 'check', '--length', 'no', '038906' '0b910001')
        self.assertEqual(answer['reason'], 'exceed_max_value_length')

    def test_several_behind_each_other(self):
        answers = self.json(GOOD, 'check', TCP + '03038111')
        self.assertEqual([a['nlri'] for a in answers], [TCP, '03038111'])
        self.assertTrue(all(a['framed'] for a in answers))

    def test_length_or_none(self):
        for option, state in (('auto', 'accepted'), ('no', 'accepted'), ('yes', 'refused')):
            (answer,) = self.json(GOOD if state == 'accepted' else REFUSED, 'check', '--length',
                                  option, '038106')
            self.assertEqual(answer['state'], state)
            if state == 'accepted':
                self.assertEqual((answer['value'], answer['nlri']), ('038106', TCP))
        (answer,) = self.json(REFUSED, 'check', '--length', 'no', TCP)
        self.assertEqual(answer['reason'], 'not_complete')
        # A cut NLRI is not taken for the components of another.
        (answer,) = self.json(REFUSED, 'check', '0b0118c0000203810604')
        self.assertEqual(answer['state'], 'refused')

    def test_no_length_that_holds_nothing(self):
        """A cut NLRI is said to be cut: one octet is no component, so no length stands before it."""
        for given, family in (('0118', '4'), ('0167', '6'), ('0218', '4'), ('03', '4')):
            (answer,) = self.json(REFUSED, 'check', '--family', family, given)
            self.assertEqual((answer['reason'], answer['framed']), ('not_complete', False), given)
        # Where it is a length all the same, of what is broken further on.
        (answer,) = self.json(REFUSED, 'check', '0b0118c0000203810603811106'[:24])
        self.assertTrue(answer['framed'])
        (answer,) = self.json(REFUSED, 'check', '00')
        self.assertEqual((answer['reason'], answer['framed']), ('empty', True))

    def test_the_reading_that_needs_no_change(self):
        """Both ways it is an NLRI: not the way in which bits have to be ignored."""
        (answer,) = self.json(GOOD, 'check', '0404d284c6')
        self.assertEqual((answer['state'], answer['framed'], answer['ambiguous']),
                         ('accepted', False, False))
        self.assertEqual(answer['value'], '0404d284c6')
        (answer,) = self.json(GOOD, 'check', '--length', 'yes', '0404d284c6')
        self.assertEqual((answer['state'], answer['ambiguous']), ('normalised', False))

    def test_ambiguous(self):
        """Both ways it is clean: with its length, and that is said."""
        both = '020100'     # of two octets: any destination; else the sources of 0.0.0.0/1
        (answer,) = self.json(GOOD, 'check', both)
        self.assertEqual((answer['state'], answer['framed'], answer['ambiguous']), ('accepted', True, True))
        self.assertIn('ambiguous: read with a length', self.ends(GOOD, 'check', both).stdout)
        self.assertIn('曖昧', self.ends(GOOD, 'check', '--lang', 'ja', both).stdout)
        done = self.ends(GOOD, 'decode', both)
        self.assertEqual(len(done.stdout.splitlines()), 1)      # a note is no output
        self.assertIn('ambiguous', done.stderr)
        for said in ('yes', 'no'):
            (answer,) = self.json(GOOD, 'check', '--length', said, both)
            self.assertEqual((answer['framed'], answer['ambiguous']), (said == 'yes', False))
            self.assertNotIn('ambiguous', self.ends(GOOD, 'check', '--length', said, both).stdout)

    def test_add_path(self):
        """A path identifier before each NLRI, cut or whole."""
        answers = self.json(GOOD, 'check', '--add-path', '00000000' + TCP + 'fffffffe' + '03038111')
        self.assertEqual([(a['path'], a['nlri'], a['framed']) for a in answers],
                         [(0, TCP, True), (0xfffffffe, '03038111', True)])
        self.assertEqual(answers[1]['given'], 'fffffffe03038111')
        self.assertEqual(self.ends(GOOD, 'decode', '--add-path', '00000007' + TCP).stdout,
                         'path 7 protocol =6\n')
        self.assertEqual(self.ends(GOOD, 'check', '--add-path', '00000007' + TCP).stdout,
                         'accepted: path 7 protocol =6\n')
        (answer,) = self.json(GOOD, 'check', '--add-path', '00000007' + '038106')
        self.assertEqual((answer['path'], answer['framed']), (7, False))
        (answer,) = self.json(GOOD, 'check', '--add-path', '--vpn', '00000007' + '0b0000fbf400000007038106')
        self.assertEqual((answer['path'], answer['flowspec']['rd']), (7, '64500:7'))
        (answer,) = self.json(GOOD, 'check', TCP)
        self.assertIsNone(answer['path'])
        # Octets count from the first of the identifier.
        (answer,) = self.json(REFUSED, 'check', '--add-path', '00000007' + '040b910001')
        self.assertEqual((answer['reason'], answer['octet'], answer['path']),
                         ('exceed_max_value_length', 6, 7))
        (answer,) = self.json(REFUSED, 'check', '--strict', '--add-path', '00000007' + '0303c106')
        self.assertEqual((answer['reason'], answer['octet']), ('first_and_bit_set', 6))
        whole = '00000007' + TCP
        for cut in range(2, len(whole), 2):
            for length in ('auto', 'yes'):
                (answer,) = self.json(REFUSED, 'check', '--add-path', '--length', length, whole[:cut])
                self.assertEqual(answer['path'], 7 if cut >= 8 else None)
                if cut < 8 or length == 'yes':
                    self.assertEqual(answer['reason'], 'not_complete')
        answers = self.json(REFUSED, 'check', '--add-path', '--length', 'yes', whole + '0000')
        self.assertEqual([(a['state'], a['path']) for a in answers], [('accepted', 7), ('refused', None)])

    def test_families(self):
        self.ends(REFUSED, 'check', '060da100000007')
        self.assertIn('flow-label =7', self.ends(GOOD, 'check', '--family', '6',
                                                 '060da100000007').stdout)
        self.ends(USAGE, 'check', '--family', '5', TCP)


class Decode(Case):
    def test_words(self):
        self.assertEqual(self.ends(GOOD, 'decode', PURE_SYN).stdout,
                         'destination 203.0.113.9/32 protocol =6 destination-port =80 '
                         'tcp-flags =syn&!=ack\n')

    def test_a_refusal_is_no_output(self):
        done = self.ends(REFUSED, 'decode', '030e8106', TCP)
        self.assertEqual(done.stdout, 'protocol =6\n')
        self.assertIn('refused because unknown_component', done.stderr)

    def test_actions(self):
        done = self.ends(GOOD, 'decode', '--communities', '8006000047f42400', '--communities',
                         '80:08:fb:f4:00:00:02:9a', '--communities',
                         '000d20010db80000000000000000000000010007', TCP)
        self.assertEqual(done.stdout, 'protocol =6 then rate-limit 125000 bytes/s '
                                      'redirect 64500:666 redirect [2001:db8::1]:7\n')
        self.assertIn('bad_rate', self.ends(REFUSED, 'decode', '--communities', '800600007fc00000',
                                            TCP).stderr)
        self.assertIn('bad_communities', self.ends(REFUSED, 'decode', '--communities', '8006', TCP)
                      .stderr)
        self.assertIn('not_hex', self.ends(REFUSED, 'decode', '--communities', 'xy', TCP).stderr)

    def test_rule(self):
        (answer,) = self.json(GOOD, 'decode', '--communities', '8006000047f42400',
                              '060120cb007109')
        self.assertEqual(answer['rule']['destination'], '203.0.113.9/32')
        self.assertEqual((answer['rule']['action'], answer['rule']['limit_bps']),
                         ('rate-limit', 1e6))
        (answer,) = self.json(GOOD, 'decode', TCP)
        self.assertIsNone(answer['rule'])  # no destination

    def test_vpn(self):
        self.assertEqual(self.ends(GOOD, 'decode', '--vpn', '0b0000fbf400000007038106').stdout,
                         'rd 64500:7 protocol =6\n')


class Input(Case):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix='noroshi-flowspec-')
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name

    def path(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
        return path

    def test_file_and_standard_input(self):
        lines = f'# a comment\n\n{TCP}  # with one\n0x03 03 81 11\n  03:03:81:01'
        want = 'protocol =6\nprotocol =17\nprotocol =1\n'
        self.assertEqual(self.ends(GOOD, 'decode', self.path('lines.txt', lines)).stdout, want)
        self.assertEqual(self.ends(GOOD, 'decode', '-', stdin=lines).stdout, want)

    def test_hexadecimal_is_no_file(self):
        self.path('03038106', '03038111\n')
        done = subprocess.run([PROGRAM, 'flowspec', 'decode', '03038106', './03038106'],
                              capture_output=True, text=True, cwd=self.dir, timeout=60, check=False)
        self.assertEqual(done.stdout, 'protocol =6\nprotocol =17\n')

    def test_what_is_not_hexadecimal(self):
        answers = self.json(REFUSED, 'check', '-', stdin=f'xyz\n{TCP}0\n0 3038106\n{TCP}\n')
        self.assertEqual([a.get('reason') for a in answers], ['not_hex'] * 3 + [None])
        self.assertIsNone(answers[0]['given'])
        self.assertEqual(answers[3]['given'], TCP)

    def test_absent(self):
        done = self.ends(USAGE, 'check', os.path.join(self.dir, 'absent'))
        self.assertIn('absent: ', done.stderr)
        self.ends(USAGE, 'check')
        self.ends(USAGE, 'check', self.dir)

    def test_too_long(self):
        (answer,) = self.json(REFUSED, 'check', '-', stdin='03' * 300000)
        self.assertEqual(answer['reason'], 'too_long')
        (answer,) = self.json(REFUSED, 'check', '--length', 'no', '-',
                              stdin='03' + '0106' * 2047 + '8106')
        self.assertEqual(answer['reason'], 'too_long')
        (answer,) = self.json(GOOD, 'check', '--length', 'no', '-', stdin='03' + '0106' * 2046 + '8106')
        self.assertTrue(answer['nlri'].startswith('ffff03'))
        self.assertEqual(answer['canonical'], TCP)

    def test_nothing_in_it(self):
        self.assertEqual(self.json(GOOD, 'check', '-', stdin='\n# nothing\n'), [])


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
