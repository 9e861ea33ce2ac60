#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""One allocation, write or SQL step of the courier fails, or one and all after it; nobody crashes, and
the next courier brings every page where it belongs, twice only where it says so.

test_courier_fault.py PROGRAM LIBRARY [FAULTS_OF_EACH_KIND]     ends with the plain line"""
import collections
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_courier  # noqa: E402
from tally import Tally  # noqa: E402

PAGES, SECONDS = 4, 2
ENDS = {0, 3, 4, 5}  # done, or a sentence why not; a signal is a crash


class Run(test_courier.Case):
    """One store, one fault, and a good courier behind it."""

    def runTest(self):
        pass

    def prepare(self):
        hook = self.hook('case "$line" in *\'"repeat":true\'*) r=again;; *) r=first;; esac\n'
                         'echo "$NOROSHI_PAGE_ID $r" >>$LOG')
        self.conf_path = self.conf(f'  program: {hook}\n')
        self.born('--conf', self.conf_path)
        self.pages = [self.page(n) for n in range(1, PAGES + 1)]

    def broken(self, kind, at, stays, counter=''):
        env = dict(os.environ, LANG='C', LC_ALL='C', TZ='UTC', LD_PRELOAD=LIBRARY, NOROSHI_FAULT_KIND=kind,
                   NOROSHI_FAULT_AT=str(at), NOROSHI_FAULT_COUNT=counter)
        env.pop('NOROSHI_FAULT_ON', None)
        if stays:
            env['NOROSHI_FAULT_ON'] = '1'
        if not counter:
            del env['NOROSHI_FAULT_COUNT']
        done = subprocess.run([test_courier.PROGRAM, 'courier', '--conf', self.conf_path, '--db', self.db,
                               '--for', str(SECONDS)], env=env, capture_output=True, text=True, timeout=60,
                              check=False, errors='replace')
        return done

    def mend(self):
        role = self.start('--conf', self.conf_path)
        self.settle(role, 60)
        self.stop(role)

    def wrong(self):
        """What is wrong with the log of the hook, or ''."""
        firsts, all_of = collections.Counter(), collections.Counter()
        for line in self.logged():
            page, which = line.split()
            all_of[page] += 1
            firsts[page] += which == 'first'
        lost = set(self.pages) - set(all_of)
        twice = [p for p, n in firsts.items() if n > 1]
        return f'lost {lost}' if lost else f'twice {twice}' if twice else ''


def calls_of(kind):
    run = Run()
    run.setUp()
    try:
        run.prepare()
        counter = os.path.join(run.dir, 'count')
        run.broken(kind, 0, False, counter)
        with open(counter, encoding='ascii') as f:
            return int(f.read().split()[0])
    finally:
        run.doCleanups()


def one(kind, at, stays):
    run = Run()
    run.setUp()
    try:
        run.prepare()
        done = run.broken(kind, at, stays)
        if done.returncode not in ENDS:
            return f'ended with {done.returncode}: {done.stderr[-500:]}'
        run.mend()
        return run.wrong()
    except AssertionError as e:
        return str(e)[-800:]
    finally:
        run.doCleanups()


def main():
    total, chance = Tally(), random.Random(8)
    for kind in ('memory', 'write', 'sql'):
        calls = calls_of(kind)
        places = sorted({1 + calls * i // COUNT + chance.randrange(max(1, calls // COUNT))
                         for i in range(COUNT)})
        for at in places:
            stays = chance.random() < 0.3
            why = one(kind, at, stays)
            total.add(Tally(int(not why), int(bool(why))))
            if why:
                print(f'BAD {kind} {at}{" and on" if stays else ""} of {calls}: {why}', flush=True)
        print(f'{kind}: {calls} calls, {len(places)} of them failed', flush=True)
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    test_courier.PROGRAM, LIBRARY = map(os.path.abspath, sys.argv[1:3])
    COUNT = int(sys.argv[3]) if len(sys.argv) > 3 else 6
    sys.exit(main())
