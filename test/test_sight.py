#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Blind, and says so: with a live watch under attack an exporter is cut (and the watch begun anew
meanwhile), datagrams get lost, the disk fills up, the wall clock is shifted by nine hours either way, the
watch is stopped for 40 s, killed. Each is told within a minute with its cause and subject, nothing else is
told beside it, no incident ends, and when it is mended, it is over.

test_sight.py NOROSHI SIGHT_RUN SHIM: all scenarios run at the same time, each with its own watch."""
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import sight_world
from sight_world import World

NOROSHI, SIGHT_RUN, SHIM = (os.path.abspath(p) for p in sys.argv[1:4])
WITHIN_S = 60
OVER_S = 100            # calm for 60 s, and the figures of a window before
HELD_UP_S = 2           # the machine was, when this script's own threads were so late
SKIPPED = 'skipped: '


def told(world, kind, subject, over=False, within=WITHIN_S):
    """Waits for it; how long after now it was told."""
    began = time.monotonic()
    world.wait(within, lambda: (kind, subject, over) in world.faults(), f'{kind}/{subject} over={over}')
    return time.monotonic() - began


def only(world, kind, subject):
    """Nothing but this fault was told, once, and that it is over."""
    wrong = [f for f in world.faults() if f[:2] != (kind, subject)]
    assert not wrong, f'told beside {kind}/{subject}: {wrong}'
    assert world.faults() == [(kind, subject, False), (kind, subject, True)], world.faults()


def goes_on(world, name, states=('open', 'quiet', 'lost_sight')):
    found = world.states()
    assert [i for i, _ in found] == [name] and found[0][1] in states, f'{name} and not {found}'


def cut(world):
    """...and the watch is begun anew while nobody hears border-1. The others go on for over a minute."""
    name = world.attacked()
    world.border.speaks.clear()
    took = told(world, 'exporter_silent', 'border-1')
    world.wait(20, lambda: world.states()[0][1] == 'lost_sight', 'lost sight')
    world.watch.terminate()
    world.watch.wait(timeout=30)
    world.begin_watch()
    until = time.monotonic() + 75
    while time.monotonic() < until:
        goes_on(world, name)
        time.sleep(5)
    goes_on(world, name, ('lost_sight',))
    world.border.speaks.set()
    world.wait(20, lambda: world.states() == [(name, 'open')], 'sight returns')
    told(world, 'exporter_silent', 'border-1', True, OVER_S)
    goes_on(world, name)
    only(world, 'exporter_silent', 'border-1')
    return took


def loss(world):
    name = world.attacked()
    world.border.drops = 50
    took = told(world, 'exporter_loss', 'border-1')
    world.border.drops = 0
    told(world, 'exporter_loss', 'border-1', True, 60 + OVER_S)
    goes_on(world, name)
    only(world, 'exporter_loss', 'border-1')
    return took


def disk(world):
    """The socket lies on the disk that is full; the status in the database grows old."""
    name = world.attacked()
    big = os.path.join(world.db, 'big')
    fd = os.open(big, os.O_WRONLY | os.O_CREAT)
    for size in (1 << 16, 1 << 12, 1 << 9):
        try:
            while os.write(fd, b'x' * size):
                pass
        except OSError:
            pass
    os.close(fd)
    took = told(world, 'disk_full', '')
    time.sleep(20)
    goes_on(world, name)
    with open(os.path.join(world.folder, 'beat.json'), encoding='utf-8') as file:
        beat = json.load(file)
    assert beat['blind'] and beat['watch']['up'] and beat['watch']['status_age_s'] < 10, beat
    assert [f['kind'] for f in beat['faults']] == ['disk_full'], beat
    assert json.loads(world.ask('sight')[1])['store']['state'] == 'disk_full'
    said = world.status()
    assert said['running'] and said['store']['state'] == 'disk_full', said['store']
    os.unlink(big)
    world.wait(20, lambda: world.status().get('age_s', 99) < 3, 'written again')
    told(world, 'disk_full', '', True, OVER_S)
    goes_on(world, name)
    assert world.status()['store']['state'] == 'good'
    only(world, 'disk_full', '')
    return took


def shifted(world, hours):
    name = world.attacked()
    before = world.incidents()[0]
    world.step(hours)
    took = told(world, 'own_clock', '')
    time.sleep(20)
    goes_on(world, name, ('open',))
    clock = world.status()['clock']
    assert clock['steps'] == 1 and abs(clock['ahead_s'] - hours * 3600) < 2, clock
    assert world.status()['age_s'] < 10
    now = world.incidents()[0]
    assert now['first'] == before['first'] and now['packets'] > before['packets']
    assert now['last'][:13] == time.strftime('%Y-%m-%dT%H', time.gmtime()) or time.gmtime().tm_min == 0
    world.step(0)
    told(world, 'own_clock', '', True, OVER_S)
    goes_on(world, name, ('open',))
    assert world.status()['clock']['steps'] == 2
    only(world, 'own_clock', '')
    return took


def shifted_ahead(world):
    return shifted(world, 9)


def shifted_back(world):
    return shifted(world, -9)


def corrected(world):
    """Begun with a wrong clock, which is set right: told while it is wrong, followed when nothing is
    open, and what comes then has the right time."""
    took = told(world, 'own_clock', '')
    world.step(0)
    world.wait(100, lambda: world.status()['clock']['followed'] == 1, 'followed')
    world.wait(20, lambda: all(abs(e['clock']['offset_s']) < 1 for e in world.status()['exporters']),
               'clocks that agree')
    world.border.attack = True
    name = world.attacked()
    first = world.incidents()[0]['first']
    assert first[:13] == time.strftime('%Y-%m-%dT%H', time.gmtime()) or time.gmtime().tm_min == 0, first
    told(world, 'own_clock', '', True, OVER_S)
    goes_on(world, name, ('open',))
    only(world, 'own_clock', '')
    return took


def starved(world):
    name = world.attacked()
    world.watch.send_signal(signal.SIGSTOP)
    try:
        took = told(world, 'starved', '')
        time.sleep(max(0, 40 - took))
    finally:
        world.watch.send_signal(signal.SIGCONT)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        goes_on(world, name)
        time.sleep(2)
    told(world, 'starved', '', True, OVER_S)
    goes_on(world, name, ('open',))
    only(world, 'starved', '')
    return took


def gone(world):
    name = world.attacked()
    world.watch.kill()
    world.watch.wait(timeout=30)
    took = told(world, 'watch_gone', '')
    with open(os.path.join(world.folder, 'n.prom'), encoding='utf-8') as file:
        assert '\nnoroshi_up 0\n' in file.read()
    world.begin_watch()
    world.wait(20, lambda: world.states() == [(name, 'open')], 'taken over')
    told(world, 'watch_gone', '', True, OVER_S)
    goes_on(world, name, ('open',))
    only(world, 'watch_gone', '')
    return took


def bell(world):
    """Five hundred exporters more than an answer has room for: the worst come first."""
    time.sleep(3)
    status, answer = world.ask('sight')
    said = json.loads(answer)
    names = [e['name'] for e in said['exporters']]
    assert status == 0 and len(answer) <= 60000, (status, len(answer))
    assert said['exporters_left_out'] == 502 - len(names) > 0 and len(names) > 150
    assert all(n.startswith('away') for n in names) and said['store']['state'] == 'good', said
    if os.getuid() == 0:
        assert world.ask('sight', 65534, os.getgid())[0] == 0
        assert world.ask('reload', 65534, os.getgid())[0] == 2
        assert world.ask('sight', 65534, 65534)[0] is None
        assert world.ask('reload')[0] == 0
    return told(world, 'exporter_silent', 'away-0000-of-some-length')


SCENARIOS = {
    'bell': (bell, {'attack': False, 'silent': 500}),
    'cut': (cut, {}),
    'loss': (loss, {}),
    'disk': (disk, {}),
    'shifted_ahead': (shifted_ahead, {'shim': SHIM}),
    'shifted_back': (shifted_back, {'shim': SHIM}),
    'corrected': (corrected, {'shim': SHIM, 'attack': False}),
    'starved': (starved, {'late': 5}),
    'gone': (gone, {'late': 5}),
}


def mount(path):
    os.mkdir(path)
    return subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', path],
                          capture_output=True, check=False).returncode == 0


def run(name):
    """A line for people; raises what is wrong. One that was held up by the machine says nothing."""
    scenario, how = SCENARIOS[name]
    folder = tempfile.mkdtemp(prefix='noroshi-sight-')
    mounted, world = False, None
    try:
        if name == 'disk':
            mounted = mount(os.path.join(folder, 'db'))
            if not mounted:
                return SKIPPED + 'no tmpfs can be mounted here'
        world = World(folder, NOROSHI, SIGHT_RUN, **how)
        if name == 'corrected':
            world.step(-9)
        world.begin()
        try:
            return f'told after {scenario(world):.1f} s'
        except AssertionError as e:
            late_s = max(world.border.late_s, world.core.late_s)
            if late_s > HELD_UP_S:
                return f'{SKIPPED}the machine was held up for {late_s:.1f} s ({e})'
            raise
    finally:
        if world:
            world.end()
        if mounted:
            subprocess.run(['umount', os.path.join(folder, 'db')], check=False)
        shutil.rmtree(folder, ignore_errors=True)


class Sight(unittest.TestCase):
    """Run together by main(); each test only looks at what became of its scenario."""
    results = {}


def method(name):
    def test(self):
        said = self.results[name].result()
        print(f'{name}: {said}', file=sys.stderr)
        if said.startswith(SKIPPED):
            self.skipTest(said)
    return test


for each in SCENARIOS:
    setattr(Sight, f'test_{each}', method(each))


def main():
    words = sys.argv[4:]
    names = [n for n in SCENARIOS if not words or n in words]
    with concurrent.futures.ThreadPoolExecutor(len(names)) as pool:
        for name in names:
            Sight.results[name] = pool.submit(run, name)
        concurrent.futures.wait(Sight.results.values())
    suite = unittest.TestSuite(Sight(f'test_{n}') for n in names)
    return not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful()


if __name__ == '__main__':
    sys.exit(main())
