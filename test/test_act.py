#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Measures on real routers: Debian's ExaBGP as speaker, BIRD and GoBGP as receivers, each in a network
namespace of its own. What an attack brings, from approval to the kernel of the neighbour and back; and
everything killed once.

test_act.py PROGRAM [unittest options]
"""
import json
import os
import random
import re
import signal
import socket
import statistics
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import act_world  # noqa: E402
from act_world import GOOD, LAW, ROUTER, Case, orders  # noqa: E402
from utc import utc  # noqa: E402

TARGET = '198.18.10.1'


def say(text):
    print(text, file=sys.stderr)


class Blackhole(Case):
    """From a person's word to the kernel of the neighbour, and back at the end."""

    def test_v4(self):
        w = self.world
        measure = w.started(self.incident, until='8s')
        self.assertIn(TARGET, w.wait(lambda: w.blackholes(), 'the blackhole'))
        self.assertIn(w.stage(measure), ('applied', 'verified'))
        w.wait(lambda: w.stage(measure) == 'verified', 'that it is verified', seconds=6)
        w.wait(lambda: TARGET not in w.blackholes(), 'that it is gone', seconds=12)
        w.wait(lambda: w.stage(measure) == 'gone', 'that the store knows')
        acts = [a for a, _, _ in w.audit()]
        for act in ('plan', 'start', 'approve', 'applied', 'verified', 'expire', 'gone'):
            self.assertIn(act, acts)

    def test_end_is_kept_within_a_second(self):
        """By the clock of the neighbour's kernel, for five measures."""
        w, late = self.world, []
        for _ in range(5):
            until = time.time() + 2.5
            w.started(self.incident, until=utc(int(until * 1e6)))
            w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
            w.wait(lambda: TARGET not in w.blackholes(), 'its end', pause=0.005)
            late.append(time.time() - until)
        say(f'gone after the end: {", ".join(f"{x * 1e3:.0f}" for x in late)} ms')
        self.assertLess(max(late), 1)
        self.assertGreater(min(late), -0.05)

    def test_v6(self):
        w = self.world
        six = w.copy(self.incident, '2001:db8:10::1', 6, object='site-v6')
        measure = w.started(six)
        self.assertIn('2001:db8:10::1', w.wait(lambda: w.blackholes(v6=True), 'the blackhole'))
        self.assertEqual(w.run('act', 'withdraw', measure, '--why', 'test is over').returncode, GOOD)
        w.wait(lambda: not w.blackholes(v6=True), 'that it is gone')
        w.wait(lambda: w.stage(measure) == 'gone', 'that the store knows')

    def test_withdraw_in_all_ways(self):
        w = self.world
        others = [w.copy(self.incident, f'198.18.10.{i}', i, object=f'site-{i:02}') for i in (2, 3, 4, 5)]
        for incident in (self.incident, *others):
            w.started(incident)
        w.wait(lambda: len(w.blackholes()) == 5, 'five blackholes')
        case = json.loads(w.check('case', 'open', others[0], '--json', space=False).splitlines()[0])
        self.assertEqual(w.run('act', 'withdraw', '--case', case['case']).returncode, GOOD)
        w.wait(lambda: len(w.blackholes()) == 4, 'one is gone')
        self.assertNotIn('198.18.10.2', w.blackholes())
        wrong = w.run('act', 'withdraw', '--all', '5')
        self.assertEqual(wrong.returncode, 2)
        self.assertIn('4 measures stand', wrong.stderr)
        self.assertEqual(len(w.blackholes()), 4)
        self.assertEqual(w.run('act', 'withdraw', '--all', '4').returncode, GOOD)
        w.wait(lambda: not w.blackholes(), 'all are gone')
        w.started(self.incident)
        w.wait(lambda: w.blackholes(), 'the blackhole')
        self.assertEqual(w.run('act', 'withdraw', '--neighbor', 'bird').returncode, GOOD)
        w.wait(lambda: not w.blackholes(), 'that it is gone')

    def test_renewed(self):
        w = self.world
        until = time.time() + 4
        measure = w.started(self.incident, until='4s')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        same = w.run('act', 'renew', measure, '--necessity', act_world.WORDS['necessity'], '--until', '60s')
        self.assertEqual(same.returncode, LAW, same.stderr)
        self.assertIn('necessity', same.stderr)
        done = w.run('act', 'renew', measure, '--necessity', 'the attack goes on and the line is still full',
                     '--until', '60s')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        time.sleep(max(0, until + 1.5 - time.time()))
        self.assertIn(TARGET, w.blackholes())  # the watchdog knows the new end, too

    def test_router_away(self):
        """What cannot be told now is told when it can be; whoever asks is told that."""
        w = self.world
        w.kill(self.exabgp)
        w.wait(lambda: not w.neighbor_up('bird'), 'that the relay is gone')
        done, _ = w.start(self.incident)
        self.assertEqual(done.returncode, ROUTER, done.stderr)
        self.assertIn('store', done.stderr)
        self.exabgp = w.begin_exabgp()
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole', seconds=60)


class Texts(Case):
    """What stands is in every text about its incident, and what is over too."""

    def said(self, verb, *args, lang='en'):
        return ' '.join(self.world.check(verb, *args, '--lang', lang).split())

    def test_handover_brief_and_notice(self):
        w, incident = self.world, self.incident
        self.assertIn('MEASURES IN FORCE None by noroshi.', self.said('handover'))
        self.assertIn('noroshi has taken no measure.', self.said('brief', incident))
        self.assertIn('no measure has been taken', self.said('notice', incident))
        measure = w.started(incident, until='20m')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        standing, = json.loads(w.check('handover', '--json'))['measures']
        self.assertEqual((standing['id'], standing['incident'], standing['means'], standing['standing'],
                          standing['point'], standing['holds']),
                         (measure, incident, 'blackhole', 'in_force', 'bird', None))
        self.assertIn(standing['minutes_left'], (19, 20))
        for lang, handover, brief, notice in (
                ('en', 'site-01: blackhole at bird, until', 'A blackhole at bird is in force until',
                 'is dropped in our network, so nobody can reach it.'),
                ('ja', 'site-01: ブラックホール（bird）、', 'bird のブラックホールを実施中', 'どこからも接続できません')):
            self.assertIn(f'{measure} {handover}', self.said('handover', lang=lang))
            self.assertIn(brief, self.said('brief', incident, lang=lang))
            self.assertIn(notice, self.said('notice', incident, lang=lang).replace(' ', '' if lang == 'ja' else ' '))
        w.check('act', 'freeze', '--why', 'the log is looked at')
        self.assertIn('FROZEN', self.said('handover'))
        w.check('act', 'thaw')
        w.check('act', 'withdraw', measure, '--why', 'test is over')
        w.wait(lambda: w.stage(measure) == 'gone', 'that the store knows')
        page = self.said('handover')
        self.assertIn('MEASURES IN FORCE None by noroshi.', page)
        self.assertIn(f'Measures begun 1: {measure} site-01.', page)
        self.assertIn(f'Measures ended 1: {measure} site-01 by alice.', page)
        self.assertIn('A blackhole at bird ended at', self.said('brief', incident))
        self.assertIn('Earlier, at', self.said('notice', incident))

    def test_a_row_that_is_not_ours(self):
        """It is in no text, and everybody who would have told of it says so."""
        w = self.world
        measure = w.started(self.incident, until='20m')
        w.wait(lambda: w.stage(measure) in ('applied', 'verified'), 'that it stands')
        w.kill(self.act)
        with w.desk() as db:
            db.execute("UPDATE measures SET until_us = until_us + 1")
        page = w.run('handover', '--lang', 'en')
        self.assertNotIn(measure, page.stdout.split('SINCE')[0])
        self.assertIn('noroshi did not write them', ' '.join(page.stdout.split()))
        self.assertEqual(page.returncode, GOOD)
        courier = w.spawn('courier', [self.program, 'courier', '--conf', w.conf, '--db', w.db])
        w.wait(lambda: 'measures-forged' in w.log('courier'), 'that the courier says so', courier)
        self.assertEqual(w.log('courier').count('measures-forged'), 1)


class Flow(Case):
    """FlowSpec as the plan derives it, seen by both receivers."""
    daemons = ('bird', 'gobgp', 'exabgp', 'act')

    def both(self, incident, kind, wanted_bird, wanted_gobgp, v6=False):
        w = self.world
        for point in ('bird', 'gobgp'):
            w.started(incident, kind=kind, point=point)
        for what, flows, wanted in (('BIRD', w.bird_flows, wanted_bird), ('GoBGP', w.gobgp_flows, wanted_gobgp)):
            w.wait(lambda f=flows, x=wanted: all(word in f(v6) for word in x), f'the rule in {what}: {wanted}')
        done = w.run('act', 'withdraw', '--all', '2')
        self.assertEqual(done.returncode, GOOD, done.stderr)
        w.wait(lambda: 'flow' not in w.bird_flows(v6).split('Table')[-1].split('\n', 1)[-1], 'BIRD has none')
        w.wait(lambda: 'destination' not in w.gobgp_flows(v6), 'GoBGP has none')

    def test_syn(self):
        self.both(self.incident, 'flowspec', [f'dst {TARGET}/32', 'proto 6'],
                  [f'destination: {TARGET}/32', 'protocol: ==tcp'])

    def test_amplification(self):
        incident = self.world.attack('amp-ntp')
        self.both(incident, 'flowspec', ['proto 17', 'sport 123'], ['protocol: ==udp', 'source-port: ==123'])

    def test_fragments(self):
        incident = self.world.attack('fragments')
        self.both(incident, 'flowspec', ['fragment'], ['fragment'])

    def test_carpet(self):
        incident = self.world.attack('carpet-24')
        self.both(incident, 'flowspec', ['dst 198.18.64.0/24'], ['destination: 198.18.64.0/24'])

    def test_redirect(self):
        self.both(self.incident, 'diversion', [f'dst {TARGET}/32'], [f'destination: {TARGET}/32'])

    def test_v6(self):
        six = self.world.attack('carpet-v6')
        self.both(six, 'flowspec', ['dst 2001:db8:64::/64'], ['destination: 2001:db8:64::/64'], v6=True)


class Validated(Case):
    """A neighbour that validates (RFC 8955 section 6, RFC 9117) obeys a rule only where its best route of
    the destination came from the same neighbour. It does not say whether it does."""
    daemons = ('act',)

    def begin(self, bird=act_world.VALIDATES):
        w = self.world
        self.bird = w.begin_bird(bird)
        pipe = w.path('commands')
        os.mkfifo(pipe)
        self.commands = os.open(pipe, os.O_RDWR)
        self.addCleanup(os.close, self.commands)
        self.exabgp = w.begin_exabgp(pipe)
        w.wait_up('bird')

    def exabgp_says(self, command):
        os.write(self.commands, f'neighbor 10.99.2.2 {command}\n'.encode())

    def obeyed(self):
        """Does BIRD have the rule as one that counts?"""
        out = self.world.bird_flows()
        return f'dst {TARGET}/32' in out and 'unreachable' not in out and 'invalid' not in out

    def test_own_route(self):
        self.begin()
        w = self.world
        self.exabgp_says('announce route 198.18.0.0/15 next-hop self')
        measure = w.started(self.incident, kind='flowspec')
        w.wait(self.obeyed, 'the rule')
        w.wait(lambda: w.stage(measure) == 'verified', 'that it is verified', seconds=10)
        # The route goes, and with it what the rule was good for; nobody is told.
        self.exabgp_says('withdraw route 198.18.0.0/15 next-hop self')
        w.wait(lambda: not self.obeyed(), 'that the rule counts no more')
        self.assertEqual(w.stage(measure), 'verified')
        self.exabgp_says('announce route 198.18.0.0/15 next-hop self')
        w.wait(self.obeyed, 'the rule again')

    def test_route_of_somebody_else(self):
        """The session takes the rule and the neighbour does not obey: what can be known is that nothing
        is known of its effect, and the plan says beforehand why that may be."""
        self.begin(act_world.VALIDATES + 'protocol static {{ ipv4; route 198.18.0.0/15 blackhole; }}\n')
        w = self.world
        option = w.option(self.incident, 'flowspec')
        self.assertIn('BGP does not tell whether it obeys', option['says']['en'])
        measure = w.started(self.incident, kind='flowspec')
        w.wait(lambda: w.stage(measure) == 'verified', 'that it is verified', seconds=10)
        self.assertIn(f'dst {TARGET}/32', w.bird_flows())
        self.assertFalse(self.obeyed())
        shown = w.check('act', 'show', measure)
        self.assertIn('Effect', shown)
        self.assertNotIn('effective', shown)


class Killed(Case):
    """kill -9 of each process at each state: the network becomes what the store says."""

    def test_role_killed_while_it_stands(self):
        w = self.world
        measure = w.started(self.incident, until='9s')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.act)
        time.sleep(1)
        self.assertIn(TARGET, w.blackholes())  # nothing falls with the role
        self.act = w.begin_act()
        w.wait_up('bird')
        self.assertIn(TARGET, w.blackholes())
        w.wait(lambda: TARGET not in w.blackholes(), 'its end', seconds=12)
        w.wait(lambda: w.stage(measure) == 'gone', 'that the store knows')

    def test_role_killed_over_the_end(self):
        """The watchdog ends it in time, and the role that comes later knows."""
        w = self.world
        until = time.time() + 5
        measure = w.started(self.incident, until=utc(int(until * 1e6)))
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.act)
        self.assertLess(time.time(), until)
        w.wait(lambda: TARGET not in w.blackholes(), 'the watchdog', seconds=8, pause=0.01)
        self.assertLess(time.time() - until, 1.2)
        self.act = w.begin_act()
        w.wait(lambda: w.stage(measure) == 'gone', 'that the store knows', seconds=30)

    def test_exabgp_killed(self):
        w = self.world
        w.started(self.incident, until='5m')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.exabgp)
        w.wait(lambda: TARGET not in w.blackholes(), 'that the session is gone', seconds=40)
        self.exabgp = w.begin_exabgp()
        w.wait(lambda: TARGET in w.blackholes(), 'that it is told again', seconds=60)

    def test_exabgp_killed_over_the_end(self):
        w = self.world
        measure = w.started(self.incident, until='4s')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.exabgp)
        time.sleep(5)
        self.exabgp = w.begin_exabgp()
        w.wait_up('bird')
        w.wait(lambda: w.stage(measure) == 'gone', 'that the store knows', seconds=30)
        self.assertNotIn(TARGET, w.blackholes())

    def test_relay_killed(self):
        """ExaBGP starts it anew; what stood stands again, under somebody's eyes."""
        w = self.world
        w.started(self.incident, until='5m')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        before = w.relay()
        os.kill(before, signal.SIGKILL)
        w.wait(lambda: w.relay() not in (None, before), 'a new relay', seconds=60)
        w.wait(lambda: w.neighbor_up('bird'), 'the session', seconds=60)
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole again', seconds=60)

    def test_relay_killed_without_a_role(self):
        """Nobody is left who knows an end: then nothing stands."""
        w = self.world
        w.started(self.incident, until='5m')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.act)
        os.kill(w.relay(), signal.SIGKILL)
        w.wait(lambda: TARGET not in w.blackholes(), 'that nothing stands', seconds=60)

    def test_neighbor_killed(self):
        w = self.world
        w.started(self.incident, until='5m')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.bird)
        self.net.bird.run('ip', 'route', 'flush', 'proto', 'bird')
        self.bird = w.begin_bird()
        w.wait(lambda: TARGET in w.blackholes(), 'that it is told again', seconds=90)

    def test_role_killed_at_any_moment(self):
        """Start, kill after a chance time, start the role again: never half a state."""
        w, chance = self.world, random.Random(6)
        for number in range(12):
            incident = w.copy(self.incident, f'198.18.10.{10 + number}', 100 + number,
                              object=f'site-{10 + number:02}')
            option = w.option(incident, 'rtbh')
            args = w.start_args(incident, option, until='5m')
            asking = threading.Thread(target=w.run, args=args)
            asking.start()
            time.sleep(chance.uniform(0, 0.12))
            w.kill(self.act)
            asking.join()
            self.act = w.begin_act()
        w.wait_up('bird')

        def agree():
            wanted = {m['option']['target'].split('/')[0] for m in w.measures()
                      if m['stage'] in ('applied', 'verified', 'approved')}
            return wanted == w.blackholes()
        w.wait(agree, 'that network and store agree', seconds=30)
        verified = w.run('audit', 'verify', space=False)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_reloaded(self):
        """No process dies, and the relay comes anew to a role with another configuration."""
        w = self.world
        measure = w.started(self.incident, until='9s')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.configure('  approve: 5m\n')
        self.act.send_signal(signal.SIGHUP)
        w.wait(lambda: 'reloaded' in w.log('act'), 'the reload', self.act)
        w.wait(lambda: 'neighbour bird: up, has 1' in w.run('act', 'list').stdout, 'that it is told again')
        self.assertIn(TARGET, w.blackholes())
        shown = w.run('act', 'show', measure).stdout
        self.assertIn('alice', shown)
        self.assertIn('applied', shown.split('audit log')[1])
        w.wait(lambda: TARGET not in w.blackholes(), 'its end', seconds=12)

    def test_stray(self):
        """What the store does not have is taken away: a store that was put back, a row that was forged."""
        w = self.world
        w.started(self.incident, until='5m')
        w.wait(lambda: TARGET in w.blackholes(), 'the blackhole')
        w.kill(self.act)
        with w.desk() as db:
            db.execute("UPDATE measures SET until_us = until_us + 864000000000")
        self.act = w.begin_act()
        w.wait(lambda: TARGET not in w.blackholes(), 'that a forged row holds nothing')
        w.wait(lambda: 'forged' in w.log('act'), 'that it is told', self.act)


class Speed(Case):
    neighbors = act_world.NEIGHBORS + act_world.BOX

    def test_approval_to_blackhole(self):
        """From the moment at which the approver's word arrives at the role."""
        w, took = self.world, []
        incidents = [w.copy(self.incident, f'198.18.10.{i}', i, object=f'site-{i:02}') for i in range(2, 23)]
        monitor, door = act_world.Monitor(w.net), act_world.Door(w)
        self.addCleanup(monitor.end)
        for i, incident in enumerate(incidents, 2):
            option = w.option(incident, 'rtbh')
            began = time.time()
            door.start(incident, option)
            took.append(monitor.wait(f'198.18.10.{i}') - began)
        say(f'approval to blackhole: median {statistics.median(took) * 1e3:.0f} ms of {len(took)} '
            f'({min(took) * 1e3:.0f} to {max(took) * 1e3:.0f})')
        self.assertLess(statistics.median(took), 2)  # the figure is for the reader; this finds a hang

    def start_many(self, kind, point='bird'):
        """NOROSHI_RULES says how many; a thousand are to be told within two seconds."""
        w, count = self.world, int(os.environ.get('NOROSHI_RULES', '100'))
        incidents = [w.copy(self.incident, f'198.18.{128 + i // 250}.{1 + i % 250}', 5000 + i)
                     for i in range(count)]
        option, door = w.option(incidents[0], kind, point), act_world.Door(w)
        began = time.monotonic()
        for incident in incidents:
            door.start(incident, option)
        say(f'{count} of {kind} begun, one after the other, in {time.monotonic() - began:.2f} s')
        return count

    def told_within(self, counted, count):
        """From the first that is there to the last, by looks 10 ms apart. Their number beyond @count
        is a failure, too."""
        first, seen, until = None, 0, time.monotonic() + 90
        while seen < count and time.monotonic() < until:
            seen = counted()
            if seen and first is None:
                first = time.monotonic()
            time.sleep(0.01)
        took = time.monotonic() - (first or 0)
        self.assertEqual(seen, count)
        self.assertLess(took, 60)
        return took

    def test_many_rules(self):
        """The store has them; the role tells all of them to a relay that comes anew."""
        w, count = self.world, self.start_many('rtbh')
        w.wait(lambda: len(w.blackholes()) == count, 'all of them', seconds=60, pause=0.5)
        w.kill(self.exabgp)
        w.wait(lambda: not w.blackholes(), 'none of them', seconds=60, pause=0.2)
        monitor = act_world.Monitor(w.net)
        self.addCleanup(monitor.end)
        self.exabgp = w.begin_exabgp()
        w.wait(lambda: len(w.blackholes()) == count, 'all of them again', seconds=90, pause=1)
        time.sleep(0.5)
        came = monitor.came.values()
        say(f'{count} blackholes told anew in {max(came) - min(came):.2f} s')
        self.assertEqual(len(came), count)

    def flows(self):
        """How many rules BIRD has."""
        out = self.net.bird.run('birdc', '-s', self.world.path('bird.ctl'), 'show', 'route', 'table',
                                'fs4', 'count')
        return int(re.search(r'(\d+) of \d+ routes', out).group(1))

    def test_many_flowspec_rules(self):
        """The same of rules, into BIRD's table of them."""
        w, count = self.world, self.start_many('flowspec')
        w.wait(lambda: self.flows() == count, 'all of them', seconds=60, pause=0.5)
        w.kill(self.exabgp)
        w.wait(lambda: not self.flows(), 'none of them', seconds=60, pause=0.2)
        self.exabgp = w.begin_exabgp()
        say(f'{count} FlowSpec rules told anew in {self.told_within(self.flows, count):.2f} s')

    def test_many_on_a_box(self):
        """Somebody takes away the table of a box: all of it stands again."""
        w, net = self.world, self.net.hub
        count = self.start_many('nftables', 'box')

        def stand():
            out = net.run('nft', 'list', 'counters', 'table', 'inet', 'noroshi_test')
            return len(re.findall(r'^\tcounter ', out, re.MULTILINE))
        w.wait(lambda: stand() == count, 'all of them', seconds=60, pause=0.5)
        began = time.monotonic()
        net.run('nft', 'delete', 'table', 'inet', 'noroshi_test')
        w.wait(lambda: net.run('nft', 'list', 'tables').strip(), 'the table')
        w.wait(lambda: stand() == count, 'all of them again', seconds=60)
        say(f'{count} measures stand on the box again {time.monotonic() - began:.2f} s after its table was '
            'taken away')

class Standing(Case):
    daemons = ('bird', 'exabgp')

    def order(self, *objects):
        self.world.change(self.incident, state='closed')
        self.world.configure(orders(*objects))
        self.act = self.world.begin_act()
        self.world.wait_up('bird')

    def test_detection_to_blackhole(self):
        """From the moment at which the watch's transaction is done."""
        w, took = self.world, []
        self.order(*[f'site-{i:02}' for i in range(2, 13)])
        monitor = act_world.Monitor(w.net)
        self.addCleanup(monitor.end)
        for i in range(2, 13):
            w.copy(self.incident, f'198.18.10.{i}', i, object=f'site-{i:02}', state='open')
            began = time.time()
            took.append(monitor.wait(f'198.18.10.{i}') - began)
            self.assertEqual(w.run('act', 'thaw').returncode, GOOD)
        say(f'detection to blackhole under a standing order: median {statistics.median(took) * 1e3:.0f} ms of '
            f'{len(took)} ({min(took) * 1e3:.0f} to {max(took) * 1e3:.0f})')
        self.assertEqual({m['standing'] for m in w.measures()}, {f'order-site-{i:02}' for i in range(2, 13)})
        self.assertIn('standing:order-site-02', [actor for _, actor, _ in w.audit()])

    def test_three_freeze_it(self):
        w = self.world
        self.order('site-02', 'site-03', 'site-04', 'site-05')
        for i in (2, 3, 4, 5):
            w.copy(self.incident, f'198.18.10.{i}', i, object=f'site-{i:02}', state='open')
            if i < 5:
                w.wait(lambda x=i: f'198.18.10.{x}' in w.blackholes(), f'blackhole {i}')
        time.sleep(3)
        self.assertNotIn('198.18.10.5', w.blackholes())
        self.assertEqual(len(w.measures()), 3)
        refused = [b for a, _, b in w.audit() if a.startswith('refus')]
        self.assertTrue(any('automation_frozen' in b for b in refused), refused)
        # A person says so, and it goes on.
        self.assertEqual(w.run('act', 'thaw', '--why', 'looked at all three').returncode, GOOD)
        w.change(f'n{5:012x}', state='open')
        w.wait(lambda: '198.18.10.5' in w.blackholes(), 'the fourth')

    def test_none_by_itself(self):
        """Without an order nothing begins."""
        self.world.configure()
        self.act = self.world.begin_act()
        self.world.wait_up('bird')
        time.sleep(2)
        self.assertEqual(self.world.measures(), [])
        self.assertEqual(self.world.blackholes(), set())


RFC_3339 = r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$'


class Hooks(Case):
    daemons = ('bird', 'exabgp')

    def test_program_and_fastnetmon(self):
        w = self.world
        log, bans = w.path('hooked'), w.path('bans')
        plain = w.path('plain', f'#!/bin/sh\ncat >>{log}\necho >>{log}\n', 0o755)
        fnm = w.path('fnm', f'#!/bin/sh\necho "$1 $2 $3 $4 $(wc -c)" >>{bans}\n', 0o755)
        prom = w.path('noroshi.prom')
        head = w.path('head')
        w.configure(f'  hooks:\n    - {{program: {plain}}}\n    - {{program: {fnm}, fastnetmon: yes}}\n'
                    f'  prometheus: {prom}\n  head: {{file: {head}}}\n')
        self.act = w.begin_act()
        w.wait_up('bird')
        measure = w.started(self.incident)
        self.assertEqual(w.run('act', 'withdraw', measure).returncode, GOOD)

        def read(path):
            try:
                with open(path, encoding='utf-8') as f:
                    return f.read()
            except FileNotFoundError:
                return ''
        w.wait(lambda: '"event":"gone"' in read(log) and read(log).endswith('\n') and 'unban' in read(bans),
               'the hooks')
        told = [json.loads(line) for line in read(log).splitlines() if line]
        self.assertEqual([t['event'] for t in told], ['planned', 'approved', 'applied', 'withdrawn', 'gone'])
        for event in told:
            self.assertEqual(set(event), {'event', 'at', 'measure', 'drill'})
            self.assertRegex(event['at'], RFC_3339)
            self.assertEqual(event['measure']['id'], measure)
        ban, unban = [line.split() for line in read(bans).splitlines()]
        self.assertEqual(ban[:2] + [ban[3]], [TARGET, 'incoming', 'ban'])
        self.assertEqual(unban[:2] + [unban[3]], [TARGET, 'incoming', 'unban'])
        self.assertGreater(int(ban[2]), 1000)
        self.assertGreater(int(ban[4]), 100)
        # What is about no measure.
        self.assertEqual(w.run('act', 'freeze', '--why', 'routers are changed').returncode, GOOD)
        done, _ = w.start(self.incident)
        self.assertNotEqual(done.returncode, GOOD)
        self.assertEqual(w.run('act', 'thaw', '--automatic', '--why', 'done').returncode, GOOD)
        self.assertEqual(w.run('act', 'thaw', '--why', 'all done').returncode, GOOD)
        w.wait(lambda: read(log).count('"thawed"') == 2 and read(log).endswith('\n'), 'the thaw')
        told = [json.loads(line) for line in read(log).splitlines() if line][len(told):]
        for event in told:
            self.assertEqual(set(event), {'event', 'at', 'subject', 'word', 'why', 'drill'})
            self.assertRegex(event['at'], RFC_3339)
        self.assertEqual([(t['event'], t['subject'], t['word']) for t in told],
                         [('frozen', 'freeze', 'all'), ('refused', self.incident, 'frozen'),
                          ('thawed', 'thaw', 'automatic'), ('thawed', 'thaw', 'all')])
        self.assertEqual(told[0]['why'], 'routers are changed')
        w.wait(lambda: 'noroshi_act_neighbor_up{neighbor="bird"} 1' in read(prom), 'the metrics', seconds=15)
        stages = set(re.findall(r'noroshi_act_measures\{stage="(\w+)"\}', read(prom)))
        self.assertEqual(stages, {'planned', 'approved', 'applied', 'verified', 'expired', 'withdrawn',
                                  'lapsed', 'failed'})
        w.wait(lambda: read(head), 'the head of the log', seconds=10)
        with open(head, encoding='utf-8') as f:
            stamp, value = f.read().splitlines()[0].split()
        self.assertIn(':', value)
        self.assertIn('T', stamp)
        for noted in (value, read(head).splitlines()[-1]):      # as the manual has it: tail -n 1
            done = w.run('audit', 'verify', '--head', noted, space=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


INPUT = (77, 78)    # interfaces of which no side is configured: each tells of what it sees


class Exporter(threading.Thread):
    """NetFlow v5 from one address, a datagram each @pause seconds: of a SYN flood on 198.18.10.2, or (@flood
    false, which may change) of a client of it. Its records are numbered from @first; @numbers makes of that
    what is told. @skips of a hundred datagrams are lost on the way."""

    def __init__(self, net, address, port, first=0, numbers=lambda number: number, flood=True, pause=0.05,
                 skips=0):
        super().__init__(daemon=True)
        self.net, self.address, self.port = net, address, port
        self.number, self.numbers, self.flood, self.pause, self.skips = first, numbers, flood, pause, skips
        self.began = time.time() - 3600
        self.ends, self.restarts = threading.Event(), threading.Event()
        self.count = 0

    def record(self, up, chance):
        source, packets, flags = ((chance.randrange(1 << 24), 20, 2) if self.flood else (1, 2, 0x18))
        return struct.pack('>IIIHHIIIIHHBBBBHHBBH', 0x0b000000 + source, 0xc6120a02, 0, *INPUT, packets,
                           packets * 40, max(up - 200, 0), up, chance.randrange(1024, 65536), 80, 0, flags, 6,
                           0, 0, 0, 0, 0, 0)

    def datagram(self, chance):
        if self.restarts.is_set():
            self.began, self.number = time.time(), 0
            self.restarts.clear()
        now, size = time.time(), 25 if self.flood else 1
        up = int((now - self.began) * 1000)
        head = struct.pack('>HHIIIIBBH', 5, size, up, int(now), int(now % 1 * 1e9),
                           self.numbers(self.number) & 0xffffffff, 0, 0, 0)
        self.number += size
        return head + b''.join(self.record(up, chance) for _ in range(size))

    def run(self):
        enter(os.open(f'/run/netns/{self.net.hub.name}', os.O_RDONLY))
        chance = random.Random(7)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.address, 0))
            while not self.ends.is_set():
                datagram = self.datagram(chance)
                if chance.randrange(100) >= self.skips:
                    sock.sendto(datagram, ('127.0.0.1', self.port))
                self.count += 1
                self.ends.wait(self.pause)

    def end(self):
        self.ends.set()
        self.join()


def at_random(_number, chance=random.Random(11)):
    return chance.randrange(1 << 32)


def elsewhere(number):
    """They go on from each other, as somebody does who makes them up well."""
    return 500000000 + number


def enter(fd):
    """This thread into a network namespace."""
    import ctypes
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000):
        raise OSError('setns')
    os.close(fd)


class Told(Case):
    """A customer who has a standing order, the watch, and two routers that export to it by UDP."""
    daemons = ('bird', 'exabgp')

    def begin(self, *exporters):
        w = self.world
        w.change(self.incident, state='closed')
        w.configure(orders('site-02'))
        with open(w.conf, encoding='utf-8') as f:
            text = f.read()
        for number in (1, 2):
            text = text.replace(f'address: 192.0.2.{number}\n', f'address: 127.0.0.{number + 1}\n    sampling: 1\n')
        self.assertIn('127.0.0.3', text)
        w.path('noroshi.yaml', text)
        self.act = w.begin_act()
        w.wait_up('bird')
        watch = w.spawn('watch', [w.program, 'watch', '--conf', w.conf, '--db', w.db, '--listen',
                                  '127.0.0.1:9995'], self.net.hub)
        w.wait(lambda: os.path.exists(os.path.join(w.db, 'watch.sock')), 'the watch', watch)
        for one in exporters:
            self.tell(one)

    def exporter(self, address, *args, **kwargs):
        return Exporter(self.net, address, 9995, *args, **kwargs)

    def tell(self, one):
        one.start()
        self.addCleanup(one.end)
        return one

    def wait_incident(self):
        self.world.wait(lambda: any('198.18.10.2' in json.loads(line)['targets'] for line in self.world.check(
            'incident', 'list', '--json').splitlines()), 'the incident', seconds=60, pause=0.5)

    def status(self, name):
        """Of an exporter, as soon as the sensor has said its first status."""
        said = self.world.wait(lambda: json.loads(self.world.check('status', '--json')).get('exporters'),
                               'a status with exporters')
        return next(e for e in said if e['name'] == name)


class Invented(Told):
    """Somebody makes up an attack; nothing may come of it."""

    def finish(self, forger, seconds):
        time.sleep(seconds)
        forger.end()
        self.assertGreater(forger.count, 100)
        self.assertEqual(self.world.measures(), [])
        self.assertEqual(self.world.blackholes(), set())

    def refused(self, word, about):
        """The log has that it was refused for this, with the exporter's name."""
        lines = [b for a, _, b in self.world.audit() if a.startswith('refus')]
        self.assertTrue(any(word in b and about in b for b in lines), lines)

    def test_unlisted(self):
        self.begin()
        self.finish(self.tell(self.exporter('127.0.0.9')), 15)

    def forge(self, numbers, both=False):
        """Beside what the real routers tell, of which one has a client of the target to tell of."""
        w = self.world
        self.begin(self.exporter('127.0.0.2', 7000000, flood=False, pause=0.5),
                   self.exporter('127.0.0.3', 9000000, flood=False, pause=0.5))
        time.sleep(3)
        if both:
            self.tell(self.exporter('127.0.0.3', numbers=numbers))
        forger = self.tell(self.exporter('127.0.0.2', numbers=numbers))
        self.wait_incident()
        self.finish(forger, 6)
        self.refused('broken_exporter', 'router-' if both else 'router-1')     # either may come first
        said = self.status('router-1')
        self.assertGreater(said['recent']['doubted'], 0)
        self.assertGreaterEqual(said['doubted'], said['recent']['doubted'])
        self.assertRegex(w.check('status'), r'router-1: \d+ datagrams with a sequence number that fits nothing')
        if not both:
            self.assertEqual(self.status('router-2')['doubted'], 0)

    def test_listed_with_a_broken_sequence(self):
        self.forge(at_random)

    def test_listed_with_a_sequence_of_its_own(self):
        self.forge(elsewhere)

    def test_both_listed_with_a_broken_sequence(self):
        self.forge(at_random, both=True)

    def test_both_listed_with_a_sequence_of_its_own(self):
        self.forge(elsewhere, both=True)

    def test_one_of_two(self):
        """With a sequence that nobody can find fault with: a single packet to the target, of which the other
        one tells, bears nothing out."""
        self.begin(self.exporter('127.0.0.3', flood=False, pause=0.5))
        time.sleep(3)
        forger = self.tell(self.exporter('127.0.0.2'))
        self.wait_incident()
        self.finish(forger, 6)
        self.refused('one_exporter', 'router-1')
        self.assertEqual(self.status('router-1')['doubted'], 0)


class Honest(Told):
    """What honest routers do is believed."""

    def test_restart_and_loss(self):
        """Two tell of the attack: one has begun anew, and three of a hundred datagrams of both get lost."""
        w = self.world
        routers = [self.exporter(f'127.0.0.{n}', 7000000 * n, flood=False, skips=3) for n in (2, 3)]
        self.begin(*routers)
        w.wait(lambda: self.status('router-1')['records'] > 40, 'its records')
        routers[0].restarts.set()
        w.wait(lambda: self.status('router-1')['restarts'], 'the restart')
        for router in routers:
            router.flood = True
        w.wait(lambda: '198.18.10.2' in w.blackholes(), 'the blackhole', seconds=60)
        for name in ('router-1', 'router-2'):
            said = self.status(name)
            self.assertEqual((said['recent']['doubted'], said['restarts']), (0, int(name == 'router-1')))
            self.assertGreater(said['recent']['lost']['records'], 0)


if __name__ == '__main__':
    Case.program = os.path.abspath(sys.argv.pop(1))
    unittest.main()
