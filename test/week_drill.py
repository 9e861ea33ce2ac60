#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The busy week against the drill's truth: who was paged, when, why, and how often. Pages must be
exactly those of the truth: each incident once, escalations at their second, none for what is not
worth it.

week_drill.py WEEK_DRILL [--seeds N|N-M] [--format v9|ipfix] [--json]

Each difference is a line with its reason; ends with the plain line. PART=drill runs twenty seeds.

Time. The truth says when somebody should be woken: not before the thing is worth it, and within a
minute. That minute is mostly the exporters' (they tell of a flow 10 s after it began). So a page of
an incident is also held to what noroshi had been told: at most LATE_S after the state that showed
that it is worth it, as states come once a second and the clock of the one on duty goes by seconds.
What follows a page by silence or a snooze's end is on the same clock: STEP_S."""
import argparse
import collections
import json
import os
import subprocess
import sys
from datetime import datetime

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import Tally  # noqa: E402

LATE_S = 2
FLOW_S = 10          # active timeout of week_drill.c's exporters: a flow is told of with its mean
STEP_S = 1
SLACK_S = 5          # between an attack and its incident
WORSE_WITHIN_S = 60
OVER_WITHIN_S = 180  # after a fault's end, the exporter's and our own calm included
GATHER_S = 30        # from a storm's fifth page to the page that stands for the rest
CUT_S = 1800         # before the end of a week that was cut short
FEW = 2500000         # records of such a week
PULSES_OFF = 0.02    # share of bursts that may be counted too many or too few
CHANNELS = {'program', 'mail'}
# What the truth calls a reason, and what the alarm says.
MUTES = {'severity': 'severity', 'short': 'short', 'maintenance': 'maintenance'}


def at(text):
    return datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def clock(seconds):
    return datetime.utcfromtimestamp(seconds).strftime('%a %H:%M:%S')


State = collections.namedtuple('State', 'now first last pulses bps state gaps')


class Step:
    """The pages of one moment for one alarm: one to one person, on each channel."""

    def __init__(self, rows):
        self.at, self.why = at(rows[0]['at']), rows[0]['why']
        self.person, self.text = rows[0]['person'], rows[0]['text']
        self.channels = [r['channel'] for r in rows]
        self.people = {r['person'] for r in rows}

    def __str__(self):
        return f'{self.why} to {self.person} at {clock(self.at)}'


class Week:
    def __init__(self, told):
        self.told, self.duty = told, told['truth']['duty']
        self.attacks = {a['id']: a for a in told['truth']['attacks']}
        self.states = {i: [State(*s) for s in inc['states']]
                       for i, inc in told['incidents'].items()}
        self.alarm_of = {a['ref']: a for a in told['alarms'].values() if a['kind'] == 'incident'}
        rows = collections.defaultdict(list)
        for page in told['pages']:
            rows[(page['alarm'], page['step'])].append(page)
        self.steps = collections.defaultdict(list)
        for alarm, step in sorted(rows, key=lambda k: (k[0], k[1])):
            self.steps[alarm].append(Step(rows[(alarm, step)]))
        self.wrong, self.used, self.delays, self.late = [], set(), [], []
        self.things, self.cut = self.duty['things'], told['truth'].get('cut')
        if self.cut:  # the rest of the week is unknown, and what went on then too
            end = at(told['truth']['end']) - CUT_S
            self.things = [t for t in self.things if at(t['until']) < end]

    def differs(self, thing, text):
        self.wrong.append(f"{thing['id']} ({thing['what']}"
                          f"{', ' + thing['target'] if thing['target'] else ''}): {text}")

    def incidents_of(self, thing):
        low, high = at(thing['from']) - SLACK_S, at(thing['until']) + SLACK_S
        return [i for i, states in self.states.items()
                if self.told['incidents'][i]['target'] == thing['target'] and
                states[-1].last >= low and states[0].first <= high]

    # ---- what must come of one thing ----

    def check(self):
        storm = [t for t in self.things if t.get('storm')]
        for thing in self.things:
            if thing['kind'] == 'fault':
                self.check_fault(thing)
            elif thing['kind'] == 'nothing':
                for i in self.incidents_of_time(thing):
                    self.differs(thing, f'taken for an attack: incident {i}')
            else:
                self.check_incident(thing)
        if storm:
            self.check_storm(storm)
        for alarm, steps in self.steps.items():
            if alarm not in self.used and not self.cut:
                self.wrong.append(f"a page for nothing in the truth: {steps[0]}: {steps[0].text}")
        return self.wrong

    def incidents_of_time(self, thing):
        return [i for i in self.incidents_of(thing)
                if self.states[i][0].first >= at(thing['from']) - SLACK_S]

    def check_incident(self, thing):
        found = self.incidents_of(thing)
        if len(found) != 1:
            self.differs(thing, f'{len(found)} incidents for one attack: {found}')
        for i in found:
            self.check_life(thing, i)
        if not found:
            return
        alarm = self.alarm_of.get(found[0])
        if not alarm:
            self.differs(thing, 'its incident has no alarm: it was not recorded')
            return
        self.used.add(alarm['id'])
        steps = self.steps[alarm['id']]
        if not thing['paged']:
            self.check_silent(thing, alarm, steps)
        elif not thing['storm']:
            self.check_steps(thing, steps, self.ripe(thing, found[0]))

    def check_life(self, thing, i):
        """Not ended while it goes on, whatever becomes of our sight; bursts counted."""
        states, attack = self.states[i], self.attacks.get(thing['attack'])
        ended = [s.now for s in states if s.state == 'closed' and s.now < at(thing['until'])]
        if ended:
            self.differs(thing, f'ended at {clock(ended[0])} while it went on')
        if thing.get('out_of_sight') and not any(s.state == 'lost_sight' for s in states):
            self.differs(thing, 'was never out of sight')
        if states[-1].state != 'closed':
            self.differs(thing, f'never ended: {states[-1].state}')
        if attack and not thing.get('out_of_sight'):
            seen, true = states[-1].pulses, attack['pulses']
            if abs(seen - true) > max(1, PULSES_OFF * true):
                self.differs(thing, f'{seen} bursts told of {true}')

    def check_silent(self, thing, alarm, steps):
        for step in steps:
            self.differs(thing, f"paged though {thing['why_not']} says not to: {step}: {step.text}")
        if alarm['mute'] != MUTES[thing['why_not']]:
            self.differs(thing, f"the alarm says {alarm['mute']}, not {thing['why_not']}")

    def ripe(self, thing, i):
        """When noroshi had been told that it is worth waking somebody: the first state that reaches
        beyond the moment that the truth says, and is no single short burst (where that matters)."""
        due, burst = at(thing['due']), self.duty['burst_s']
        due += FLOW_S if thing['grows'] else 0
        asked = thing['what'].endswith('asks for them')
        for s in self.states[i]:
            if s.last > due and (asked or s.pulses > 1 or s.last - s.first >= burst - 0.01):
                return s.now
        return None

    def check_steps(self, thing, steps, ripe=None):
        worse = [s for s in steps if s.why == 'worse']
        steps = [s for s in steps if s.why != 'worse']
        want = thing['pages']
        if len(steps) != len(want):
            self.differs(thing, f"{len(steps)} pages, not {len(want)}: "
                                f"{'; '.join(map(str, steps)) or 'none'}")
        if steps:
            self.check_first(thing, steps[0], ripe)
        for step, row in zip(steps, want):
            self.check_step(thing, step, row, steps[0])
        self.check_worse(thing, worse)

    def check_first(self, thing, step, ripe):
        due, latest = at(thing['due']), at(thing['latest'])
        self.delays.append(step.at - due)
        if not due - STEP_S <= step.at <= latest:
            self.differs(thing, f'first paged at {clock(step.at)}, not between {clock(due)} and '
                                f'{clock(latest)}')
        if ripe is not None:
            self.late.append(step.at - ripe)
            if step.at - ripe > LATE_S:
                self.differs(thing, f'paged {step.at - ripe:.1f} s after it was seen to be worth it')

    def check_step(self, thing, step, row, first):
        if step.why != row['why'] or step.people != {row['person']}:
            self.differs(thing, f"{step}, not {row['why']} to {row['person']}")
        if abs(step.at - first.at - row['after_s']) > STEP_S:
            self.differs(thing, f"{step}: {step.at - first.at:.1f} s after the first page, not "
                                f"{row['after_s']}")
        self.check_channels(thing, step)

    def check_channels(self, thing, step):
        if set(step.channels) != CHANNELS or len(step.channels) != len(CHANNELS):
            self.differs(thing, f"{step} went by {'+'.join(step.channels)}")
        if len(step.text) > 140:
            self.differs(thing, f'a text of {len(step.text)} characters')

    def check_worse(self, thing, worse):
        if 'worse' not in thing:
            for step in worse:
                self.differs(thing, f'paged again: {step}: {step.text}')
            return
        begins = at(thing['worse'])
        if len(worse) != 1 or not begins <= worse[0].at <= begins + WORSE_WITHIN_S:
            self.differs(thing, f"got worse at {clock(begins)}, told "
                                f"{'; '.join(map(str, worse)) or 'never'}")
        for step in worse:
            self.check_channels(thing, step)

    # ---- faults ----

    def check_fault(self, thing):
        key, low, high = f"{thing['fault']}/{thing['subject']}", at(thing['from']), at(thing['until'])
        found = [a for a in self.told['alarms'].values()
                 if a['kind'] == 'fault' and a['ref'].startswith(key) and
                 low - SLACK_S <= at(a['opened']) <= high + SLACK_S]
        if len(found) != 1:
            self.differs(thing, f"{len(found)} alarms of {key}")
        for alarm in found:
            self.used.add(alarm['id'])
        if not found:
            return
        self.check_steps(thing, self.steps[found[0]['id']])
        ended = found[0].get('ended')
        if not ended or at(ended) > high + OVER_WITHIN_S:
            self.differs(thing, f'over at {clock(high)}, told {ended or "never"}')

    # ---- storms ----

    def check_storm(self, things):
        """As many alone as may be, then one page that stands for the rest and counts them."""
        alarms = {self.alarm_of[i]['id']: t for t in things for i in self.incidents_of(t)
                  if i in self.alarm_of}
        alone = {a: t for a, t in alarms.items() if self.steps[a]}
        storms = {self.told['alarms'][a]['id'] for a in self.steps
                  if self.told['alarms'][a]['kind'] == 'storm'}
        self.used |= storms
        for a, t in alone.items():
            self.check_steps(t, self.steps[a])
        name = dict(things[0], id='storm', what=f'{len(things)} at once', target='')
        if len(alone) > self.duty['storm_pages']:
            self.differs(name, f"{len(alone)} paged alone, not {self.duty['storm_pages']} at most")
        if len(storms) != 1:
            self.differs(name, f'{len(storms)} storms')
            return
        storm = self.told['alarms'][storms.pop()]
        steps, grouped = self.steps[storm['id']], len(alarms) - len(alone)
        if len(steps) != 1:
            self.differs(name, f"{len(steps)} pages of the storm: {'; '.join(map(str, steps))}")
        if storm['members'] != grouped:
            self.differs(name, f"the storm stands for {storm['members']}, not {grouped}")
        last = max(self.steps[a][0].at for a in alone) if alone else at(things[0]['due'])
        if not last <= steps[0].at <= last + GATHER_S:
            self.differs(name, f'{steps[0]}, not within {GATHER_S} s of the last page alone')
        if str(grouped) not in steps[0].text:
            self.differs(name, f'no count of {grouped} in: {steps[0].text}')
        if steps[0].people != {things[0]['pages'][0]['person']}:
            self.differs(name, f"{steps[0]}, not to {things[0]['pages'][0]['person']}")
        self.check_channels(name, steps[0])


def run(program, seed, fmt='v9', threads=1, records=0):
    command = [program, 'seed', str(seed), 'format', fmt, 'threads', str(threads), 'records',
               str(records)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=1500, check=False)
    if done.returncode:
        return {'seed': seed, 'wrong': [f'exit {done.returncode}: {done.stderr.strip()[-400:]}'],
                'checked': 1}
    week = Week(json.loads(done.stdout))
    wrong, told = week.check(), week.told
    return {'seed': seed, 'wrong': wrong, 'checked': len(week.things),
            'figures': {'incidents': len(told['incidents']), 'alarms': len(told['alarms']),
                        'steps': sum(map(len, week.steps.values())), 'pages': len(told['pages']),
                        'folded': told['folded'], 'acts': len(told['acts']),
                        'packets': told['packets'], 'records': told['records'],
                        'due_to_page_s': spread(week.delays),
                        'seen_to_page_s': spread(week.late)}}


def spread(values):
    ordered = sorted(values)
    return [round(v, 3) for v in (ordered[0], ordered[len(ordered) // 2], ordered[-1])] \
        if ordered else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('program')
    parser.add_argument('--seeds', default='1')
    parser.add_argument('--format', default='v9')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--few', action='store_true', help='for slow builds: the first days')
    parser.add_argument('--json', action='store_true')
    args = parser.parse_args()
    first, _, last = args.seeds.partition('-')
    tally, rows = Tally(), []
    for seed in range(int(first), int(last or first) + 1):
        row = run(args.program, seed, args.format, args.threads, FEW if args.few else 0)
        rows.append(row)
        for text in row['wrong']:
            print(f'BAD  seed {seed}: {text}', flush=True)
        tally.failed += len(row['wrong'])
        tally.passed += max(0, row['checked'] - len(row['wrong']))
        if not args.json:
            print(f"seed {seed}: {json.dumps(row.get('figures'))}", flush=True)
    if args.json:
        print(json.dumps(rows))
    print(tally.line())
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())
