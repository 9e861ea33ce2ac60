# SPDX-License-Identifier: ISC
"""The rounds of attacks of the soak: a drill written with the present as its start, its truth, and
whether the incidents that a watch stored are just those.

An incident belongs to the round in whose time it began, so that each counts once, and one that no
attack explains counts against the round in which it came."""
import datetime
import json
import os
import struct
import subprocess

from soak_books import EXPORTERS

FORMAT = 'ipfix'
# So that a target comes again only when its last attack has ended and closed.
ROTATION = ['syn-real', 'carpet-24', 'amp-ntp', 'proto-flood', 'flash-crowd', 'quic-flood', 'udp-flood',
            'carpet-v6', 'icmp-flood', 'long-flows', 'several-at-once', 'dns-query-flood', 'pulses',
            'amp-dns']
FILLER, FILLER_S = 'background-only', 20
SLACK_S = 5             # as the score has it
FOUND_WITHIN_S = 10     # after a round's last datagram; its attacks ended long before
CLOSED_WITHIN_S = 240   # after a round's last datagram
PAUSE_S = 60            # of stillness after each whole rotation, where memory is judged
STILL_S = 15            # after the last attack was found closed, before it is called still


def seconds_of(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def datagrams(path):
    """(seconds, sender's address, UDP payload) of a µs pcap of Ethernet frames with IPv4 or IPv6."""
    with open(path, 'rb') as file:
        data = file.read()
    order = '<' if data[:4] == b'\xd4\xc3\xb2\xa1' else '>'
    at = 24
    while at + 16 <= len(data):
        sec, usec, n, _ = struct.unpack_from(order + 'IIII', data, at)
        frame = data[at + 16:at + 16 + n]
        at += 16 + n
        if frame[12:14] == b'\x08\x00':
            yield sec + usec / 1e6, frame[26:30], frame[14 + 4 * (frame[14] & 15) + 8:]
        elif frame[12:14] == b'\x86\xdd':
            yield sec + usec / 1e6, frame[22:38], frame[14 + 40 + 8:]


class Round:
    """One scenario, being written by a process of its own until it is read."""

    def __init__(self, program, folder, scenario, seed, start, name='try'):
        self.program, self.scenario, self.start = program, scenario, int(start)
        self.path = os.path.join(folder, f'{name}.pcap')
        self.begins = datetime.datetime.fromtimestamp(self.start, datetime.timezone.utc)
        self.ends, self.done = None, None
        self.child = subprocess.Popen(
            [program, 'drill', 'write', scenario, self.path, '--format', FORMAT, '--seed', str(seed),
             '--start', self.begins.strftime('%Y-%m-%dT%H:%M:%SZ'), '--max-records', '300000',
             '--exporters', str(len(EXPORTERS)), '--view', 'split', '--yaml'],
            stdout=subprocess.DEVNULL)

    def read(self):
        """Its datagrams as (seconds, exporter, payload). A filler is cut: it has no attack."""
        if self.child.wait(timeout=60):
            raise OSError(f'drill write {self.scenario} failed')
        rows = [(when, (sender[3] - 1) % len(EXPORTERS), payload)
                for when, sender, payload in datagrams(self.path)]
        if self.scenario == FILLER:
            rows = [row for row in rows if row[0] < self.start + FILLER_S]
        os.remove(self.path)
        self.ends = rows[-1][0]
        return rows

    def truth(self):
        with open(self.path + '.truth.json', encoding='utf-8') as file:
            return json.load(file)

    def targets(self):
        return {target for attack in self.truth()['attacks'] for target in attack['targets']}


def shares(rounds, incidents):
    """[those of each round], [those from before the first]."""
    own, early = [[] for _ in rounds], []
    for one in incidents:
        began = [n for n, r in enumerate(rounds) if seconds_of(one['first']) >= r.start - SLACK_S]
        (own[began[-1]] if began else early).append(one)
    return own, early


def is_settled(own, now, ends):
    """Nothing of a round goes on any more, or it has taken too long."""
    closed = all(one['state'] == 'closed' for one in own)
    return now > ends + CLOSED_WITHIN_S or (closed and now > ends + FOUND_WITHIN_S)


def score(program, folder, truth_path, incidents):
    path = os.path.join(folder, 'incidents')
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(json.dumps(one) + '\n' for one in incidents)
    done = subprocess.run([program, 'drill', 'score', path, truth_path, '--only-visible', FORMAT,
                           '--json'], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def verdict(scenario, truth, own, told):
    """Sentences on what is not right: @own are the round's incidents, @told their score."""
    wrong = []
    if truth['cut']:
        wrong.append('the drill was cut by its number of records')
    if told['attacks'] < len([a for a in truth['attacks'] if a['visible'][FORMAT]]):
        wrong.append(f"only {told['attacks']} attacks were compared")
    for key in ('recall', 'precision', 'class_accuracy'):
        if told[key] != 1:
            wrong.append(f'{key} {told[key]}')
    wrong += [f"missed {a['vectors']} at {a['targets']}" for a in told['per_attack']
              if a['counted'] and a['outcome'] == 'missed']
    wrong += [f"false: {f['level']} {f['vectors']} at {f['targets'][:1]}: {f['why']}"
              for f in told['false_positives']]
    wrong += [f"{one['id']} is {one['state']}, not closed" for one in own if one['state'] != 'closed']
    return [f'{scenario}: {sentence}' for sentence in wrong]


class Rounds:
    """Which comes next, and how each came out. In each rotation the same attacks come, of the same
    addresses, so that what a watch remembers of them does not grow by itself. @pauses: after each."""

    def __init__(self, program, folder, seed, pauses):
        self.program, self.folder, self.seed, self.pauses = program, folder, seed, pauses
        self.all, self.turn = [], 0
        self.still_since, self.paused = None, 0     # the turn at which the last pause was over
        self.ending = False
        self.wrong, self.figures = [], {'attacks': 0, 'found': 0, 'false': 0, 'classes_right': 0,
                                    'slowest_to_close_s': 0}
        self.known = {name: self.targets_of(name) for name in sorted(set(ROTATION))}

    def targets_of(self, scenario):
        one = Round(self.program, self.folder, scenario, 0, 1e9)
        one.read()
        return one.targets()

    def write(self, scenario, start):
        slot = len(ROTATION) if scenario == FILLER else self.turn % len(ROTATION)
        one = Round(self.program, self.folder, scenario, self.seed * 1000 + slot, start,
                    f'round-{len(self.all)}')
        self.all.append(one)
        return one

    def is_still(self, now):
        """Only after a whole rotation, or at the end: by chance all may have closed in its middle,
        where not the same attacks have come before."""
        return ((self.ending or self.turn % len(ROTATION) == 0) and self.still_since is not None
                and now - self.still_since >= STILL_S)

    def is_pause(self, now):
        """Is it to be still at the end of a rotation? Not for longer than it takes."""
        if not self.pauses or not self.turn or self.turn % len(ROTATION) or self.paused == self.turn:
            return False
        if self.has_rested(now):
            self.paused = self.turn
        return self.paused != self.turn

    def has_rested(self, now):
        return not self.pauses or (self.is_still(now) and now - self.still_since >= STILL_S + PAUSE_S)

    def next(self, start, more):
        """An attack where one is wanted and its targets are free, otherwise ordinary traffic."""
        scenario = ROTATION[self.turn % len(ROTATION)]
        self.ending = not more
        if not more or self.is_pause(start) or self.known.get(scenario, set()) & self.busy():
            return self.write(FILLER, start)
        one = self.write(scenario, start)
        self.turn += 1
        self.still_since = None
        return one

    def busy(self):
        return {t for r in self.all if r.done is None for t in self.known.get(r.scenario, ())}

    def open(self):
        return [r for r in self.all if r.done is None]

    def settle(self, incidents, now):
        """Holds each round that is over against the truth, once."""
        own, _ = shares(self.all, incidents)
        for one, mine in zip(self.all, own):
            if one.done is None and one.ends and is_settled(mine, now, one.ends):
                self.hold(one, mine)
                self.figures['slowest_to_close_s'] = max(self.figures['slowest_to_close_s'],
                                                         round(now - one.ends))
        if self.still_since is None and not self.busy():
            self.still_since = now

    def hold(self, one, mine):
        truth = one.truth()
        told = score(self.program, self.folder, one.path + '.truth.json', mine)
        one.done = verdict(one.scenario, truth, mine, told)
        found = [a for a in told['per_attack'] if a['outcome'] == 'found']
        self.wrong += one.done
        self.figures['attacks'] += told['attacks']
        self.figures['found'] += told['matched']
        self.figures['false'] += told['false']
        self.figures['classes_right'] += round(told['class_accuracy'] * len(found))

    def finish(self, incidents):
        """At the end: all must have been held, and none may have changed since or come too early."""
        own, early = shares(self.all, incidents)
        self.wrong += [f"{one['id']} before the first round" for one in early]
        self.wrong += [f'{r.scenario}: not compared' for r in self.open() if r.scenario != FILLER]
        n = sum(len(mine) for mine in own)
        if n != self.figures['found'] + self.figures['false']:
            self.wrong.append(f"{n} incidents in the end, {self.figures['found']} found and "
                              f"{self.figures['false']} false were compared")
        if not self.figures['attacks']:
            self.wrong.append('no attack was compared')
