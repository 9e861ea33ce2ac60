#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A neighbour that is renamed, moved or left out of the configuration while measures stand at it: what
stands there is never said to be gone because nobody looks any more.

test_act_moved.py PROGRAM [unittest options]
"""
import json
import os
import re
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import act_world  # noqa: E402
from act_world import BOX, GOOD, GUARD, NEIGHBORS, Case  # noqa: E402

TARGET = '198.18.10.1'
BIRD = NEIGHBORS.split('    - name: gobgp')[0]
DUTY = '''duty:
  zone: UTC
  people: [{name: alice, language: en, program: /bin/true}]
  shifts: [{people: [alice], from: "00:00", until: "24:00"}]
'''


class Moved(Case):
    def configure(self, neighbors, **keys):
        self.world.configure('', neighbors, more=DUTY, **keys)

    def reload(self, neighbors):
        """What the role said of it."""
        before = len(self.world.log('act'))
        self.configure(neighbors)
        self.act.send_signal(signal.SIGHUP)
        self.world.wait(lambda: 'reload' in self.world.log('act')[before:], 'the reload', self.act)
        return self.world.log('act')[before:]

    def begin_anew(self, neighbors):
        self.world.kill(self.act)
        self.configure(neighbors)
        self.act = self.world.begin_act()

    def withdraw(self, measure):
        done = self.world.run('act', 'withdraw', measure, '--why', 'the customer asked')
        self.assertEqual(done.returncode, GOOD, done.stderr)

    def withdraw_neighbor(self, name):
        """One measure stands there."""
        done = self.world.run('act', 'withdraw', '--neighbor', name, '--why', 'the customer asked', '--json')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertEqual(json.loads(done.stdout)['count'], 1)

    def wait_gone(self, measure, seconds=10):
        self.world.wait(lambda: self.world.stage(measure) == 'gone', f'that {measure} is gone',
                        seconds=seconds)

    def pages(self, measure):
        with self.world.desk() as db:
            texts = [json.loads(body).get('text', '') for body, in
                     db.execute("SELECT body FROM outbox WHERE kind = 'page'")]
        return [t for t in texts if measure in t and 'neighbour' in t]

    def stuck(self, measure):
        return [p for p in self.pages(measure) if 'cannot be taken back' in p]

    def acts(self):
        return [act for act, _, _ in self.world.audit()]


class Session(Moved):
    """A BGP neighbour, with real ExaBGP and BIRD."""
    neighbors = BIRD

    def setUp(self):
        super().setUp()
        self.reload(BIRD)
        self.world.wait_up('bird')

    def stands(self, until='5m'):
        measure = self.world.started(self.incident, until=until)
        self.world.wait(lambda: TARGET in self.world.blackholes(), 'the blackhole')
        return measure

    def test_reload_is_refused_while_it_stands(self):
        w, measure = self.world, self.stands()
        for what, neighbors in (('renamed', BIRD.replace('- name: bird', '- name: border-1')),
                                ('another address', BIRD.replace('address: 10.99.2.2', 'address: 10.99.2.9')),
                                ('another kind', BIRD.replace('kind: exabgp', 'kind: dry_run')),
                                ('left out', BOX)):
            said = self.reload(neighbors)
            self.assertIn('reload-refused', said, what)
            self.assertIn(measure, said, what)
            self.assertRegex(w.run('act', 'list').stdout, f'not read anew: act.neighbors bird: .*{measure}')
            self.assertIn('読み直されていません', w.run('act', 'list', lang='ja_JP.UTF-8').stdout)
        self.withdraw(measure)
        w.wait(lambda: TARGET not in w.blackholes(), 'that BIRD has it no more')
        self.wait_gone(measure)
        self.assertNotIn('reload-refused', self.reload(BIRD.replace('- name: bird', '- name: border-1')))
        self.assertNotIn('not read anew', w.run('act', 'list').stdout)

    def test_renamed_over_a_restart(self):
        """The session is the same one: it is kept there, and taken back there."""
        w, measure = self.world, self.stands()
        self.begin_anew(BIRD.replace('- name: bird', '- name: border-1'))
        w.wait(lambda: 'border-1: up, has 1' in w.run('act', 'list').stdout, 'that it is kept')
        self.assertNotIn('not configured', w.run('act', 'list').stdout)
        self.withdraw_neighbor('border-1')
        w.wait(lambda: TARGET not in w.blackholes(), 'that BIRD has it no more')
        self.wait_gone(measure)

    def test_left_out_over_a_restart(self):
        """The relay knows how it is taken back, by the measure's id."""
        w, measure = self.world, self.stands()
        self.begin_anew(BOX)
        line = 'neighbour bird is not configured any more'
        w.wait(lambda: line in w.run('act', 'list').stdout, 'that it is said')
        self.assertIn('隣接 bird の設定がもうない', w.run('act', 'list', lang='ja_JP.UTF-8').stdout)
        self.assertIn(TARGET, w.blackholes())
        self.assertEqual(len(self.pages(measure)), 1)
        done = w.run('act', 'withdraw', '--neighbor', 'nowhere', '--why', 'the customer asked')
        self.assertIn('no neighbour of act.neighbors has that name, and no measure began under it', done.stderr)
        self.withdraw_neighbor('bird')
        w.wait(lambda: TARGET not in w.blackholes(), 'that BIRD has it no more')
        self.wait_gone(measure)

    def test_left_out_and_nobody_answers(self):
        """It stays withdrawn until somebody answers, and people are told once."""
        w, measure = self.world, self.stands()
        relay = w.relay()
        os.kill(relay, signal.SIGSTOP)
        self.begin_anew(BOX)
        self.withdraw(measure)
        w.wait(lambda: 'cannot be taken back: neighbour bird is not configured any more' in
               w.run('act', 'list').stdout, 'that it is said')
        w.wait(lambda: self.stuck(measure), 'the page', seconds=20)
        self.assertEqual(w.stage(measure), 'withdrawn')
        self.assertIn(TARGET, w.blackholes())
        stuck = self.stuck(measure)
        self.assertEqual(len(stuck), 1)
        self.begin_anew(BOX)
        time.sleep(12)
        self.assertEqual(self.stuck(measure), stuck)
        self.assertNotIn('gone', self.acts())
        os.kill(relay, signal.SIGCONT)
        w.wait(lambda: TARGET not in w.blackholes(), 'that BIRD has it no more')
        self.wait_gone(measure)

    def test_put_back_over_a_restart(self):
        w, measure = self.world, self.stands()
        self.begin_anew(BOX)
        w.wait(lambda: 'not configured' in w.run('act', 'list').stdout, 'that it is said')
        self.begin_anew(BIRD)
        w.wait(lambda: 'bird: up, has 1' in w.run('act', 'list').stdout, 'that it is kept')
        w.wait(lambda: 'not configured' not in w.run('act', 'list').stdout, 'that nothing is said')
        self.assertIn('within_reach', self.acts())
        self.assertIn(TARGET, w.blackholes())

    def test_gone_by_its_end(self):
        """Where nobody can be asked the end counts that the router was told."""
        w, measure = self.world, self.stands(until='12s')
        until = time.time() + 12
        w.kill(self.exabgp)
        self.begin_anew(BOX)
        self.withdraw(measure)
        time.sleep(max(0, until - 1 - time.time()))
        self.assertEqual(w.stage(measure), 'withdrawn')
        self.wait_gone(measure)
        self.assertTrue(any(act == 'gone' and 'nobody could be asked' in body
                            for act, _, body in w.audit()))


class Unsayable(Moved):
    """What no router can be told: the plan says so, and what is there no more has words is not asked for
    for ever."""
    daemons, neighbors = ('act',), NEIGHBORS.replace('kind: exabgp', 'kind: dry_run')

    def without_hop(self):
        return re.sub('      next_hop6: .*\n', '', self.neighbors)

    def setUp(self):
        super().setUp()
        self.six = self.world.copy(self.incident, '2001:db8:10::1', 6, object='site-v6')
        self.reload(self.neighbors)

    def test_plan_says_so(self):
        w = self.world
        self.assertTrue(w.option(self.six, 'rtbh')['allowed'])
        self.reload(self.without_hop())
        option = w.option(self.six, 'rtbh')
        self.assertFalse(option['allowed'])
        self.assertIn('bird, next_hop6', option['why_not']['en'])
        self.assertTrue(w.option(self.incident, 'rtbh')['allowed'])
        # A reference of consent gives no router words.
        done = w.run(*w.start_args(self.six, option, consent='K-2026-7'))
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertIn('next_hop6', done.stderr)
        self.assertTrue(any('unsayable' in body for _, _, body in w.audit()))
        self.assertEqual(w.measures(), [])

    def test_words_are_lost(self):
        w = self.world
        measure = w.started(self.six)
        self.reload(self.without_hop())
        self.wait_gone(measure)
        self.assertIn('failed', self.acts())
        self.assertEqual(w.log('act').count('router-untold'), 1)
        self.assertNotIn('router-refused', w.log('act'))
        with w.desk() as db:
            texts = [json.loads(body)['text'] for body, in
                     db.execute("SELECT body FROM outbox WHERE kind = 'page'")]
        self.assertTrue(any('it could not be said to the router' in t for t in texts), texts)


class Table(Moved):
    """A Linux box."""
    neighbors, daemons = BOX, ('act',)

    def setUp(self):
        super().setUp()
        self.reload(BOX)

    def stands(self):
        measure = self.world.started(self.incident, 'nftables', 'box', until='5m')
        self.assertIn(measure, self.rules())
        return measure

    def rules(self):
        return self.net.hub.run('nft', 'list', 'ruleset')

    def test_reload_is_refused_while_it_stands(self):
        measure = self.stands()
        for neighbors in (BOX.replace('table: noroshi_test', 'table: other'), BIRD):
            said = self.reload(neighbors)
            self.assertIn('reload-refused', said)
            self.assertIn(measure, said)
        self.withdraw(measure)
        self.wait_gone(measure)
        self.assertNotIn(measure, self.rules())

    def test_other_table_over_a_restart(self):
        """It is not put into the other one, and is taken out of the old one."""
        measure = self.stands()
        self.begin_anew(BOX.replace('table: noroshi_test', 'table: other'))
        self.world.wait(lambda: 'no longer nftables noroshi_test' in self.world.run('act', 'list').stdout,
                        'that it is said')
        self.assertEqual(self.rules().count(f'counter {measure}'), 1, self.rules())
        self.withdraw(measure)
        self.wait_gone(measure)
        self.assertNotIn(measure, self.rules())

    def test_left_out_over_a_restart(self):
        measure = self.stands()
        self.begin_anew(BIRD)
        self.withdraw(measure)
        self.wait_gone(measure)
        self.assertNotIn(measure, self.rules())


if __name__ == '__main__':
    Case.program = os.path.abspath(sys.argv.pop(1))
    unittest.main()
