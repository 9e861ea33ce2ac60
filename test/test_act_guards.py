#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Each guard of measures broken once, through the command: exit status, a reason that says what it is, and
the line of the audit log. Nothing here speaks to a router: one is a dry run, the others are never told.

test_act_guards.py PROGRAM [unittest options]
"""
import collections
import json
import os
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from act_world import (GOOD, GUARD, LAW, NOBODY, NEIGHBORS, ROUTER, USAGE, Door, Space, World,  # noqa: E402
                       agree, may_unshare, orders)

DRY = NEIGHBORS.replace('kind: exabgp', 'kind: dry_run')
TWO = '  two_persons: [rtbh]\n'
DUTY = '''duty:
  zone: UTC
  people: [{name: alice, language: en, program: /bin/true}]
  shifts: [{people: [alice], from: "00:00", until: "24:00"}]
'''
PROGRAM = None
STORE = 4
Hub = collections.namedtuple('Hub', 'hub')


class Case(unittest.TestCase):
    """One attack that goes on, and a configuration that would let a blackhole begin."""

    def setUp(self):
        self.world = World(PROGRAM)
        self.addCleanup(self.world.end)
        self.incident = self.world.attack('syn-real')
        self.world.configure(neighbors=DRY)

    def refused(self, done, status, word, *said):
        """It was refused so, stderr says why, and the log has it."""
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for part in said:
            self.assertIn(part, done.stderr)
        lines = [body for act, _, body in self.world.audit() if act.startswith('refus')]
        self.assertTrue(any(word in body for body in lines), (word, lines))
        self.assertEqual([m for m in self.world.measures() if m['stage'] not in ('planned', 'lapsed')], [])

    def start(self, incident=None, **words):
        return self.world.start(incident or self.incident, **words)[0]


class Nothing(Case):
    """A store on which nothing was ever begun has no measures, which is no trouble."""

    def test_list_and_show(self):
        w = self.world
        self.assertFalse(os.path.exists(os.path.join(w.db, 'desk.db')))
        for args in (['act', 'list'], ['act', 'list', '--all'], ['act', 'list', self.incident]):
            done = w.run(*args)
            self.assertEqual(done.returncode, GOOD, done.stderr)
            self.assertEqual(done.stdout, 'no measures: nothing was ever begun on this store\n')
        self.assertIn('措置はありません', w.run('act', 'list', lang='ja_JP.UTF-8').stdout)
        done = w.run('act', 'list', '--json')
        self.assertEqual((done.returncode, done.stdout), (GOOD, ''), done.stderr)
        done = w.run('act', 'show', 'm0123456789ab')
        self.assertEqual((done.returncode, done.stdout), (STORE, ''))
        self.assertIn('nothing was ever begun on this store', done.stderr)
        os.rename(w.db, w.db + '-away')     # where there is no store, that is said
        for args in (['act', 'list'], ['act', 'show', 'm0123456789ab']):
            done = w.run(*args)
            self.assertEqual(done.returncode, STORE, done.stdout)
            self.assertIn('store', done.stderr)


class Words(Case):
    """What is missing is exit 4, and stderr names it; without a role as with one."""

    def test_each_word(self):
        for name in ('basis', 'purpose', 'necessity', 'until'):
            with self.subTest(name):
                option = self.world.option(self.incident, 'rtbh')
                args = self.world.start_args(self.incident, option)
                at = args.index('--' + name)
                done = self.world.run(*args[:at], *args[at + 2:])
                self.refused(done, LAW, 'no_', 'end' if name == 'until' else name)

    def test_empty_and_one_word(self):
        for text in ('', 'attack', '...'):
            for name in ('purpose', 'necessity', 'weaker'):
                with self.subTest(name, text=text):
                    self.refused(self.start(**{name: text}), LAW, 'no_' + name, name)

    def test_past_end(self):
        self.refused(self.start(until='2020-01-01T00:00:00Z'), LAW, 'past_end')

    def test_unknown_basis(self):
        self.refused(self.start(basis='because'), LAW, 'unknown_basis')

    def test_too_long(self):
        self.refused(self.start(until='300d'), LAW, 'long')

    def test_no_approver(self):
        """By the kernel's word, not by what is typed."""
        os.chmod(self.world.db, 0o777)
        self.world.configure(neighbors=DRY, approvers='    - {name: bob, user: nobody}\n')
        self.refused(self.start(), LAW, 'no_approver', 'approver', 'root')

    def test_unreviewed_law(self):
        self.world.configure(neighbors=DRY, override='')
        self.refused(self.start(), LAW, 'unreviewed', 'review')

    def test_signed_by_nobody_or_later(self):
        """A placeholder is nobody, and what is dated later has not happened; the check of the file says so."""
        folder = self.world.path('legal')
        os.mkdir(folder)
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data', 'legal', 'JP.yaml')
        with open(source, encoding='utf-8') as f:
            law = f.read()
        for by, date, said, status in (('TBD', '2026-11-01', '"TBD" names no person', LAW),
                                       ('未定', '2026-11-01', '"未定" names no person', LAW),
                                       ('Example Counsel', '2099-01-01', '2099-01-01, is still to come', LAW),
                                       ('Example Counsel', '2020-01-01', None, ROUTER)):
            with self.subTest(by, date=date):
                with open(os.path.join(folder, 'JP.yaml'), 'w', encoding='utf-8') as f:
                    f.write(law.replace('by: nobody yet', f'by: {by}\n  date: {date}'))
                self.world.configure(f'  legal: {folder}\n', neighbors=DRY, override='')
                done = self.world.run('conf', 'check', self.world.conf, conf=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual('still to come' in done.stderr or 'names no person' in done.stderr,
                                 said is not None)
                self.assertIn(said or '', done.stderr)
                done = self.start()
                self.assertEqual(done.returncode, status, done.stderr)   # without a role: nothing refuses it
                self.assertEqual('review' in done.stderr, said is not None)

    def test_weaker_from_the_plan(self):
        """Nobody types what the plan's own comparison says; it is in the record in the desk's language."""
        self.world.begin_act()
        for lang, step in (('C', 'own_border'), ('ja_JP.UTF-8', 'peering')):
            with self.subTest(lang):
                plan = self.world.plan(self.incident)
                option = next(o for o in plan['options'] if o['step'] == step and o['point'] and
                              o['allowed'] and o['weaker']['option'] is None)
                args = self.world.start_args(self.incident, option)
                at = args.index('--weaker')
                done = self.world.run(*args[:at], *args[at + 2:], lang=lang)
                self.assertEqual(done.returncode, GOOD, done.stderr)
                said = [m['weaker'] for m in self.world.measures()]
                self.assertIn(option['weaker']['ja' if lang != 'C' else 'en'], said)

    def test_weaker_does_as_well(self):
        """That a filter helps as much is no reason for a blackhole: whoever starts it gives his own."""
        self.incident = self.world.attack('rule-amp-many')
        self.world.begin_act()
        plan = self.world.plan(self.incident)
        option = next(o for o in plan['options'] if o['kind'] == 'rtbh' and o['weaker']['option'])
        milder = plan['options'][option['weaker']['option'] - 1]
        self.assertTrue(milder['allowed'])
        self.assertNotEqual(milder['kind'], 'rtbh')
        args = self.world.start_args(self.incident, option)
        at = args.index('--weaker')
        done = self.world.run(*args[:at], *args[at + 2:])
        self.refused(done, LAW, 'no_weaker', f'option {milder["option"]} ({milder["kind"]}')
        done = self.world.run(*args)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        measure, = self.world.measures()
        self.assertEqual(measure['weaker'], args[at + 1])

    def test_override_is_printed(self):
        self.world.begin_act()
        done = self.start()
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertIn('Alice Example, 2026-11-01', done.stdout)
        measure, = self.world.measures()
        self.assertIn('Alice Example', measure['override'])

    def test_peer_to_peer(self):
        self.refused(self.start(purpose='to limit peer-to-peer file sharing of our customers'), LAW,
                     'purpose_barred')


class Rails(Case):
    def refuse(self, word, *said, incident=None, **words):
        self.refused(self.start(incident, **words), GUARD, word, *said)

    def test_foreign(self):
        self.refuse('foreign', '192.0.2.77', incident=self.world.copy(self.incident, '192.0.2.77', 77))

    def test_short(self):
        broad = self.world.copy(self.incident, '198.18.128.0/20', 20, level='prefix', object='campus-128')
        self.refuse('short_prefix', '198.18.128.0/20', incident=broad)

    def carpet(self, **values):
        """Over a prefix of many objects, of which only the hosts of one are named."""
        return self.world.copy(self.incident, '198.18.10.0/24', 24, level='prefix', object='site-02', **values)

    def test_other_owners(self):
        """What one owner agreed to takes no other off the net, whoever approves it and whatever is typed."""
        self.world.base = agree(self.world.base, 'site-02')
        self.world.configure('  break_glass: [rtbh, flowspec]\n', neighbors=DRY, agreed=False)
        carpet = self.carpet()
        self.refuse('other_owners', 'site-01', incident=carpet, consent='K-2026-7')
        self.refuse('other_owners', 'site-01', incident=carpet, break_glass=True)
        # A filter takes nobody along, but break-glass rests on what was agreed, and that is not this.
        self.refused(self.start(carpet, kind='flowspec', break_glass=True, consent='K-2026-7'), LAW, 'not_agreed')

    def test_order_keeps_to_its_object(self):
        """The same by itself: a standing order blackholes what is its object's, and nothing beside it."""
        self.world.base = agree(self.world.base, 'site-02')
        self.world.change(self.incident, state='closed')
        self.world.configure(orders('site-02', 'site-03'), neighbors=DRY, agreed=False)
        self.world.begin_act()
        self.carpet(state='open')
        self.world.wait(self.world.measures, 'that the order begins')
        measure, = self.world.measures()
        self.assertEqual(measure['option']['target'], '198.18.10.2')
        self.assertEqual(measure['consent'], 'K-2026-7')
        # Without an agreement even that is not done.
        self.world.copy(self.incident, '198.18.10.0/24', 25, level='prefix', object='site-03', state='open')
        self.world.wait(lambda: any(a.startswith('refus') for a, _, _ in self.world.audit()), 'a refusal')
        self.assertEqual(len(self.world.measures()), 1)

    def test_never_touch(self):
        self.world.configure('  never:\n    - {kind: emergency, prefixes: [198.18.10.1]}\n', neighbors=DRY)
        self.refuse('never_touch', '198.18.10.1')

    def test_never_touch_list(self):
        self.world.configure(neighbors=DRY, more='never_touch: [198.18.10.0/28]\n')
        self.refuse('never_touch', '198.18.10.0/28')

    def test_one_exporter(self):
        self.world.change(self.incident, exporters=['router-1'], seen_by=[])
        self.refuse('one_exporter', 'router-1')

    def witness(self, name, share):
        self.world.change(self.incident, exporters=['router-1'],
                          seen_by=[{'exporter': name, 'packets': 1000, 'share': share}])

    def test_witness(self):
        """Counted at the border alone, and seen by the router behind it: as the drill's second exporter is."""
        self.world.change(self.incident, exporters=['router-1'])
        self.world.begin_act()
        done = self.start()
        self.assertEqual(done.returncode, GOOD, done.stderr)

    def test_weak_witness(self):
        self.witness('router-2', 0.2)
        self.refuse('one_exporter', 'router-1')

    def test_unlisted_witness(self):
        self.witness('192.0.2.200', 1)
        self.refuse('unlisted_exporter', '192.0.2.200')

    def test_witness_of_itself(self):
        self.witness('router-1', 1)
        self.refuse('one_exporter', 'router-1')

    def test_unlisted_exporter(self):
        self.world.change(self.incident, exporters=['192.0.2.200', '192.0.2.201'])
        self.refuse('unlisted_exporter', '192.0.2.200')

    def test_unknown_sampling(self):
        self.world.change(self.incident, sampling={'factor': None, 'known': False, 'factor_min': None})
        self.refuse('unknown_sampling')

    def test_ended(self):
        self.world.change(self.incident, state='closed')
        self.refuse('ended')

    def test_false(self):
        done = self.world.run('incident', 'mark', self.incident, 'false', '--reason', 'a load test')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.refuse('false')

    def test_budget(self):
        self.world.configure(neighbors=DRY.replace('max_rules: 4000', 'max_rules: 1'))
        self.world.begin_act()
        self.assertEqual(self.start().returncode, GOOD)
        other = self.world.copy(self.incident, '198.18.10.2', 2, object='site-02')
        done = self.start(other)
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertIn('rule_budget', json.dumps(self.world.audit()))
        # The one that stands weighs as much and is older.
        measure = next(m for m in self.world.measures() if m['stage'] in ('applied', 'verified'))
        self.assertIn(measure['id'], done.stderr)
        self.assertEqual(measure['weight']['severity'], measure['severity'])
        self.assertGreater(measure['weight']['bps'], 0)
        self.assertIn(measure['severity'], (1, 2, 3, 4))

    def test_rate_of_change(self):
        self.world.configure(neighbors=DRY.replace('max_changes: 10000', 'max_changes: 1'))
        self.world.begin_act()
        self.assertEqual(self.start().returncode, GOOD)
        other = self.world.copy(self.incident, '198.18.10.2', 2, object='site-02')
        done = self.start(other)
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertIn('rate_of_change', json.dumps(self.world.audit()))

    def test_drill_store(self):
        """A drill's attack towards a router that is not on loopback."""
        world = World(PROGRAM)
        self.addCleanup(world.end)
        world.base = self.world.base
        capture = world.path('capture')
        world.check('drill', 'write', 'syn-real', capture, '--format', 'ipfix', '--exporters', '2',
                    conf=False)
        world.configure()
        world.check('read', '--drill', '--conf', world.conf, capture)
        incident = json.loads(world.check('incident', 'list', '--json').splitlines()[0])['id']
        world.change(incident, state='open', exporters=['router-1', 'router-2'])
        self.world = world
        self.refuse('drill_store', 'bird', incident=incident)
        return world, incident

    def guards_of(self, world, incident):
        """What the plan has against a blackhole at `bird`."""
        return [g['rule'] for o in world.plan(incident)['options'] if o['kind'] == 'rtbh' and
                o.get('point') == 'bird' for g in o['guards']]

    @unittest.skipIf(os.geteuid() != 0 or not may_unshare(), 'no network namespaces here')
    def test_drill_store_in_a_namespace(self):
        """Management networks and VRFs of an ISP are network namespaces as well: plan and role refuse there as
        anywhere, until the test says that its routers are made for it."""
        world, incident = self.test_drill_store()
        hub = Space('hub')
        self.addCleanup(hub.end)
        world.net = Hub(hub)
        self.assertIn('drill_store', self.guards_of(world, incident))
        role = world.begin_act()
        self.refuse('drill_store', 'bird', incident=incident)
        for word in ('no', 'YES', ''):
            world.env = {'NOROSHI_DRILL_ROUTERS': word}
            self.assertIn('drill_store', self.guards_of(world, incident), word)
        world.kill(role)
        self.assertNotIn('drill-routers', world.log('act'))
        world.env = {'NOROSHI_DRILL_ROUTERS': 'yes'}
        self.assertNotIn('drill_store', self.guards_of(world, incident))
        world.begin_act()
        self.assertIn('drill-routers', world.log('act'))
        done = self.start(incident)     # no router is there, so it is only kept
        self.assertEqual(done.returncode, ROUTER, done.stderr)
        measure, = world.measures()
        self.assertTrue(measure['drill'] and measure['drill_routers'])
        self.assertIn('NOROSHI_DRILL_ROUTERS', world.check('act', 'show', measure['id']))
        self.assertIn(f'measure={measure["id"]} neighbor="bird"', world.log('act'))

    def test_frozen(self):
        role = self.world.begin_act()
        self.assertEqual(self.start().returncode, GOOD)
        self.assertEqual(self.world.run('act', 'freeze', '--why', 'something is odd').returncode, GOOD)
        other = self.world.copy(self.incident, '198.18.10.2', 2, object='site-02')
        done = self.start(other)
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertIn('frozen', done.stderr)
        measure = next(m['id'] for m in self.world.measures() if m['stage'] in ('applied', 'verified'))
        for args in (('withdraw', measure), ('withdraw', '--all', '1'),
                     ('renew', measure, '--necessity', 'it goes on and on', '--until', '1h')):
            done = self.world.run('act', *args)
            self.assertEqual(done.returncode, GUARD, (args, done.stderr))
        self.assertEqual(self.world.run('act', 'thaw').returncode, GOOD)
        self.assertEqual(self.world.run('act', 'withdraw', measure).returncode, GOOD)
        self.assertIsNone(role.poll())


class Approval(Case):
    """Who may, and what they saw."""

    def setUp(self):
        super().setUp()
        self.world.configure('  two_persons: [rtbh]\n  break_glass: [rtbh]\n', neighbors=DRY)
        self.role = self.world.begin_act()

    def waiting(self):
        done = self.start()
        self.assertEqual(done.returncode, LAW, done.stderr)
        self.assertIn('second approver', done.stderr)
        measure, = [m for m in self.world.measures() if m['stage'] == 'planned']
        return measure['id']

    def approve(self, measure, user, *more):
        return self.world.run('act', 'approve', measure, *more, user=user)

    def test_two_persons(self):
        measure = self.waiting()
        self.refused(self.approve(measure, 0), LAW, 'same_person', 'same person')
        done = self.approve(measure, NOBODY)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        m, = self.world.measures()
        self.assertEqual([a['person'] for a in m['approvals']], ['alice', 'bob'])

    def test_nobody_approves(self):
        measure = self.waiting()
        self.refused(self.approve(measure, 12345), LAW, 'no_approver', 'uid 12345')

    def test_other_hash(self):
        measure = self.waiting()
        self.refused(self.approve(measure, NOBODY, '--plan', '0' * 64), LAW, 'changed')

    def test_changed_plan(self):
        """What is done at the point is another thing now."""
        measure = self.waiting()
        self.world.configure('  two_persons: [rtbh]\n', neighbors=DRY.replace(
            '      redirect:', '      community: "64502:666"\n      redirect:'))
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        self.refused(self.approve(measure, NOBODY), LAW, 'changed_plan', 'changed')

    def limit_then(self, share):
        """A limit that one person approved; the attack's packets are @share as long when the second does."""
        self.world.configure('  two_persons: [flowspec]\n', neighbors=DRY)
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        option = next(o for o in self.world.plan(self.incident)['options'] if o['point'] and
                      any(r['action'] == 'rate-limit' for r in o['rule']['rules']))
        self.assertEqual(self.world.run(*self.world.start_args(self.incident, option)).returncode, LAW)
        measure, = self.world.measures()
        with self.world.watch() as db:
            body, = db.execute('SELECT json FROM incidents WHERE id = ?', (self.incident,)).fetchone()
        vectors = json.loads(body)['vector_detail']
        vectors[0]['bytes'] = int(vectors[0]['bytes'] * share)
        self.world.change(self.incident, vector_detail=vectors)
        return measure['id'], option['rule']['rules'][0]['limit_bps']

    def test_limit_moves_a_little(self):
        """The mean packet changes with each second: what one read is what the other approves."""
        measure, limit = self.limit_then(1.04)
        done = self.approve(measure, NOBODY)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        m, = self.world.measures()
        self.assertEqual(m['option']['rule']['rules'][0]['limit_bps'], limit)

    def test_limit_moves_much(self):
        measure, _ = self.limit_then(1.2)
        self.refused(self.approve(measure, NOBODY), LAW, 'changed_plan', 'changed')

    def test_plan_with_limit_is_kept(self):
        """By the plan's id too: the figure that was read is the one that is told."""
        self.world.configure(neighbors=DRY)
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        option = next(o for o in self.world.plan(self.incident)['options'] if o['point'] and
                      any(r['action'] == 'rate-limit' for r in o['rule']['rules']))
        args = self.world.start_args(self.incident, option)
        self.assertEqual(self.world.run(*args).returncode, GOOD)
        first, = self.world.measures()
        self.assertEqual(self.world.run('act', 'withdraw', first['id']).returncode, GOOD)
        with self.world.watch() as db:
            body, = db.execute('SELECT json FROM incidents WHERE id = ?', (self.incident,)).fetchone()
        vectors = json.loads(body)['vector_detail']
        vectors[0]['bytes'] = int(vectors[0]['bytes'] * 1.04)
        self.world.change(self.incident, vector_detail=vectors)
        self.assertNotEqual(self.world.plan(self.incident)['options'][option['option'] - 1]['rule'],
                            option['rule'])
        done = self.world.run(*[first['plan'] if a == self.incident else a for a in args])
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertEqual({m['option']['rule']['rules'][0]['limit_bps'] for m in self.world.measures()},
                         {option['rule']['rules'][0]['limit_bps']})

    def test_guard_again_before_the_second(self):
        """What was allowed when it was written down is looked at again."""
        measure = self.waiting()
        self.world.change(self.incident, state='closed')
        self.refused(self.approve(measure, NOBODY), GUARD, 'ended')

    def test_lapses(self):
        self.world.configure('  two_persons: [rtbh]\n  approve: 10s\n', neighbors=DRY)
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        measure = self.waiting()
        self.world.wait(lambda: self.world.stage(measure) == 'lapsed', 'that it lapses', seconds=15)
        self.assertEqual(self.approve(measure, NOBODY).returncode, LAW)

    def test_break_glass(self):
        done = self.start(break_glass=True, until='5h')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        m, = self.world.measures()
        self.assertTrue(m['break_glass'])
        again = self.approve(m['id'], 0)
        self.assertEqual(again.returncode, LAW, again.stderr)
        self.assertEqual(self.approve(m['id'], NOBODY).returncode, GOOD)

    def test_break_glass_is_configured(self):
        self.world.configure('  two_persons: [rtbh]\n', neighbors=DRY)
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        self.refused(self.start(break_glass=True), LAW, 'no_break_glass')

    def test_break_glass_needs_an_agreement(self):
        self.world.configure('  break_glass: [rtbh]\n', neighbors=DRY, agreed=False)
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        self.refused(self.start(break_glass=True, consent='K-2026-7'), LAW, 'not_agreed')

    def test_same_again(self):
        self.world.configure(neighbors=DRY)
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        self.assertEqual(self.start().returncode, GOOD)
        done = self.start()
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertIn('already', done.stderr)


class Read(Case):
    """What begins is what somebody read, and not what its number has become."""

    def setUp(self):
        super().setUp()
        self.role = self.world.begin_act()

    def read(self, *more):
        done = self.world.run('plan', '--json', *more, self.incident)
        self.assertEqual((done.returncode, done.stderr), (GOOD, ''))
        return json.loads(done.stdout)

    def other_plan(self):
        """The neighbours take no filters any more: numbers move, and nobody reads that."""
        self.world.configure(neighbors=DRY.replace('takes: [rtbh, flowspec, diversion]', 'takes: [rtbh, diversion]'))
        self.role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', self.role)
        return self.read('--no-keep')

    def moved(self, before, after):
        """A number that was a filter and is a blackhole."""
        return next(n for o, n in zip(before['options'], after['options'])
                    if (o['kind'], n['kind']) == ('flowspec', 'rtbh'))

    def begin(self, name, option, *more, **words):
        return self.world.run(*self.world.start_args(name, option, **words), *more)

    def kept(self):
        return [(actor, json.loads(body)['plans'][0]['id']) for act, actor, body in self.world.audit()
                if act == 'plan']

    def test_each_plan_is_a_line(self):
        plan = self.read()
        self.assertEqual(self.kept(), [('alice', plan['plan'])])
        self.read()
        self.assertEqual(len(self.kept()), 1)
        self.read('--no-keep')
        other = self.other_plan()
        self.assertEqual(len(self.kept()), 1)
        self.read()
        self.assertEqual(self.kept()[1], ('alice', other['plan']))
        self.assertEqual(self.world.run('audit', 'verify').returncode, 0)

    def test_kept_without_a_role(self):
        """By whoever may write the desk; for anybody else it is printed, and said."""
        self.world.kill(self.role)
        plan = self.read()
        self.assertEqual([p for _, p in self.kept()], [plan['plan']])
        os.chmod(os.path.join(self.world.db, 'desk.key'), 0o644)
        done = self.world.run('plan', '--json', self.incident)
        os.chmod(os.path.join(self.world.db, 'desk.key'), 0o600)
        self.assertEqual(done.returncode, GOOD)
        self.assertEqual(json.loads(done.stdout)['hash'], plan['hash'])
        self.assertIn(plan['plan'] + ' was not kept', done.stderr)

    def test_a_number_that_moved(self):
        before = self.read()
        option = self.moved(before, self.other_plan())
        self.refused(self.begin(self.incident, option), LAW, 'changed_plan', 'has changed', 'read it again')
        self.refused(self.begin(self.incident, option, '--kind', 'flowspec'), LAW, 'other_kind', 'not flowspec')
        self.refused(self.begin(before['plan'], option), LAW, 'changed_plan', 'has changed')
        self.refused(self.begin(before['hash'], option), LAW, 'changed_plan', 'has changed')
        self.read()     # and then it is what was read
        done = self.begin(self.incident, option)
        self.assertEqual(done.returncode, GOOD, done.stderr)

    def test_back_to_what_was_read_before(self):
        """Whoever read both knows the one that he read last."""
        before = self.read()
        after = self.other_plan()
        option = self.moved(before, after)
        self.read()
        self.world.configure(neighbors=DRY)
        self.role.send_signal(1)
        self.world.wait(lambda: self.world.log('act').count('reloaded') == 2, 'the reload', self.role)
        now = dict(before['options'][option['option'] - 1])
        self.refused(self.begin(self.incident, now), LAW, 'changed_plan', 'has changed')
        self.read()
        done = self.begin(self.incident, now)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertIn('FlowSpec', done.stdout)

    def test_by_the_plan(self):
        plan = self.read()
        kinds = [o for o in plan['options'] if o['kind'] in ('rtbh', 'flowspec') and o['point'] == 'bird']
        for name, option in zip((plan['plan'], plan['hash'], plan['plan']), kinds):
            done = self.begin(name, option)
            self.assertEqual(done.returncode, GOOD, done.stderr)
        for name in ('p000000000000', '0' * 64, plan['plan'][1:] + '0' * 52):
            self.assertEqual(self.begin(name, kinds[0]).returncode, USAGE)

    def test_what_was_begun_is_said(self):
        self.read()
        option = self.world.option(self.incident, 'rtbh')
        done = self.begin(self.incident, option, '--kind', 'rtbh', until='2099-01-01T00:00:00Z')
        self.assertEqual(done.returncode, LAW)      # too long
        done = self.begin(self.incident, option, '--kind', 'rtbh')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        first, second = done.stdout.splitlines()[:2]
        self.assertRegex(first, '^m[0-9a-f]{12} applied$')
        for part in ('blackhole (RTBH)', '198.18.10.1', 'bird', 'until 20', 'offline for everyone'):
            self.assertIn(part, second)
        option = self.world.option(self.incident, 'rtbh', 'gobgp')
        done = self.world.run(*self.world.start_args(self.incident, option), lang='ja_JP.UTF-8')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        for part in ('ブラックホール', '198.18.10.1', 'gobgp', 'まで', '到達不能'):
            self.assertIn(part, done.stdout.splitlines()[1])
        option = self.world.option(self.incident, 'flowspec')
        done = self.begin(self.incident, option, '--json')
        said = json.loads(done.stdout)
        self.assertEqual((said['kind'], said['target'], said['point'], said['offline']),
                         ('flowspec', '198.18.10.1', 'bird', False))

    def at_terminal(self, answer, name, option, *more):
        """(status, what was said)"""
        import pty
        command = [PROGRAM, *self.world.start_args(name, option), '--db', self.world.db, '--conf',
                   self.world.conf, *more]
        pid, fd = pty.fork()
        if not pid:
            os.environ.update(LANG='C', LC_ALL='C', TZ='UTC')
            os.execv(command[0], command)
        said = b''
        while True:
            try:
                part = os.read(fd, 4096)
            except OSError:
                break
            if not part:
                break
            said += part
            if said.endswith(b'begins it: '):
                os.write(fd, answer)
        os.close(fd)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()

    def test_asked_at_a_terminal(self):
        """Of an incident and a number, what takes the target offline; not of what says what it is."""
        plan = self.read()
        rtbh, gobgp = self.world.option(self.incident, 'rtbh'), self.world.option(self.incident, 'rtbh', 'gobgp')
        for answer in (b'\n', b'no\n', b'yes please\n', b'\x04'):
            status, said = self.at_terminal(answer, self.incident, rtbh)
            self.assertEqual(status, LAW, said)
            self.assertIn('offline for everyone', said)
        self.assertEqual(self.world.measures(), [])
        status, said = self.at_terminal(b'yes\n', self.incident, rtbh)
        self.assertEqual(status, GOOD, said)
        status, said = self.at_terminal(b'', self.incident, gobgp, '--kind', 'rtbh')
        self.assertEqual(status, GOOD, said)
        self.assertNotIn('begins it', said)
        flow = [o for o in plan['options'] if o['kind'] == 'flowspec']
        status, said = self.at_terminal(b'', self.incident, flow[0])
        self.assertEqual(status, GOOD, said)
        self.assertNotIn('begins it', said)
        status, said = self.at_terminal(b'', plan['plan'], flow[1])
        self.assertEqual(status, GOOD, said)


class Renewal(Case):
    """A new end is asked for as a start is: of the law, the owner's word and the marks as they are now."""
    NECESSITY = 'the attack goes on and the line is still full'

    def begin(self, act='', until='20m', **conf):
        self.world.configure(act, neighbors=DRY, **conf)
        self.role = self.world.begin_act()
        return self.world.started(self.incident, until=until)

    def reload(self, act='', **conf):
        self.world.configure(act, neighbors=DRY, **conf)
        before = self.world.log('act').count('reloaded')
        self.role.send_signal(1)
        self.world.wait(lambda: self.world.log('act').count('reloaded') > before, 'the reload', self.role)

    def renew(self, measure, until='2h', necessity=NECESSITY, user=0):
        return self.world.run('act', 'renew', measure, '--necessity', necessity, '--until', until, user=user)

    def until(self):
        m, = self.world.measures()
        return m['until']

    def refused(self, done, status, word, *said):
        """As of a start; and what stands stands as it did."""
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for part in said:
            self.assertIn(part, done.stderr)
        lines = [body for act, _, body in self.world.audit() if act == 'refuse' and '"renew"' in body]
        self.assertTrue(any(word in body for body in lines), (word, lines))
        self.assertEqual(self.until(), self.end)

    def test_longer_than_the_owner_agreed_to(self):
        self.shorten(self.world.configure(neighbors=DRY))
        self.role = self.world.begin_act()
        self.assertEqual(self.start(until='2h').returncode, LAW)
        measure = self.world.started(self.incident, until='20m')
        self.end = self.until()
        self.refused(self.renew(measure, '20h'), LAW, 'long')
        done = self.renew(measure, '50m')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertIn('until 20', done.stdout)

    def shorten(self, path):
        with open(path, encoding='utf-8') as f:
            text = f.read().replace('max: 24h', 'max: 1h')
        self.world.path('noroshi.yaml', text)

    def test_law_not_reviewed_any_more(self):
        measure = self.begin()
        self.end = self.until()
        self.reload(override='')
        self.refused(self.renew(measure), LAW, 'unreviewed', 'review')

    def test_by_whose_word_now(self):
        measure = self.begin()
        self.reload(override='  override: {by: Carol Example, date: 2026-11-02, note: another one}\n')
        done = self.renew(measure)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertIn('Carol Example, 2026-11-02', done.stdout)
        m, = self.world.measures()
        self.assertIn('Carol Example', m['override'])
        self.assertEqual(m['renewed_by'], 'alice')
        self.assertIn('approved by alice', self.world.check('act', 'show', measure))

    def test_never_touch(self):
        measure = self.begin()
        self.end = self.until()
        self.reload('  never:\n    - {kind: bank, prefixes: [198.18.10.1]}\n')
        self.refused(self.renew(measure), GUARD, 'never_touch', '198.18.10.1')

    def test_false(self):
        measure = self.begin()
        self.end = self.until()
        self.assertEqual(self.world.run('incident', 'mark', self.incident, 'false', '--reason',
                                        'a load test').returncode, 0)
        self.refused(self.renew(measure), GUARD, 'false')

    def test_words(self):
        measure = self.begin()
        self.end = self.until()
        self.refused(self.renew(measure, necessity='attack'), LAW, 'no_necessity', 'necessity')
        self.refused(self.renew(measure, necessity='to limit peer-to-peer file sharing of our customers'), LAW,
                     'purpose_barred')
        self.refused(self.renew(measure, until='300d'), LAW, 'long')

    def test_what_is_no_reason(self):
        """Behind a measure the attack may not be seen any more, and it adds no rule."""
        self.world.configure(neighbors=DRY.replace('max_rules: 4000', 'max_rules: 1').replace(
            'max_changes: 10000', 'max_changes: 1'))
        self.role = self.world.begin_act()
        measure = self.world.started(self.incident, until='20m')
        self.world.change(self.incident, state='closed')
        done = self.renew(measure)
        self.assertEqual(done.returncode, GOOD, done.stderr)

    def two(self):
        self.world.configure(TWO, neighbors=DRY)
        self.role = self.world.begin_act()
        self.assertEqual(self.start(until='20m').returncode, LAW)
        measure = self.world.measures()[0]['id']
        self.assertEqual(self.world.run('act', 'approve', measure, user=NOBODY).returncode, GOOD)
        self.end = self.until()
        done = self.renew(measure, '6h')
        self.assertEqual(done.returncode, LAW)
        self.assertIn('second approver', done.stderr)
        self.assertEqual(self.until(), self.end)
        return measure

    def test_two_persons(self):
        measure = self.two()
        self.assertIn('not in force, another person has not approved it', ' '.join(
            self.world.check('act', 'show', measure).split()))
        self.assertIn('waits for another person', self.world.check('act', 'list'))
        done = self.world.run('act', 'approve', measure)
        self.assertEqual(done.returncode, LAW)
        self.assertIn('same person', done.stderr)
        self.assertIn('same_person', json.dumps(self.world.audit()))
        self.assertEqual(self.world.run('act', 'approve', measure, '--plan', '0' * 64, user=NOBODY).returncode, LAW)
        self.assertEqual(self.until(), self.end)
        done = self.world.run('act', 'approve', measure, user=NOBODY)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.assertGreater(self.until(), self.end)
        m, = self.world.measures()
        self.assertEqual((m['renewed_by'], m['renewals'], m['asked_until']), ('alice, bob', 1, None))
        self.assertIn('approved by alice, bob', ' '.join(self.world.check('act', 'show', measure).split()))
        self.assertEqual([(a, who) for a, who, _ in self.world.audit() if a.startswith('renew')],
                         [('renew_ask', 'alice'), ('renew', 'bob')])
        self.assertEqual(self.world.run('audit', 'verify').returncode, 0)

    def test_checked_again_for_the_second(self):
        measure = self.two()
        self.reload(TWO + '  never:\n    - {kind: bank, prefixes: [198.18.10.1]}\n')
        done = self.world.run('act', 'approve', measure, user=NOBODY)
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertEqual(self.until(), self.end)

    def test_two_are_wanted_by_now(self):
        measure = self.begin()
        self.end = self.until()
        self.reload('  two_persons: [rtbh]\n')
        self.assertEqual(self.renew(measure).returncode, LAW)
        self.assertEqual(self.until(), self.end)


ORDER = '''  standing:
    - name: order-site-01
      object: site-01
      kind: rtbh
      basis: consent
      purpose: keep the customer and its neighbours reachable during this attack
      necessity: the attack fills the line and the customer cannot end it alone
      weaker: a rate limit would drop the customers of the site as well
      longest: 10m
      per_day: 10
      approvers: [alice]
      review: 2099-01-01
'''


class Order(Case):
    """A standing order and a person at the same attack."""

    def looked(self):
        """Another state of the incident is held against the order."""
        time.sleep(1.2)
        self.world.change(self.incident)

    def already(self):
        return [actor for act, actor, body in self.world.audit()
                if act == 'refuse' and actor.startswith('standing:') and 'already' in body]

    def best(self):
        """What the order would begin."""
        plan = json.loads(self.world.check('plan', '--json', self.incident))
        return min((o for o in plan['options'] if o['kind'] == 'rtbh'), key=lambda o: o['rank'])

    def order(self, role):
        self.world.configure(ORDER, neighbors=DRY)
        role.send_signal(1)
        self.world.wait(lambda: 'reloaded' in self.world.log('act'), 'the reload', role)
        self.looked()

    def test_a_person_was_faster(self):
        role = self.world.begin_act()
        done = self.world.run(*self.world.start_args(self.incident, self.best()))
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.order(role)
        self.world.wait(self.already, 'that it is refused', role)
        first, = self.world.measures()
        self.assertEqual(first['standing'], '')
        # When the person's is over and the attack goes on, it begins.
        self.assertEqual(self.world.run('act', 'withdraw', first['id']).returncode, GOOD)
        self.looked()
        self.world.wait(lambda: len(self.world.measures()) == 2, 'that it begins', role)
        self.assertEqual(self.world.measures()[1]['standing'], 'order-site-01')

    def test_a_proposal_keeps_nothing_back(self):
        """Anybody may propose; and who approves it then does not begin the same once more."""
        role = self.world.begin_act()
        done = self.world.run(*self.world.start_args(self.incident, self.best(), propose=True))
        self.assertEqual(done.returncode, GOOD, done.stderr)
        self.order(role)
        self.world.wait(lambda: len(self.world.measures()) == 2, 'that it begins', role)
        self.assertEqual([m['standing'] for m in self.world.measures()], ['', 'order-site-01'])
        done = self.world.run('act', 'approve', done.stdout.split()[0])
        self.assertEqual(done.returncode, GUARD, done.stderr)
        self.assertIn('already', done.stderr)


class Signature(Case):
    """By a key instead of a user: over the plan's hash and the number of the option."""

    def setUp(self):
        super().setUp()
        self.key = self.world.path('key.pem')
        made = subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', self.key],
                              capture_output=True, check=False)
        if made.returncode:
            self.skipTest('no openssl')
        raw = subprocess.run(['openssl', 'pkey', '-in', self.key, '-pubout', '-outform', 'DER'],
                             capture_output=True, check=True).stdout[-32:]
        import base64
        public = self.world.path('carol.pub', base64.b64encode(raw).decode() + '\n')
        self.world.configure(neighbors=DRY, approvers='    - {name: carol, key: ' + public + '}\n')
        self.role = self.world.begin_act()

    def sign(self, text):
        said, out = self.world.path('said', text), self.world.path('signature')
        subprocess.run(['openssl', 'pkeyutl', '-sign', '-rawin', '-inkey', self.key, '-in', said, '-out',
                        out], check=True, capture_output=True)
        return out

    def propose(self):
        option = self.world.option(self.incident, 'rtbh')
        done = self.world.run(*self.world.start_args(self.incident, option, propose=True), '--json')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        return json.loads(done.stdout)

    def test_signed(self):
        m = self.propose()
        self.assertEqual(self.world.stage(m['id']), 'planned')
        wrong = self.sign(f'{m["hash"]}:{m["option"] + 1}')
        self.refused(self.world.run('act', 'approve', m['id'], '--by', 'carol', '--signature', wrong), LAW,
                     'bad_signature', 'does not hold')
        right = self.sign(f'{m["hash"]}:{m["option"]}')
        self.refused(self.world.run('act', 'approve', m['id'], '--by', 'dave', '--signature', right), LAW,
                     'no_approver')
        done = self.world.run('act', 'approve', m['id'], '--by', 'carol', '--signature', right)
        self.assertEqual(done.returncode, GOOD, done.stderr)
        kept, = self.world.measures()
        self.assertEqual((kept['approvals'][0]['person'], kept['approvals'][0]['how']),
                         ('carol', 'signature'))
        # It approves a plan, and nothing else.
        for request in ({'do': 'withdraw', 'measure': m['id']}, {'do': 'freeze'},
                        {'do': 'renew', 'measure': m['id'], 'necessity': 'it goes on and on',
                         'until': int((time.time() + 3600) * 1e6)}):
            with open(right, 'rb') as f:
                import base64
                reply = Door(self.world).ask(by='carol', signature=base64.b64encode(f.read()).decode(),
                                             **request)
            self.assertEqual(reply['exit'], LAW, reply)


class Proof(Case):
    """Rows that somebody else wrote, and a log that was changed."""

    def test_tampered_audit(self):
        """Nothing begins on a log that does not hold; what stood before goes on."""
        self.world.begin_act()
        self.refused(self.start(purpose=''), LAW, 'no_purpose')
        self.assertEqual(self.world.run('audit', 'verify').returncode, 0)
        with self.world.desk() as db:
            actor, = db.execute('SELECT actor FROM audit WHERE seq = 1').fetchone()
            db.execute("UPDATE audit SET actor = 'mallory' WHERE seq = 1")
        self.refused(self.start(), LAW, 'audit_broken', 'line 1', 'audit verify')
        self.assertNotEqual(self.world.run('audit', 'verify').returncode, 0)
        with self.world.desk() as db:
            db.execute('UPDATE audit SET actor = ? WHERE seq = 1', [actor])
        self.assertEqual(self.start().returncode, GOOD)

    def page_somebody(self):
        self.world.configure(neighbors=DRY, more=DUTY)

    def forge(self):
        with self.world.desk() as db:
            row = dict(zip([c[1] for c in db.execute('PRAGMA table_info(measures)')],
                           db.execute('SELECT * FROM measures').fetchone()))
            del row['number']
            forged = {k: v.replace(row['id'], 'm0123456789ab').replace('198.18.10.1', '198.18.10.9')
                      if isinstance(v, str) else v for k, v in row.items()}
            db.execute(f'INSERT INTO measures ({", ".join(forged)}) VALUES '
                       f'({", ".join("?" * len(forged))})', list(forged.values()))

    def test_forged_measure(self):
        """Written by whoever can write the file and has no key."""
        self.page_somebody()
        role = self.world.begin_act()
        self.assertEqual(self.start().returncode, GOOD)
        role.kill()
        role.wait()
        self.forge()
        again = self.world.begin_act()
        time.sleep(1)
        with open(os.path.join(self.world.db, 'dry-run.log'), encoding='utf-8') as f:
            told = f.read()
        self.assertIn('198.18.10.1/32', told)
        self.assertNotIn('198.18.10.9', told)
        done = self.world.run('act', 'list')
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('FORGED', done.stdout)
        self.assertEqual(self.forged_lines(), [('noroshi', 'm0123456789ab')])
        self.assertEqual(self.pages('m0123456789ab'), 1)
        self.told_to_a_person('m0123456789ab')
        # Told for good: the next life of the role, and another look, say nothing again.
        lines = self.forged_lines()
        self.world.kill(again)
        self.world.begin_act()
        time.sleep(1)
        self.assertEqual(self.forged_lines(), lines)
        self.assertEqual(self.pages('m0123456789ab'), 1)

    def forged_lines(self):
        return [(actor, json.loads(body)['refusals'][0]['subject']) for act, actor, body in self.world.audit()
                if act == 'refuse' and 'forged_measure' in body]

    def pages(self, about):
        with self.world.desk() as db:
            return sum(about in body and 'not written by noroshi' in body
                       for body, in db.execute("SELECT body FROM outbox WHERE kind = 'page'"))

    def told_to_a_person(self, measure):
        for args in (('approve', measure), ('withdraw', measure), ('renew', measure[:6], '--necessity',
                                                                  'it goes on and on', '--until', '1h')):
            done = self.world.run('act', *args)
            self.assertEqual(done.returncode, LAW, (args, done.stderr))
            self.assertIn('forged', done.stderr)
        self.assertEqual([who for who, _ in self.forged_lines()[-3:]], ['alice'] * 3)
        self.assertEqual(self.world.run('act', 'approve', 'm999999999999').returncode, USAGE)

    def test_forged_while_it_runs(self):
        """Nobody restarts the role for it: whoever names such a row is told what it is."""
        self.page_somebody()
        self.world.begin_act()
        self.assertEqual(self.start().returncode, GOOD)
        self.forge()
        self.told_to_a_person('m0123456789ab')
        self.assertEqual([who for who, _ in self.forged_lines()], ['noroshi'] + ['alice'] * 3)
        self.assertEqual(self.pages('m0123456789ab'), 1)


class Socket(Case):
    """Whatever arrives at the door."""

    def test_hostile_requests(self):
        role = self.world.begin_act()
        path = os.path.join(self.world.db, 'act.sock')
        for said in (b'\n', b'{}\n', b'[]\n', b'{"do":"start"}\n', b'{"do":7}\n', b'\xff\xfe\n',
                     b'{"do":"start","do":"freeze"}\n', b'{"do":"approve","measure":""}\n',
                     b'{"do":"withdraw","all":-1}\n', b'{"do":"renew","measure":"m","until":"x"}\n',
                     b'{"do":"start","incident":"' + b'n' * 5000 + b'","option":1}\n',
                     b'{"do":"start","incident":"' + self.incident.encode() + b'","option":4294967297}\n',
                     b'x' * 600000, b''):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(10)
                sock.connect(path)
                try:
                    sock.sendall(said)
                    sock.shutdown(socket.SHUT_WR)
                    got = sock.recv(65536)
                except (BrokenPipeError, ConnectionResetError):
                    got = b''
            if got:
                self.assertIn(json.loads(got)['exit'], (USAGE, GUARD, LAW, ROUTER), (said, got))
            self.assertIsNone(role.poll(), said)
        crowd = []
        for _ in range(100):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.setblocking(False)
            try:
                sock.connect(path)
            except BlockingIOError:
                pass
            crowd.append(sock)
        time.sleep(0.3)
        for sock in crowd:
            sock.close()
        self.world.wait(lambda: self.world.run('act', 'list').returncode == 0, 'an answer', role)
        self.assertEqual([m for m in self.world.measures()], [])

    def test_one_role(self):
        self.world.begin_act()
        done = self.world.run('act')
        self.assertEqual(done.returncode, 4)
        self.assertIn('another act runs', done.stderr)

    def test_no_role(self):
        done = self.start()
        self.assertEqual(done.returncode, ROUTER, done.stderr)
        self.assertIn('no act role runs', done.stderr)
        for args in (('withdraw', 'm1'), ('approve', 'm1'), ('freeze',), ('thaw',)):
            done = self.world.run('act', *args)
            self.assertEqual(done.returncode, ROUTER, (args, done.stderr))
            self.assertIn('no act role runs', done.stderr)

    def test_usage(self):
        option = self.world.option(self.incident, 'rtbh')
        done = self.world.run(*self.world.start_args('n000000000000', option))
        self.assertEqual(done.returncode, USAGE, done.stderr)
        done = self.world.run(*self.world.start_args(self.incident, dict(option, number=999)))
        self.assertEqual(done.returncode, USAGE, done.stderr)
        self.assertIn('999', done.stderr)
        done = self.world.run('act', 'start', self.incident)
        self.assertEqual(done.returncode, USAGE)
        done = self.world.run(*self.world.start_args(self.incident, option, until='soon'))
        self.assertEqual(done.returncode, USAGE, done.stderr)
        for option in self.world.plan(self.incident)['options']:
            if option['kind'] in ('none', 'ask', 'acl'):
                done = self.world.run(*self.world.start_args(self.incident, option, basis='consent'))
                self.assertEqual(done.returncode, USAGE, (option['kind'], done.stderr))


if __name__ == '__main__':
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
