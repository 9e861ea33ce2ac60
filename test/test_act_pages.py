#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Pages before a measure's end, the command that stands in them, typed at a terminal, and where they are
listed. Nothing here speaks to a router.

test_act_pages.py PROGRAM [unittest options]
"""
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from act_world import GOOD, LAW, NEIGHBORS, WORDS, World  # noqa: E402

DRY = NEIGHBORS.replace('kind: exabgp', 'kind: dry_run')
DUTY = '''duty:
  zone: Asia/Tokyo
  people:
    - {name: carol, language: en, program: /bin/true}
    - {name: hana, language: ja, program: /bin/true}
  shifts: [{people: [carol, hana]}]
'''
PROGRAM = None
TEN = 600


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, world, *args):
        self.fd, slave = pty.openpty()
        self.said = ''
        env = dict(os.environ, LANG='C', LC_ALL='C', TERM='dumb')
        self.child = subprocess.Popen([PROGRAM, *args, '--db', world.db, '--conf', world.conf], stdin=slave,
                                      stdout=slave, stderr=slave, env=env, start_new_session=True)
        os.close(slave)

    def read(self, until=None, seconds=20):
        """Until it says so, or ends."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until in self.said):
            if not select.select([self.fd], [], [], 0.1)[0]:
                continue
            try:
                part = os.read(self.fd, 4096)
            except OSError:
                break
            if not part:
                break
            self.said += part.decode()
        if until and until not in self.said:
            raise AssertionError(f'{until!r} was not said: {self.said!r}')
        return self.said

    def type(self, line):
        os.write(self.fd, line.encode() + b'\n')

    def end(self):
        self.read()
        os.close(self.fd)
        return self.child.wait(20)


class Pages(unittest.TestCase):
    def setUp(self):
        self.world = w = World(PROGRAM)
        self.addCleanup(w.end)
        self.incident = w.attack('syn-real')
        w.configure(neighbors=DRY, more=DUTY)
        w.begin_act()
        self.measure = w.started(self.incident, until=f'{TEN + 3}s')

    def rows(self):
        with self.world.desk() as db:
            bodies = db.execute("SELECT body FROM outbox WHERE kind = 'page' ORDER BY id").fetchall()
        return {row['language']: row['text'] for row in (json.loads(body) for body, in bodies)}

    def until(self):
        return next(m['until'] for m in self.world.measures() if m['id'] == self.measure)

    def renew(self, *args):
        return Terminal(self.world, 'act', 'renew', self.measure, *args)

    def test_page_and_its_command(self):
        w = self.world
        w.wait(lambda: len(self.rows()) == 2, 'the pages', seconds=20)
        for text in self.rows().values():
            self.assertLessEqual(len(text), 140)
            self.assertIn(f'noroshi act renew {self.measure} ', text)
        self.assertIn('ends in 10 min', self.rows()['en'])
        self.assertIn('10 分後に終了', self.rows()['ja'])

        before = self.until()
        words = re.search(r'noroshi (act renew m\w+)', self.rows()['en']).group(1).split()
        terminal = Terminal(w, *words)
        terminal.read('still necessary?: ')
        self.assertIn('198.18.10.1', terminal.said)
        terminal.type('the attack goes on and the line is still full')
        terminal.read(']: ')
        terminal.type('')
        self.assertEqual(terminal.end(), GOOD, terminal.said)
        shown, = (m for m in w.measures() if m['id'] == self.measure)
        self.assertEqual(shown['necessity'], 'the attack goes on and the line is still full')
        self.assertGreater(shown['until'], before)
        self.assertEqual(shown['renewals'], 1)
        # As long again, but for the time between start and approval.
        at = [time.mktime(time.strptime(t[:19], '%Y-%m-%dT%H:%M:%S')) for t in (before, shown['until'])]
        self.assertAlmostEqual(at[1] - at[0], TEN + 3, delta=3)

    def test_what_is_typed_is_checked(self):
        terminal = self.renew('--until', '1h')
        terminal.read('still necessary?: ')
        terminal.type(WORDS['necessity'])
        self.assertEqual(terminal.end(), LAW, terminal.said)
        self.assertNotIn('Until when', terminal.said)
        before = self.until()
        terminal = self.renew('--necessity', 'the line is still full and the attack goes on')
        terminal.read('Until when?')
        terminal.type('4h')
        self.assertEqual(terminal.end(), GOOD, terminal.said)
        self.assertGreater(self.until(), before)

    def test_nothing_is_asked_of_a_script(self):
        done = self.world.run('act', 'renew', self.measure)
        self.assertEqual(done.returncode, LAW)
        self.assertEqual(done.stdout, '')
        terminal = self.renew('--json')
        self.assertEqual(terminal.end(), LAW)
        self.assertNotIn('?', terminal.said)

    def test_end_of_input(self):
        before = self.until()
        terminal = self.renew()
        terminal.read('still necessary?: ')
        os.write(terminal.fd, b'\x04')
        self.assertNotEqual(terminal.end(), GOOD)
        self.assertIn('nothing was renewed', terminal.said)
        self.assertEqual(self.until(), before)

    def test_listed(self):
        w = self.world
        w.wait(lambda: len(self.rows()) == 2, 'the pages', seconds=20)
        said = w.check('page', 'list')
        self.assertIn('About measures:', said)
        self.assertIn('carol hana', said)
        self.assertIn('0 of 2 sent', said)
        self.assertIn(self.rows()['en'], said)
        self.assertIn(self.rows()['ja'], w.check('page', 'list', lang='ja_JP.UTF-8'))
        row, = (json.loads(line) for line in w.check('page', 'list', '--json').splitlines())
        self.assertEqual((row['kind'], row['ref'], row['pages']['due']), ('measure', self.measure, 2))
        for name in (self.measure, row['id']):
            self.assertIn(self.rows()['ja'], w.check('page', 'show', name))
        shown = json.loads(w.check('page', 'show', '--json', self.measure))
        self.assertEqual(len(shown['pages']), 2)
        # A program finds the keys of any other page: whom to ring above all.
        for page in shown['pages']:
            data = page['data']
            self.assertEqual((data['kind'], data['ref'], data['why'], data['incident'], data['severity']),
                             ('measure', self.measure, 'new', None, None))
            self.assertEqual((data['person'], data['text'], data['drill']),
                             (page['person'], page['text'], False))
            self.assertIn('phone', data)
        # What has gone out is listed for a day.
        with w.desk() as db:
            for number, body in db.execute('SELECT id, body FROM outbox').fetchall():
                body = json.loads(body)
                body['at'] = '2026-01-01T00:00:00Z'
                db.execute("UPDATE outbox SET state = 'sent', body = ? WHERE id = ?",
                           (json.dumps(body), number))
        self.assertEqual(w.check('page', 'list').strip(), 'no alarms')
        self.assertIn('2 of 2 sent', w.check('page', 'list', '--all'))


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
