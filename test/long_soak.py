# SPDX-License-Identifier: ISC
"""PART=soak: `noroshi watch` under load. Each unit first finds the rate up to which nothing is lost; 70 %
of that is the base load, of the bench's sender. Beside it this script sends drills of three exporters,
one attack after the other, and the configuration is read anew every few minutes, now and then a broken
one. Unit `loaded`: 40 minutes of the release build; unit `tsan`: 15 minutes of one with
ThreadSanitizer. What must hold, and how it is told, stands in doc/testing.md.

long_soak.py [--unit loaded|tsan] [--minutes N] [--seed N] runs one by itself, to try something."""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import soak_memory
from long import Unit
from soak_books import Books, configuration
from soak_load import FILL_WITHIN_S, LAST_CORE, SHARE, Load, climb, fill, loss_free, trial
from soak_rounds import Rounds
from tally import ROOT

PROGRAM = os.path.join(ROOT, 'build', 'noroshi')
TSAN_BUILD = os.path.join(ROOT, 'build-tsan')
SEEDS = [1]
PORT, CLIMB_PORT = 20551, 20552
RELOADS = 16            # in a run; as a short one has them too, each kind comes in each run
RELOAD_LEAST_S = 12
LOOK_S = 10             # at the incidents and at memory
CLOSING_S = 120         # what most attacks need to end and close, at the end of a run
AHEAD_S = 4             # the next drill is written so long before the one before it ends
STOP_S = 60             # for an orderly end
MISSED = 0.05           # of the minutes, where this script itself was held up at their end
KEPT = 0.9              # of the asked rate, with the drill's sender on the same core


class Kind:
    """What the units differ in. @rates: tried upwards; @pinned: the sender has a core of its own;
    @stops_s: the load ends so long before the stillness, as the watch may be behind; @fill: records,
    each of a new destination, that its tables are filled with; where none, memory is not judged."""

    def __init__(self, name, minutes, program, rates, stops_s, pinned, fill_with, words=()):
        self.name, self.minutes, self.program, self.rates = name, minutes, program, rates
        self.stops_s, self.pinned, self.fill = stops_s, pinned, fill_with
        self.words = list(words)

    def pin(self):
        """All but the sender's core, alike for what is measured by the bench; a watch under TSan
        may use all, as with one core it would receive without a thread."""
        os.sched_setaffinity(0, set(range(LAST_CORE + (not self.pinned or not LAST_CORE))))


KINDS = {
    'loaded': Kind('loaded', 40, PROGRAM, (250e3, 500e3, 1e6, 1.5e6, 2e6), 2, True,
                   9_000_000),
    'tsan': Kind('tsan', 15, os.path.join(TSAN_BUILD, 'src', 'cli', 'noroshi'),
                 (10e3, 25e3, 50e3, 100e3, 150e3, 200e3, 300e3), 5, False, 0,
                 ['--threads', '2']),
}


def prepare():
    subprocess.run(['make', '--no-print-directory', 'all', 'build/bench/traffic'], cwd=ROOT, check=True)
    if not os.path.exists(os.path.join(TSAN_BUILD, 'build.ninja')):
        subprocess.run(['meson', 'setup', TSAN_BUILD, '--werror', '--buildtype=debugoptimized',
                        '-Db_sanitize=thread', '-Db_lundef=false'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', TSAN_BUILD, 'src/cli/noroshi'], check=True)


def told(work, *words):
    return subprocess.run([PROGRAM, *words, '--json', '--db', os.path.join(work, 'db')],
                          capture_output=True, text=True).stdout


def status_of(work):
    return json.loads(told(work, 'status') or '{}')


def incidents_of(work):
    lines = told(work, 'incident', 'list', '--limit', '100000').splitlines()
    return [json.loads(line) for line in lines]


class Reloads:
    """Configurations in turn, two that hold and one that does not, and what the watch must say of
    each: a broken one changes nothing."""

    def __init__(self, path, world):
        more = 'keep: {evidence: 30d}\nthresholds: {prefix: {times_20: 5}}\n'
        # (text, it holds, by the verb and not by a signal)
        self.turns = [(world + more, True, True), (world, True, False),
                      (world + 'thresholds: {sny_flood: 1}\n', False, True)]
        self.path, self.n = path, 0
        self.done, self.refused, self.slowest_s = 0, 0, 0.0
        self.wrong = []
        self.put(world)

    def put(self, text):
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(text)

    def next(self, watch, work):
        text, holds, verb = self.turns[self.n % len(self.turns)]
        self.n += 1
        self.put(text)
        self.done += holds
        self.refused += not holds
        if not verb:
            watch.send_signal(signal.SIGHUP)
            return
        began = time.monotonic()
        code = subprocess.run([PROGRAM, 'reload', '--db', os.path.join(work, 'db')],
                              capture_output=True).returncode
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        if code != (0 if holds else 3):
            self.wrong.append(f'reload {self.n}: exit status {code}')

    def compare(self, status):
        said = status['configuration']
        if (said['reloads'], said['reloads_refused']) != (self.done, self.refused):
            self.wrong.append(f"{said['reloads']} reloads and {said['reloads_refused']} refused, meant "
                              f'{self.done} and {self.refused}')


def begin_watch(kind, work, port, err):
    return subprocess.Popen([kind.program, 'watch', '--drill', '--conf', os.path.join(work, 'conf.yaml'),
                             '--db', os.path.join(work, 'db'), '--listen', f'127.0.0.1:{port}',
                             *kind.words], stdout=subprocess.DEVNULL, stderr=err, preexec_fn=kind.pin,
                            env=dict(os.environ, TSAN_OPTIONS='halt_on_error=0:exitcode=66:'
                                     'second_deadlock_stack=1'))


def wait_for_watch(watch, work):
    """Until it has written its first status, which it does when it listens."""
    until = time.monotonic() + 30
    while watch.poll() is None and not status_of(work):
        if time.monotonic() > until:
            raise TimeoutError('the watch does not start')
        time.sleep(0.1)
    time.sleep(1)


def find_rate(kind, world, tries, seconds):
    """By a watch of its own, with its tables as full as they will be."""
    with tempfile.TemporaryDirectory(prefix='noroshi-climb-') as folder:
        Reloads(os.path.join(folder, 'conf.yaml'), world)
        watch = begin_watch(kind, folder, CLIMB_PORT, subprocess.DEVNULL)
        try:
            wait_for_watch(watch, folder)
            fill(CLIMB_PORT, kind.fill)
            time.sleep(1.3)
            steps = climb(kind.rates, tries, lambda rate: trial(
                watch.pid, lambda: status_of(folder), CLIMB_PORT, rate, seconds))
        finally:
            watch.terminate()
            watch.wait(timeout=STOP_S)
    return loss_free(steps, tries), steps


class Run:
    """A run that has begun: whoever waits calls turn(), which does what is due."""

    def __init__(self, kind, work, world, rate, seed, minutes, err):
        self.kind, self.work = kind, work
        self.rounds = Rounds(PROGRAM, work, seed, pauses=bool(kind.fill))
        self.reloads = Reloads(os.path.join(work, 'conf.yaml'), world)
        self.watch = begin_watch(kind, work, PORT, err)
        wait_for_watch(self.watch, work)
        # The filling is within one minute, as there is nobody to keep still at its end.
        if kind.fill and time.time() % 60 > 60 - FILL_WITHIN_S:
            time.sleep(61 - time.time() % 60)
        self.books = Books(PORT, lambda: status_of(work))
        self.load = Load(PORT, rate)
        self.memory = soak_memory.Memory()
        self.add(fill(PORT, kind.fill, self.books.still_from() - kind.stops_s))
        self.until = time.time() + minutes * 60
        self.reload_s = max(RELOAD_LEAST_S, minutes * 60 / RELOADS)
        self.reload_due, self.look_due = time.time() + self.reload_s, 0
        self.threads = 0

    def add(self, said):
        if said:
            self.books.add_load(said)

    def end_minute(self):
        self.add(self.load.end())
        status = self.books.close_minute()
        self.reloads.compare(status)
        self.threads = status['receive']['threads']
        self.begin_load()

    def begin_load(self):
        self.load.begin(self.books.still_from() - self.kind.stops_s)

    def turn(self):
        now = time.time()
        if now >= self.books.still_from():
            self.end_minute()
        # Not so close to the end of a minute that its books would wait for it.
        if now >= self.reload_due and now < self.books.still_from() - self.kind.stops_s:
            self.reloads.next(self.watch, self.work)
            self.reload_due = now + self.reload_s
        if now >= self.look_due:
            self.look(now)
            self.look_due = now + LOOK_S

    def look(self, now):
        self.rounds.settle(incidents_of(self.work), now)
        status = status_of(self.work)
        heap = status['heap_bytes'] - status['detect']['busy_bytes']
        self.memory.add(now, *soak_memory.sample(self.watch.pid), heap, self.rounds.is_still(now))

    def alive(self):
        return self.watch.poll() is None

    def pause(self, until):
        """Sleep, but do what is due."""
        while self.alive():
            self.turn()
            left = until - time.time()
            if left <= 0:
                break
            time.sleep(min(left, 0.2))

    def next_round(self, start):
        more = len(self.rounds.all) == 0 or start < self.until - CLOSING_S
        return self.rounds.next(start, more)

    def send(self, rows):
        """A round at its own pace. Returns the next, which was begun to be written before its end,
        so that the exporters never fall silent."""
        following = None
        for when, exporter, payload in rows:
            if not following and when > rows[-1][0] - AHEAD_S:
                following = self.next_round(rows[-1][0] + 1)
            if when > time.time() or time.time() >= self.books.still_from():
                self.pause(when)
            if not self.alive():
                break
            self.books.send(exporter, payload)
        return following

    def rest(self):
        """Is there anything to wait for?"""
        if not self.alive():
            return False
        now = time.time()
        open_ones = [r for r in self.rounds.open() if self.rounds.known.get(r.scenario)]
        return now < self.until or bool(open_ones) or not self.rounds.has_rested(now)

    def run(self):
        self.begin_load()
        one = self.next_round(time.time() + 2)
        while self.rest():
            following = self.send(one.read())
            if following is None:
                break
            one = following
        one.child.wait()
        self.add(self.load.end())

    def stop(self):
        self.load.stop()
        self.books.close()
        if self.alive():
            self.watch.send_signal(signal.SIGTERM)
        return self.watch.wait(timeout=STOP_S)


def reports_of(text):
    """What ThreadSanitizer said, by its first lines."""
    return [part.strip().replace('\n', ' | ')[:300]
            for part in text.split('WARNING: ThreadSanitizer:')[1:]]


def held(run, kind, alive, code, err, quick):
    """All that was found wrong with a run, as sentences."""
    wrong = run.books.wrong[:10] + run.rounds.wrong + run.reloads.wrong
    wrong += run.memory.wrong() if kind.fill and not quick else []
    reports = reports_of(err)
    return wrong + [why for why, good in {
        'the watch ended by itself': alive, f'exit status {code}': code == 0,
        'no minute was compared': run.books.minutes > 0,
        f'{run.books.unseen} minutes were not compared':
            run.books.unseen <= MISSED * run.books.minutes,
        'there was no base load': run.load.sent > 0,
        f'the base load had {run.load.kept():.2f} of its rate': run.load.kept() >= KEPT,
        'no good and no broken configuration was read': run.reloads.done and run.reloads.refused,
        'no thread received': run.threads > 0 or kind.pinned,
        f'{len(reports)} reports of ThreadSanitizer: {reports[:1]}': not reports}.items() if not good]


def world_of(folder):
    path = os.path.join(folder, 'world.pcap')
    subprocess.run([PROGRAM, 'drill', 'write', 'background-only', path, '--format', 'ipfix',
                    '--exporters', '3', '--view', 'split', '--max-records', '1', '--yaml'], check=True,
                   stdout=subprocess.DEVNULL)
    with open(path + '.yaml', encoding='utf-8') as file:
        return configuration(file.read())


def keep_err(kind, text):
    """What the watch said, for whoever looks for the reason."""
    folder = os.path.join(ROOT, 'test', 'long.state')
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f'soak-{kind.name}.err'), 'w', encoding='utf-8') as file:
        file.write(text)


def soak(kind, seed, minutes):
    # Beside the load's sender, which waits between two batches; the watch has the other cores.
    os.sched_setaffinity(0, {LAST_CORE})
    quick = minutes < kind.minutes
    tries, seconds = (1, 2) if quick else (3, 3)
    with tempfile.TemporaryDirectory(prefix='noroshi-soak-') as work:
        world = world_of(work)
        rate, steps = find_rate(kind, world, tries, seconds)
        climbed = {'loss_free_rate': rate, 'steps': steps}
        if not rate:
            return {'good': False, 'why': 'no rate is free of loss', **climbed}
        err_path = os.path.join(work, 'err')
        with open(err_path, 'w', encoding='utf-8') as err:
            run = Run(kind, work, world, rate * SHARE, seed, minutes, err)
            try:
                run.run()
                time.sleep(1.5)
                alive = run.alive()
            finally:
                code = run.stop()
        # A watch that ends writes its status once more, of all that the rings still held.
        status = status_of(work)
        run.books.compare_total(status)
        run.reloads.compare(status)
        run.rounds.finish(incidents_of(work))
        with open(err_path, encoding='utf-8') as file:
            said = file.read()
    keep_err(kind, said)
    broken = held(run, kind, alive, code, said, quick)
    return {'good': not broken, 'why': '; '.join(broken), **climbed, 'base_rate': rate * SHARE,
            'base_rate_kept': round(run.load.kept(), 3), **run.books.figures(), **run.rounds.figures,
            'rounds': len([r for r in run.rounds.all if run.rounds.known.get(r.scenario) is not None]),
            'reloads': run.reloads.done, 'reloads_refused': run.reloads.refused,
            'slowest_reload_s': round(run.reloads.slowest_s, 2), 'receive_threads': run.threads,
            'kernel_drops': sum(row['kernel_drops'] for row in status['listeners']),
            'out_of_order': status['receive']['out_of_order'],
            'hosts_evicted': status['detect']['hosts_evicted'], 'memory': run.memory.figures()}


def units():
    # The climb, the builds' first pages and the orderly end come on top.
    return [Unit(kind.name, kind.minutes + 6, lambda kind=kind: soak(kind, SEEDS[0], kind.minutes))
            for kind in KINDS.values()]


def figures(done):
    return {name: {k: v for k, v in r.items() if k not in ('good', 'why', 'seconds')}
            for name, r in done.items()}


def main():
    parser = argparse.ArgumentParser(description='one soak by itself')
    parser.add_argument('--unit', choices=sorted(KINDS), default='loaded')
    parser.add_argument('--minutes', type=float)
    parser.add_argument('--seed', type=int, default=SEEDS[0])
    args = parser.parse_args()
    kind = KINDS[args.unit]
    prepare()
    result = soak(kind, args.seed, args.minutes or kind.minutes)
    print(json.dumps(result, indent='\t', ensure_ascii=False))
    return 0 if result['good'] else 1


if __name__ == '__main__':
    sys.exit(main())
