#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""When a measure could be lifted, and lifted for a moment to see: a Linux box that forwards real packets
between two network namespaces, and the role whose kernel drops them.

test_act_lift.py PROGRAM [unittest options]
"""
import datetime
import json
import os
import shutil
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import act_world  # noqa: E402
from act_world import GOOD, NEIGHBORS, Space, World, wire  # noqa: E402

DRY = NEIGHBORS.replace('kind: exabgp', 'kind: dry_run')

BOX = '''    - name: box
      kind: nftables
      point: host
      capacity: {capacity}
      inside: v1a
      max_rules: 100
      max_changes: 1000
'''
ORDER = '''  standing:
    - name: by-night
      object: {object}
      kind: nftables
      basis: {basis}
      purpose: keep the customer and its neighbours reachable during this attack
      necessity: the attack fills the line and the customer cannot end it alone
      weaker: a rate limit would drop the customers of the site as well
      longest: 10m
      per_day: 10
      approvers: [alice]
      review: 2099-01-01
      probe_lift: yes
      probe_every: 5m
'''
DUTY = '''duty:
  zone: UTC
  people: [{name: alice, language: en, program: /bin/true}]
  shifts: [{people: [alice], from: "00:00", until: "24:00"}]
'''
QUIET = '10s'           # act.lift_after, its least
LONGEST_S = 5           # a probe
FREE_BPS = 4e6          # half of 8 Mbit/s; nothing else is on the line
WIRE = 38               # beside the bytes of an IP packet
SLOW, FAST = 200, 2000  # packets per second: far under the free half, and about twice as much


class Net:
    """outside -- hub -- inside: the hub forwards, and is where the role runs."""

    def __init__(self, target):
        self.hub, self.outside, self.inside = Space('hub'), Space('outside'), Space('inside')
        wire(self.hub, self.outside, 2, '10.99.2.1', '10.99.2.2', '2001:db8:99:2::')
        wire(self.hub, self.inside, 1, '10.99.1.1', '10.99.1.2', '2001:db8:99:1::')
        self.hub.run('sysctl', '-qw', 'net.ipv4.ip_forward=1')
        self.hub.run('ip', 'route', 'add', f'{target}/32', 'via', '10.99.1.2')
        self.outside.run('ip', 'route', 'add', f'{target}/32', 'via', '10.99.2.1')
        self.inside.run('ip', 'address', 'add', f'{target}/32', 'dev', 'lo')

    def end(self):
        for space in (self.hub, self.outside, self.inside):
            space.end()


def ago_s(text):
    """Seconds since a time of JSON."""
    return time.time() - datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def enter(space):
    """This thread into a network namespace."""
    import ctypes
    fd = os.open(f'/run/netns/{space.name}', os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000):
        raise OSError('setns')
    os.close(fd)


class Attack(threading.Thread):
    """Packets that the measure's rules are for, as many a second as `rate` says."""

    def __init__(self, net, target, port, size):
        super().__init__(daemon=True)
        self.net, self.to, self.port, self.body = net, (target, 4444), port, bytes(size - 28)
        self.rate, self.sent, self.ends = 0, 0, False

    def run(self):
        enter(self.net.outside)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(('10.99.2.2', self.port))
            due = time.monotonic()
            while not self.ends:
                if not self.rate or due < time.monotonic() - 0.5:
                    due = time.monotonic()
                    time.sleep(0.005)
                while self.rate and due <= time.monotonic():
                    sock.sendto(self.body, self.to)
                    self.sent += 1
                    due += 1 / self.rate
                time.sleep(0.001)

    def end(self):
        self.ends = True
        self.join()


class Inside(threading.Thread):
    """When what came through."""

    def __init__(self, net, target):
        super().__init__(daemon=True)
        self.net, self.at, self.ends, self.times = net, (target, 4444), False, []
        self.ready = threading.Event()
        self.start()
        self.ready.wait(10)

    def run(self):
        enter(self.net.inside)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            sock.bind(self.at)
            sock.settimeout(0.1)
            self.ready.set()
            while not self.ends:
                try:
                    sock.recv(2048)
                except socket.timeout:
                    continue
                self.times.append(time.monotonic())

    def since(self, when):
        return [t for t in self.times if t >= when]

    def end(self):
        self.ends = True
        self.join()


class Case(unittest.TestCase):
    program, order, capacity = None, True, '8Mbps'

    @classmethod
    def setUpClass(cls):
        gone = [name for name in ('ip', 'unshare', 'sysctl') if not shutil.which(name)]
        if gone:
            raise unittest.SkipTest('not installed: ' + ', '.join(gone))
        if os.geteuid() != 0 or not act_world.may_unshare():
            raise unittest.SkipTest('no network namespaces here')

    def setUp(self):
        self.world = w = World(self.program)
        self.addCleanup(w.end)
        self.incident = w.attack('amp-ntp')
        shown = json.loads(w.check('incident', 'list', '--json', '--conf', self.conf_of(w)).splitlines()[0])
        self.target, self.object = shown['targets'][0].split('/')[0], shown['object']
        self.net = w.net = Net(self.target)
        self.addCleanup(self.net.end)
        self.prom = w.path('noroshi.prom')
        option = self.configure('')
        if self.order:
            w.change(self.incident, state='closed')
            self.configure(ORDER.format(object=self.object, basis=option['basis'][0]))
        self.inside = Inside(self.net, self.target)
        self.addCleanup(self.inside.end)
        self.attack = Attack(self.net, self.target, *self.packet(option))
        self.attack.start()
        self.addCleanup(self.attack.end)
        self.act = w.begin_act()

    def conf_of(self, w):
        """One to read the store with, before the target is known."""
        w.configure(neighbors=None)
        return w.conf

    def configure(self, order):
        """The option of the plan at the box."""
        self.world.configure(f'  lift_after: {QUIET}\n  prometheus: {self.prom}\n' + order,
                             neighbors=BOX.format(capacity=self.capacity), more=DUTY)
        return None if order else self.world.option(self.incident, 'nftables', 'box')

    def packet(self, option):
        """Source port and length of a packet that the first rule drops."""
        conditions = {c['field']: c['ranges'][0] for c in option['rule']['rules'][0]['conditions']}
        self.assertEqual(conditions['protocol']['from'], 17, conditions)
        port, size = conditions['source-port']['from'], conditions.get('packet-length', {'from': 468})['from']
        self.assertGreater(size, 100)
        return port, size

    def measure(self):
        return self.world.measures()[-1]

    def row(self, measure):
        """What the store has of it, without the role."""
        with self.world.desk() as db:
            body, = db.execute('SELECT body FROM measures WHERE id = ?', (measure,)).fetchone()
        return json.loads(body)

    def standing(self):
        """The measure, when the role has seen that it stands; nothing comes through any more."""
        w = self.world
        w.wait(lambda: w.measures() and self.measure()['stage'] == 'verified', 'the measure', self.act)
        time.sleep(0.2)
        self.inside.times.clear()
        return self.measure()['id']

    def begin(self):
        """The attack that the order is for comes; what the order begins."""
        self.world.change(self.incident, state='open')
        return self.standing()

    def acts(self, *words):
        return [(act, json.loads(body)) for act, _, body in self.world.audit() if act in words]

    def said(self, *words):
        return [body['words'] for _, body in self.acts(*words)]

    def figures(self):
        with open(self.prom, encoding='utf-8') as f:
            return dict(line.rsplit(' ', 1) for line in f if not line.startswith('#'))

    def first_through(self, seconds=40):
        """When the first packet comes through: the measure is lifted."""
        self.world.wait(lambda: self.inside.times, 'that it is lifted', self.act, seconds=seconds,
                        pause=0.005)
        return self.inside.times[0]

    def is_dropped(self, seconds=2.0):
        """Nothing comes through for so long, though the attack goes on."""
        time.sleep(0.2)
        now, sent = time.monotonic(), self.attack.sent
        time.sleep(seconds)
        self.assertGreater(self.attack.sent - sent, self.attack.rate * seconds / 2)
        self.assertGreater(self.attack.rate, 0)
        self.assertEqual(len(self.inside.since(now)), 0)


class Proposal(Case):
    order = False

    def test_when_it_is_over(self):
        """Not while drops go on; when they have ended, once; and void when they come back."""
        w = self.world
        self.attack.rate = SLOW
        measure = w.started(self.incident, kind='nftables', point='box')
        self.standing()
        w.wait(lambda: self.measure()['lift_now']['state'] == 'goes_on', 'that it goes on', self.act)
        row = self.row(measure)['effect']
        time.sleep(25)
        shown = self.measure()
        self.assertIsNone(shown['lift'], shown['lift'])
        # No watch runs: neither side is known, which is not nothing. The role has the drops of now, though
        # nothing was written.
        self.assertEqual(self.row(measure)['effect'], row)
        effect = shown['effect']
        self.assertIsNone(effect['before_bps'])
        self.assertIsNone(effect['after_bps'])
        self.assertGreater(effect['dropped_packets'], (row or {'dropped_packets': 0})['dropped_packets'] + 1000)
        self.assertLess(ago_s(effect['at']), 15)
        words = ' '.join(w.check('act', 'show', measure).split())
        self.assertIn('not measurable: neither side of the point is seen', words)
        self.assertIn('packets dropped', words)
        self.assertEqual(shown['lift_now']['state'], 'goes_on')
        self.assertIn('pps are dropped', shown['lift_now']['en'])
        self.assertEqual(shown['lift_now']['probe']['answer'], 'no_order')
        self.assertIn('lift: the attack goes on', w.check('act', 'list'))

        self.attack.rate = 0
        ended = time.monotonic()
        w.wait(lambda: self.measure()['lift'], 'the proposal', self.act, seconds=60)
        self.assertGreater(time.monotonic() - ended, 10)
        lift = self.measure()['lift']
        self.assertIn('nothing was dropped for', lift['en'])
        self.assertIn('破棄なし', lift['ja'])
        self.assertEqual(lift['proposals'], 1)
        self.assertIn('lifting it is proposed', w.check('act', 'list'))
        self.assertIn('解除を提案', w.check('act', 'list', lang='ja_JP.UTF-8'))
        self.assertIn('Lifting it proposed', w.check('act', 'show', measure))
        self.assertEqual(self.said('lift'), [lift['en']])
        with w.desk() as db:
            rows = db.execute("SELECT body FROM outbox WHERE kind = 'page'").fetchall()
        pages = [text for text in (json.loads(body)['text'] for body, in rows) if 'time to lift it?' in text]
        self.assertEqual(len(pages), 1)
        self.assertIn(f'noroshi act withdraw {measure}', pages[0])
        w.wait(lambda: self.figures()['noroshi_act_lift_proposed'] == '1\n', 'the metrics', seconds=15)
        # It stands all the same: only a person lifts it.
        self.assertEqual(self.measure()['stage'], 'verified')

        self.attack.rate = FAST     # more than a twentieth of the peak
        self.is_dropped()
        w.wait(lambda: self.measure()['lift']['proposed'] is None, 'that it is void', self.act, seconds=30)
        self.assertEqual(self.measure()['lift_now']['state'], 'goes_on')
        void, = self.said('lift_void')
        self.assertIn('the attack is back after', void)
        self.assertGreater(self.measure()['lift']['pause_s'], 9)
        self.assertEqual(w.run('audit', 'verify').returncode, GOOD)
        time.sleep(1)
        sent = self.attack.sent
        self.assertEqual(w.run('act', 'withdraw', measure).returncode, GOOD)
        # The end has the counter as it was then, and that is what is printed for good.
        last = self.row(measure)['effect']
        self.assertLess(ago_s(last['at']), 15)
        self.assertGreater(last['dropped_packets'], 0.9 * sent)
        self.assertIn(f'{last["dropped_packets"]} packets dropped',
                      ' '.join(w.check('audit', 'print', '--measure', measure).split()))
        self.attack.rate = 0


class Ended(Case):
    """Its end is reached when the incident is closed already: a measure that works is what closes it."""
    order = False

    def pages(self, until):
        """Those of the end, of a measure whose incident is closed while it stands."""
        w = self.world
        measure = w.started(self.incident, kind='nftables', point='box', until=until)
        self.standing()
        w.change(self.incident, state='closed')
        if self.attack.rate:
            w.wait(lambda: self.measure()['lift_now']['state'] == 'goes_on', 'that it goes on', self.act)
        w.wait(lambda: self.measure()['stage'] == 'gone', 'its end', self.act, seconds=60)
        with w.desk() as db:
            rows = db.execute("SELECT body FROM outbox WHERE kind = 'page'").fetchall()
        texts = [json.loads(body)['text'] for body, in rows]
        return [t for t in texts if measure in t and 'the attack goes on' in t]

    def test_while_it_is_dropped(self):
        self.attack.rate = SLOW
        self.assertEqual(len(self.pages('22s')), 1)
        self.assertTrue(self.measure()['told_ended'])

    def test_as_another_incident(self):
        other = self.world.copy(self.incident, self.target + '/32', 7)
        with self.world.watch() as db:
            db.execute('UPDATE incidents SET (target_low, target_high) = (SELECT target_low, target_high '
                       'FROM incidents WHERE id = ?) WHERE id = ?', (self.incident, other))
        self.assertEqual(len(self.pages('6s')), 1)

    def test_when_it_is_over(self):
        self.assertEqual(self.pages('14s'), [])
        self.assertFalse(self.measure()['told_ended'])


class Probe(Case):
    def test_aborted(self):
        """What comes grows while it is lifted: the first full second above the free half ends it."""
        self.attack.rate = SLOW
        measure = self.begin()
        began = self.first_through()
        self.attack.rate = FAST
        grew = time.monotonic()
        time.sleep(3.5)
        last = self.inside.times[-1]
        print(f'grew {grew - began:.2f} s after the lifting; the last packet {last - grew:.2f} s after that',
              file=sys.stderr)
        # The second in which it grew may still be under; the next is not, and is not waited out twice.
        self.assertLess(last - grew, 2.4)
        self.assertLess(last - began, LONGEST_S)
        self.is_dropped()
        w = self.world
        w.wait(lambda: self.said('probe_abort'), 'the end of the probe', self.act)
        probe, = self.said('probe')
        self.assertIn('by-night', probe)
        self.assertIn('standing:by-night', [actor for act, actor, _ in w.audit() if act == 'probe'])
        abort, = self.said('probe_abort')
        self.assertIn('it stands again', abort)
        shown = self.measure()
        self.assertEqual((shown['id'], shown['stage']), (measure, 'verified'))
        self.assertEqual(shown['lift']['probe_end'], 'aborted')
        self.assertIsNone(shown['lift']['probe_until'])
        self.assertIsNone(shown['lift']['proposed'])
        self.assertEqual(shown['lift_now']['probe']['answer'], 'too_soon')
        self.assertIn('aborted', w.check('act', 'show', measure))
        self.assertEqual(w.run('audit', 'verify').returncode, GOOD)
        self.is_dropped(4)

    def test_seen(self):
        """It fits and goes on: five seconds, then it stands again, and nothing is proposed."""
        self.attack.rate = SLOW
        self.begin()
        began = self.first_through()
        time.sleep(LONGEST_S + 1.5)
        through = self.inside.since(began)
        print(f'lifted for {through[-1] - began:.2f} s, {len(through)} packets', file=sys.stderr)
        self.assertLess(through[-1] - began, LONGEST_S + 0.25)
        self.assertGreater(through[-1] - began, LONGEST_S - 1)
        self.is_dropped()
        self.world.wait(lambda: self.said('probe_end'), 'the end of the probe', self.act)
        self.assertIn('the attack goes on', self.said('probe_end')[0])
        self.assertEqual(self.measure()['lift']['probe_end'], 'seen')
        self.assertIsNone(self.measure()['lift']['proposed'])

    def test_killed(self):
        """kill -9 while it is lifted: the kernel puts it back, and the next role tells it again."""
        w = self.world
        self.attack.rate = SLOW
        measure = self.begin()
        began = self.first_through()
        time.sleep(0.5)
        w.kill(self.act)
        self.assertIsNotNone(self.measure()['lift']['probe_until'])
        time.sleep(max(0, began + LONGEST_S + 0.5 - time.monotonic()))
        last = self.inside.times[-1]
        print(f'nobody was there; the last packet {last - began:.2f} s after the lifting', file=sys.stderr)
        self.assertLess(last - began, LONGEST_S + 0.25)
        self.is_dropped()
        self.act = w.begin_act()
        w.wait(lambda: self.said('probe_end'), 'that it is written', self.act)
        self.assertIn('the role ended in the middle of it', self.said('probe_end')[0])
        self.is_dropped(3)
        shown = self.measure()
        self.assertEqual((shown['id'], shown['stage']), (measure, 'verified'))
        self.assertEqual(shown['lift']['probe_end'], 'stopped')
        self.assertEqual(len(self.said('probe')), 1)
        self.assertNotIn('-lift', self.net.hub.run('nft', 'list', 'ruleset'))
        self.assertEqual(w.run('audit', 'verify').returncode, GOOD)

    def test_frozen(self):
        """A freeze ends it at once, and none begins while it lasts."""
        w = self.world
        self.attack.rate = SLOW
        measure = self.begin()
        self.first_through()
        self.assertEqual(w.run('act', 'freeze', '--automatic').returncode, GOOD)
        froze = time.monotonic()
        self.is_dropped()
        self.assertLess(self.inside.times[-1] - froze, 0.2)
        w.wait(lambda: self.said('probe_end'), 'the end of the probe', self.act)
        self.assertIn('frozen', self.said('probe_end')[0])
        self.assertIn('frozen', w.check('act', 'show', measure))


class TooMuch(Case):
    """What would come does not fit: it is not lifted, and that is said."""

    def test_not_lifted(self):
        w = self.world
        self.attack.rate = FAST
        measure = self.begin()
        w.wait(lambda: self.measure()['lift_now']['probe']['answer'] == 'too_much', 'that it is weighed',
               self.act, seconds=40)
        self.is_dropped(4)
        self.assertEqual(self.said('probe'), [])
        self.assertIn("does not fit into the line's free half", w.check('act', 'show', measure))


class Watching(threading.Thread):
    """What a watch would write each second: that it hears both exporters, and the attack's course on the
    link router-1#1, which is outside, and router-2#20, which is inside."""

    def __init__(self, world, incident):
        super().__init__(daemon=True)
        self.world, self.incident = world, incident
        self.bps, self.behind_bps, self.silent_s, self.ends = 0, 0, 0, False
        with world.watch() as db:
            body, = db.execute('SELECT json FROM incidents WHERE id = ?', (incident,)).fetchone()
        self.course, self.peak_bps = json.loads(body)['series'], json.loads(body)['peak']['bps']

    def write(self):
        now = time.time()
        rows = [{'name': f'router-{i}', 'address': f'192.0.2.{i}', 'configured': True, 'datagrams': 100,
                 'formats': ['sflow'], 'silent_s': self.silent_s} for i in (1, 2)]
        with self.world.watch() as db:
            db.execute('INSERT OR REPLACE INTO status (one, at_us, json) VALUES (1, ?, ?)',
                       (int(now * 1e6), json.dumps({'exporters': rows})))
        for exporter, link, bps in (('router-1', 1, self.bps), ('router-2', 20, self.behind_bps)):
            if bps:
                self.course.append({'exporter': exporter, 'input': link, 'step_s': 1, 'bps': [bps],
                                    'start': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(now - 1)),
                                    'pps': [bps // 8000], 'syn_per_s': [0]})
        if self.bps or self.behind_bps:
            self.world.change(self.incident, series=self.course)

    def run(self):
        while not self.ends:
            self.write()
            time.sleep(1)

    def end(self):
        self.ends = True
        self.join()


class Watched(unittest.TestCase):
    """No counter: what the watch sees before the point, and when that is worth nothing."""

    def test_before(self):
        w = World(Case.program)
        self.addCleanup(w.end)
        incident = w.attack('syn-real')
        w.configure(f'  lift_after: {QUIET}\n', neighbors=DRY)
        other = w.copy(incident, '198.18.10.2', 2, object='site-02')
        watching = Watching(w, incident)
        watching.bps = watching.peak_bps // 2
        watching.behind_bps = watching.bps // 10
        watching.write()
        watching.start()
        self.addCleanup(watching.end)
        act = w.begin_act()
        measures = {w.started(incident): 'seen', w.started(other): 'unproven'}

        def now(which):
            return next(m for m in w.measures() if measures[m['id']] == which)

        def wait(which, state, seconds):
            w.wait(lambda: now(which)['lift_now']['state'] == state, f'{which}: {state}', act, seconds, 0.5)
        wait('seen', 'new', 15)         # what came before it stood is still in the window
        self.assertIsNone(now('seen')['effect']['after_bps'])
        wait('seen', 'goes_on', 120)
        self.assertIn('before its point it has', now('seen')['lift_now']['en'])
        self.assertGreater(now('seen')['effect']['before_bps'], 0.9 * watching.bps)
        self.assertAlmostEqual(now('seen')['effect']['after_bps'], watching.behind_bps,
                               delta=0.1 * watching.behind_bps)
        self.assertIn('attack before the point', ' '.join(w.check(
            'act', 'show', now('seen')['id']).split()))
        # The same link showed the other attack before its measure stood, and never since.
        wait('unproven', 'not_measurable', 15)
        self.assertIn('may be its own doing', now('unproven')['lift_now']['en'])
        self.assertIsNone(now('seen')['lift'])
        watching.bps = watching.behind_bps = 0
        w.wait(lambda: now('seen')['lift'], 'the proposal', act, 90, 0.5)
        self.assertIn('before its point', now('seen')['lift']['en'])
        # Nothing more of it, from those who go on speaking: that is nothing, not unknown.
        self.assertLess(now('seen')['effect']['before_bps'], 0.01 * watching.peak_bps)
        self.assertEqual(now('seen')['effect']['after_bps'], 0)
        # An exporter that says nothing sees nothing.
        watching.silent_s = 100
        wait('seen', 'not_measurable', 15)
        self.assertIsNone(now('unproven')['lift'])
        self.assertIsNone(now('seen')['effect']['before_bps'])
        self.assertIsNone(now('seen')['effect']['after_bps'])
        self.assertIn('neither side of the point is seen', ' '.join(w.check(
            'act', 'show', now('seen')['id']).split()))


if __name__ == '__main__':
    Case.program = os.path.abspath(sys.argv.pop(1))
    unittest.main()
