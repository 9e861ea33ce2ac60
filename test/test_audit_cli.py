#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""audit verify and audit print from outside: over a desk with measures that a helper made, whole and
meddled with in each way that can be thought of; periods to their edges; both languages; JSON; and
without a key, without a store, with wrong words.

test_audit_cli.py PROGRAM AUDIT_STORE [unittest options]
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM = MAKER = None
GOOD, USAGE, CONF, STORE = 0, 2, 3, 4
ONE, TWO = 'm000000000001', 'm000000000002'
LINES = 11

CONFIGURATION = '''own: [198.18.0.0/16]
country: JP
store: {directory: %s}
duty: {zone: Asia/Tokyo}
'''


def run(*args, lang='C'):
    env = dict(os.environ, LANG=lang, LC_ALL=lang, TZ='UTC')
    return subprocess.run([PROGRAM, 'audit', *args], capture_output=True, text=True, env=env,
                          timeout=60, check=False)


class Audit(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='noroshi-audit-')
        self.addCleanup(shutil.rmtree, self.folder)
        self.db = os.path.join(self.folder, 'db')
        self.conf = os.path.join(self.folder, 'noroshi.yaml')
        with open(self.conf, 'w', encoding='utf-8') as f:
            f.write(CONFIGURATION % self.db)

    def make(self, kind='real'):
        subprocess.run([MAKER, self.db, kind], check=True, timeout=60)

    def meddle(self, *statements):
        db = sqlite3.connect(os.path.join(self.db, 'desk.db'))
        for sql in statements:
            self.assertNotEqual(db.execute(sql).rowcount, 0, sql)
        db.commit()
        db.close()

    def verify(self, *args):
        return run('verify', '--conf', self.conf, *args)

    def show(self, *args, **kw):
        return run('print', '--conf', self.conf, *args, **kw)

    def head(self):
        return json.loads(self.verify('--json').stdout)['head']

    # ---- verify ----

    def test_it_holds(self):
        self.make()
        done = self.verify()
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertIn(f'the log holds: {LINES} lines\n', done.stdout)
        self.assertIn(f'head {self.head()}\n', done.stdout)
        told = json.loads(self.verify('--json').stdout)
        self.assertTrue(told['holds'])
        self.assertEqual(told['lines'], LINES)
        self.assertTrue(told['head'].startswith(f'{LINES}:'))
        self.assertIn('監査記録は正しい', self.verify('--lang', 'ja').stdout)

    def test_each_way_of_meddling(self):
        moved = 'UPDATE audit SET seq = 100 WHERE seq = 4', 'UPDATE audit SET seq = 4 WHERE seq = 5', \
            'UPDATE audit SET seq = 5 WHERE seq = 100'
        cases = [
            # rewritten, reordered, cut out, cut off
            (["UPDATE audit SET actor = 'Lee' WHERE seq = 3"], 'line 3 (', 'line'),
            (["UPDATE audit SET at_us = at_us - 1 WHERE seq = 1"], 'line 1 (', 'line'),
            (moved, 'line 4 (', 'line'),
            (['DELETE FROM audit WHERE seq = 6'], 'line 6 (', 'line'),
            ([f'DELETE FROM audit WHERE seq = {LINES}'], TWO, 'end'),
            ([f"DELETE FROM audit WHERE seq >= {LINES - 1}",
              f"DELETE FROM measures WHERE id = '{TWO}'"], 'missing at the end', 'end'),
            # rows
            ([f"UPDATE measures SET stage = 'applied' WHERE id = '{ONE}'"], ONE, 'measure'),
            ([f"DELETE FROM measures WHERE id = '{TWO}'"], TWO, 'measure'),
            (["INSERT INTO measures SELECT 99, 'm0000000000ff', plan, incident, neighbor, 'approved', 0,"
              f" until_us, changed_us, body, mac, data_class FROM measures WHERE id = '{ONE}'"],
             'm0000000000ff', 'measure'),
            (["UPDATE plans SET hash = 'b'"], 'paaaaaaaaaaaa', 'plan'),
            (["UPDATE freezes SET frozen = 1"], 'all', 'freeze'),
        ]
        self.make()
        whole = os.path.join(self.folder, 'whole')
        shutil.copytree(self.db, whole)
        for statements, words, what in cases:
            with self.subTest(statements[0]):
                shutil.rmtree(self.db)
                shutil.copytree(whole, self.db)
                self.meddle(*statements)
                done = self.verify()
                self.assertEqual(done.returncode, STORE)
                self.assertIn(words, done.stderr)
                self.assertNotIn('holds', done.stdout)
                told = json.loads(self.verify('--json').stdout)
                self.assertFalse(told['holds'])
                self.assertEqual(told['what'], what)
                # What is handed to a regulator says so too.
                done = self.show('--period', '2008-08-01..2008-08-31')
                self.assertEqual(done.returncode, STORE)
                self.assertIn(words, done.stderr)

    def test_only_a_head_shows_that_all_was_put_back(self):
        self.make()
        earlier = os.path.join(self.folder, 'earlier')
        shutil.copytree(self.db, earlier)
        before = self.head()
        subprocess.run([PROGRAM, 'case', 'open', '--db', self.db, '--form', 'news', '--text', 'x'],
                       check=True, capture_output=True)
        after = self.head()
        self.assertNotEqual(before, after)
        for head in (before, after):
            self.assertEqual(self.verify('--head', head).returncode, GOOD)
        shutil.rmtree(self.db)
        shutil.copytree(earlier, self.db)
        self.assertEqual(self.verify().returncode, GOOD)  # nothing to be seen from inside
        done = self.verify('--head', after)
        self.assertEqual(done.returncode, STORE)
        self.assertIn('missing at the end', done.stderr)
        lines, mac = before.split(':')
        done = self.verify('--head', f'{lines}:{mac[::-1]}')
        self.assertEqual(done.returncode, STORE)
        self.assertIn(f'line {lines} ', done.stderr)

    def test_a_head_as_it_was_noted(self):
        """In the lines that the role leaves in its file, in a mail and in syslog."""
        self.make()
        head = self.head()
        broken = head[:-1] + ('0' if head[-1] != '0' else '1')
        for line in (f'2008-08-08T12:00:00Z {head}', f'2008-08-08T12:00:00.000000Z {head}\n',
                     f'audit head {head}', f'Aug  8 21:00:00 host noroshi[7]: audit head {head}',
                     f'2008-08-08T11:00:00Z {broken}\n2008-08-08T12:00:00Z {head}\n', f'  {head}  '):
            done = self.verify('--head', line)
            self.assertEqual(done.returncode, GOOD, line + done.stderr)
            done = self.verify('--head', line.replace(head, broken))
            self.assertEqual(done.returncode, STORE, line)
        for line in ('2008-08-08T12:00:00Z', f'2008-08-08T12:00:00Z {head}0', f'x{head}', '12:00 1:', ''):
            self.assertEqual(self.verify('--head', line).returncode, USAGE, line)

    def test_wrong_words(self):
        self.assertEqual(self.verify().returncode, STORE)  # there is none yet
        self.make()
        done = self.verify('--head', 'nonsense')
        self.assertEqual(done.returncode, USAGE)
        self.assertIn('LINES:MAC', done.stderr)
        for period in ('2008-08-08', '2008-08-08..', '..2008-08-08', '2008-13-01..2008-13-02',
                       '2008-08-09..2008-08-07', '2008-8-8..2008-8-9', 'x..y'):
            done = self.show('--period', period)
            self.assertEqual(done.returncode, USAGE, period)
            self.assertIn('FROM..UNTIL', done.stderr)
        done = self.show()
        self.assertEqual(done.returncode, USAGE)
        self.assertIn('--period', done.stderr)
        done = self.show('--measure', 'm9')
        self.assertEqual(done.returncode, STORE)
        self.assertIn('no such measure', done.stderr)
        self.assertEqual(run('verify', '--conf', '/nowhere.yaml').returncode, CONF)

    def test_without_the_key(self):
        self.make()
        os.rename(os.path.join(self.db, 'desk.key'), os.path.join(self.folder, 'desk.key'))
        done = self.verify()
        self.assertEqual(done.returncode, STORE)
        self.assertIn('key', done.stderr)
        done = self.show('--measure', ONE)
        self.assertEqual(done.returncode, STORE)  # it is printed, but nothing is proven
        self.assertIn('key', done.stderr)
        self.assertIn(ONE, done.stdout)

    # ---- print ----

    def test_print(self):
        self.make()
        done = self.show('--period', '2008-08-01..2008-08-31')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        out = done.stdout
        for words in (f'the log holds: {LINES} lines', f'Measure {ONE} (gone)', f'Measure {TWO} (lapsed)',
                      'blackhole (RTBH) for 198.18.10.1 at border-1', 'keep the other customers reachable',
                      'the border line is full since 21:00', 'no rule tells the attack from clients',
                      'header information', 'Sato (by login), 2008-08-08 21:00:01 JST',
                      'by Tanaka', 'the attack is over', 'approved -> applied', 'not measured',
                      'n0123456789ab: no_purpose: a purpose is missing', 'look at it first',
                      'it was not applied', 'nobody'):
            self.assertIn(words, out)
        self.assertEqual(out.count('no_purpose'), 1)
        self.assertNotIn('DRILL', out)
        japanese = self.show('--period', '2008-08-01..2008-08-31', '--lang', 'ja').stdout
        for words in ('法的根拠', '目的', '必要性', '承認者', '撤去', '監査記録', 'Tanaka による', '拒否'):
            self.assertIn(words, japanese)
        self.assertEqual(self.show('--period', '2008-08-01..2008-08-31', lang='ja_JP.UTF-8').stdout,
                         japanese)

    def test_a_drill_says_so(self):
        self.make('drill')
        self.assertTrue(self.show('--measure', ONE).stdout.startswith('DRILL'))
        self.assertTrue(self.show('--measure', ONE, '--lang', 'ja').stdout.startswith('訓練'))

    def measures_of(self, period):
        rows = [json.loads(line) for line in self.show('--json', '--period', period).stdout.splitlines()]
        return [r['measure']['id'] for r in rows if 'measure' in r]

    def test_periods(self):
        self.make()
        for period, measures in (
                ('2008-08-08..2008-08-08', [ONE]),
                ('2008-08-07..2008-08-07', []),
                ('2008-08-09..2008-08-14', []),
                ('2008-08-09..2008-08-15', [TWO]),
                ('2008-08-01..2008-08-31', [ONE, TWO]),
                # It stood from 12:00:00 to 12:30:01 UTC.
                ('2008-08-08T11:00:00Z..2008-08-08T12:00:00Z', []),
                ('2008-08-08T11:00:00Z..2008-08-08T12:00:01Z', [ONE]),
                ('2008-08-08T12:30:01Z..2008-08-08T13:00:00Z', [ONE]),
                ('2008-08-08T12:30:02Z..2008-08-08T13:00:00Z', [])):
            self.assertEqual(self.measures_of(period), measures, period)

    def test_json(self):
        self.make()
        done = self.show('--json', '--period', '2008-08-08..2008-08-08')
        head, measure, others = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(head['from'], '2008-08-07T15:00:00.000000Z')  # midnight of Japan
        self.assertEqual(head['until'], '2008-08-08T15:00:00.000000Z')
        self.assertTrue(head['log']['holds'])
        self.assertFalse(head['drill'])
        self.assertEqual([x['act'] for x in measure['lines']],
                         ['plan', 'start', 'approve', 'applied', 'withdraw', 'gone'])
        self.assertEqual(measure['lines'][2]['from'], 'planned')
        self.assertEqual(measure['lines'][2]['to'], 'approved')
        self.assertEqual(measure['measure']['stage'], 'gone')
        self.assertIsNone(measure['measure']['effect'])
        self.assertEqual([x['act'] for x in others['lines']], ['refuse'])
        done = self.show('--json', '--measure', TWO[:13])
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertIsNone(rows[0]['from'])
        self.assertEqual(rows[1]['measure']['id'], TWO)

    def test_a_forged_row_is_named_and_not_printed(self):
        self.make()
        self.meddle(f"UPDATE measures SET body = replace(body, 'Sato', 'Evil') WHERE id = '{ONE}'")
        done = self.show('--measure', ONE)
        self.assertEqual(done.returncode, STORE)
        self.assertNotIn('Evil', done.stdout)
        self.assertIn(f'{ONE}: this row was not written by noroshi', done.stdout)
        rows = [json.loads(line) for line in self.show('--json', '--measure', ONE).stdout.splitlines()]
        self.assertEqual(rows[1]['forged'], ONE)

    def test_nothing_to_tell(self):
        subprocess.run([PROGRAM, 'case', 'open', '--db', self.db, '--form', 'news', '--text', 'x'],
                       check=True, capture_output=True)
        done = self.show('--period', '2008-08-01..2008-08-31')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertIn('No measures.', done.stdout)


if __name__ == '__main__':
    PROGRAM, MAKER = (os.path.abspath(p) for p in sys.argv[1:3])
    sys.exit(unittest.main(argv=[sys.argv[0]] + sys.argv[3:]))
