# SPDX-License-Identifier: ISC
"""The base load of the soak: the bench's sender on the last core, which says what it sent; and the
search of the rate up to which a watch loses nothing of it."""
import os
import subprocess
import sys
import time

from tally import ROOT

sys.path.insert(0, os.path.join(ROOT, 'bench'))
from machine import LAST_CORE, sender_ended, settle  # noqa: E402

SENDER = os.path.join(ROOT, 'build', 'bench', 'traffic')
SHARE = 0.7             # of the loss-free rate
DRAINED_S = 0.5         # as in the bench: a long queue that is empty at last is no speed
EVEN = 0.95             # what the sender must reach of a rate to have tried it
CLEAN, LOSSY, NOT_TRIED = 'clean', 'lossy', 'not tried'
LEAST_S = 2             # a piece that is shorter is not begun
SPREAD = 1 << 30        # destinations, over all prefixes of 64.0.0.0/2
FILL_RATE, FILL_WITHIN_S = 600e3, 30    # twice as long as it takes
ENDED_WITHIN_S = 90


def sender(port, rate, *more):
    return subprocess.Popen([SENDER, 'send', 'v9', str(port), '--rate', str(int(rate)), '--mix', 'quiet',
                             '--cpu', str(LAST_CORE), *map(str, more)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


class Load:
    """Pieces of load, each up to a time of the real clock: so that a minute ends in stillness."""

    def __init__(self, port, rate):
        self.port, self.rate, self.child = port, rate, None
        self.sent, self.seconds = 0, 0.0

    def begin(self, until):
        if self.child is None and until - time.time() > LEAST_S:
            self.child = sender(self.port, self.rate, '--seconds', 86400, '--until', f'{until:.3f}')

    def end(self):
        """Waits for the piece; what it sent, or None where none was under way."""
        if self.child is None:
            return None
        said = sender_ended(self.child, ENDED_WITHIN_S)
        self.child = None
        self.sent += said['records']
        self.seconds += said['seconds']
        return said

    def stop(self):
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None

    def kept(self):
        """The part of the asked rate that it had while it sent."""
        return self.sent / self.seconds / self.rate if self.seconds else 0


def fill(port, records, until=2 ** 33):
    """Ever new destinations, one record each, at most until a time of the real clock: what a watch
    that has run for days has in its tables. What the sender says; None where nothing is to be
    filled."""
    if not records:
        return None
    return sender_ended(sender(port, FILL_RATE, '--records', records, '--spread', SPREAD, '--until',
                               f'{until:.3f}'), ENDED_WITHIN_S)


def sums(status):
    """(records, kernel drops) of all exporters and listeners."""
    return (sum(row['records'] for row in status.get('exporters', [])),
            sum(row['kernel_drops'] for row in status.get('listeners', [])))


def trial(pid, status, port, rate, seconds):
    """How @rate went for the watch @pid, of which nobody else wants anything."""
    before = sums(status())
    sent = sender_ended(sender(port, rate, '--seconds', seconds), seconds * 3 + 30)
    drain_s = settle(pid, 10)
    time.sleep(1.3)     # the status is written once a second
    return outcome(sent, before, sums(status()), rate, drain_s)


def outcome(sent, before, after, rate, drain_s):
    if after[0] - before[0] != sent['records'] or after[1] != before[1] or drain_s > DRAINED_S:
        return LOSSY
    return CLEAN if sent['records_per_s'] >= EVEN * rate else NOT_TRIED


def climb(rates, tries, one):
    """[(rate, clean trials)] upwards, until a rate is not clean in each of @tries trials: one that
    only sometimes holds is not free of loss. Where the sender was held up, the trial says nothing
    of the watch and is made again, but not for ever."""
    steps = []
    for rate in rates:
        got = []
        while got.count(CLEAN) < tries and LOSSY not in got and len(got) < 2 * tries + 1:
            got.append(one(rate))
        steps.append((rate, got.count(CLEAN)))
        if got.count(CLEAN) < tries:
            break
    return steps


def loss_free(steps, tries):
    return max((rate for rate, clean in steps if clean == tries), default=0)
