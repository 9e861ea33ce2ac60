#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The bars of the busy week can be missed: a small week that holds, and one for each way in which it
does not."""
import copy
import os
import sys
import unittest
from datetime import datetime, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import week_drill as week  # noqa: E402

T0 = 1770000000


def when(seconds):
    return datetime.fromtimestamp(T0 + seconds, timezone.utc).isoformat().replace('+00:00', 'Z')


def page(alarm, step, at, why='new', person='sato', channel='program', kind='incident', ref=''):
    return {'alarm': alarm, 'step': step, 'at': when(at), 'why': why, 'person': person, 'kind': kind,
            'channel': channel, 'ref': ref, 'text': 'SEV2, 3 incidents', 'severity': 2}


def both(*args, **kwargs):
    return [page(*args, channel=c, **kwargs) for c in ('program', 'mail')]


def row(person='sato', why='new', after=0):
    return {'person': person, 'why': why, 'after_s': after, 'act': 'acknowledge', 'step': 1}


def incident(target, first, last, detected, pulses=1, lost=False):
    states = [[detected, first, min(last, first + 20), pulses, 10 ** 8, 'open', 0]]
    states += [[detected + 30, first, last - 1, pulses, 10 ** 8, 'lost_sight', 0]] if lost else []
    states += [[last + 100, first, last, pulses, 10 ** 8, 'closed', 0]]
    return {'target': target, 'object': '',
            'states': [[T0 + s[0], T0 + s[1], T0 + s[2], *s[3:]] for s in states]}


def thing(name, start, until, pages=(), **more):
    t = {'id': name, 'kind': 'incident', 'what': 'a flood', 'target': f'198.18.10.{name[1:]}',
         'attack': None, 'from': when(start), 'until': when(until), 'paged': bool(pages)}
    if pages:
        t.update(due=when(start), latest=when(start + 70), grows=False, storm=False,
                 out_of_sight=False, pages=list(pages))
    t.update(more)
    return t


def alarm(name, ref, kind='incident', mute='none', **more):
    return {'id': name, 'kind': kind, 'ref': ref, 'mute': mute, 'opened': when(0), **more}


def good():
    """A page that is escalated, one burst, a fault, one that gets worse, and a storm of three."""
    things = [thing('t1', 0, 100, [row(), row('suzuki', 'escalated', 600)], out_of_sight=True),
              thing('t2', 2000, 2005, why_not='short'),
              thing('t3', 3000, 3600, [row()], kind='fault', fault='exporter_silent',
                    subject='router-1', target=''),
              thing('t4', 5000, 5200, [row()], worse=when(5100)),
              *(thing(f't{n}', 7000, 7100, [row()], storm=True) for n in (5, 6, 7)),
              thing('t8', 8000, 8030, kind='nothing', why_not='no_attack')]
    incidents = {'n1': incident('198.18.10.1', 0, 100, 20, lost=True),
                 'n2': incident('198.18.10.2', 2000, 2005, 2010),
                 'n4': incident('198.18.10.4', 5000, 5200, 5020)}
    incidents.update((f'n{n}', incident(f'198.18.10.{n}', 7000, 7100, 7020)) for n in (5, 6, 7))
    alarms = [alarm('w1', 'n1'), alarm('w2', 'n2', mute='short'), alarm('w4', 'n4'),
              alarm('w3', 'exporter_silent/router-1@9', 'fault', opened=when(3001),
                    ended=when(3670)),
              alarm('w5', 'n5'), alarm('w6', 'n6', mute='storm'), alarm('w7', 'n7', mute='storm'),
              alarm('ws', 'w6@1', 'storm', members=2)]
    pages = [*both('w1', 1, 20), *both('w1', 2, 620, 'escalated', 'suzuki'),
             *both('w3', 1, 3031, kind='fault'), *both('w4', 1, 5020),
             *both('w4', 2, 5112, 'worse'), *both('w5', 1, 7020), *both('ws', 1, 7035, kind='storm')]
    for p in pages:
        if p['alarm'] == 'ws':
            p['text'] = '2 incidents, 2 objects'
    return {'truth': {'attacks': [], 'duty': {'burst_s': 10, 'storm_pages': 1, 'things': things}},
            'incidents': incidents, 'alarms': {a['id']: a for a in alarms}, 'pages': pages}


class Week(unittest.TestCase):
    def setUp(self):
        self.told = good()

    def wrong(self):
        return week.Week(copy.deepcopy(self.told)).check()

    def differs(self, *words):
        told = '\n'.join(self.wrong())
        for word in words:
            self.assertIn(word, told)

    def pages(self, name):
        return [p for p in self.told['pages'] if p['alarm'] == name]

    def drop(self, name, step=None):
        self.told['pages'] = [p for p in self.told['pages']
                              if p['alarm'] != name or step not in (None, p['step'])]

    def move(self, name, step, at):
        for p in self.pages(name):
            if p['step'] == step:
                p['at'] = when(at)

    def test_a_good_week_holds(self):
        self.assertEqual(self.wrong(), [])

    def test_no_page(self):
        self.drop('w1')
        self.differs('t1', '0 pages, not 2')

    def test_no_escalation(self):
        self.drop('w1', 2)
        self.differs('1 pages, not 2')

    def test_escalated_late_or_to_another(self):
        self.move('w1', 2, 625)
        self.differs('605.0 s after the first page, not 600')
        self.told = good()
        for p in self.pages('w1'):
            p['person'] = 'braun'
        self.differs('not escalated to suzuki', 'not new to sato')

    def test_one_more(self):
        self.told['pages'] += both('w1', 3, 700, 'escalated', 'tanaka')
        self.differs('3 pages, not 2')

    def test_early_and_late(self):
        self.move('w1', 1, -10)
        self.differs('first paged at')
        self.told = good()
        self.move('w1', 1, 25)
        self.move('w1', 2, 625)
        self.differs('paged 5.0 s after it was seen')
        self.told = good()
        self.move('w3', 1, 3080)
        self.differs('first paged at')

    def test_one_channel(self):
        self.told['pages'] = [p for p in self.told['pages']
                              if p['alarm'] != 'w4' or p['channel'] == 'mail']
        self.differs('went by mail')

    def test_twice_by_one_channel(self):
        self.told['pages'].append(self.pages('w4')[0])
        self.differs('went by program+mail+program')

    def test_paged_for_a_burst(self):
        self.told['pages'] += both('w2', 1, 2011)
        self.differs('paged though short says not to')

    def test_not_recorded(self):
        del self.told['alarms']['w2']
        self.differs('it was not recorded')

    def test_another_reason(self):
        self.told['alarms']['w2']['mute'] = 'severity'
        self.differs('the alarm says severity, not short')

    def test_two_incidents(self):
        self.told['incidents']['n9'] = incident('198.18.10.1', 50, 100, 60)
        self.differs('2 incidents for one attack')

    def test_ended_while_it_went_on(self):
        self.told['incidents']['n1']['states'].insert(1, [T0 + 40, T0, T0 + 20, 1, 1, 'closed', 0])
        self.differs('while it went on')

    def test_never_out_of_sight(self):
        self.told['incidents']['n1'] = incident('198.18.10.1', 0, 100, 20)
        self.differs('was never out of sight')

    def test_bursts_not_counted(self):
        things = self.told['truth']['duty']['things']
        things[3]['attack'] = 'a001'
        self.told['truth']['attacks'] = [{'id': 'a001', 'pulses': 300}]
        self.differs('1 bursts told of 300')

    def test_worse(self):
        self.drop('w4', 2)
        self.differs('told never')
        self.told = good()
        self.told['pages'] += both('w1', 3, 90, 'worse')
        self.differs('paged again')

    def test_flash_crowd(self):
        self.told['incidents']['n8'] = incident('198.18.10.8', 8000, 8030, 8010)
        self.differs('taken for an attack')

    def test_page_for_nothing(self):
        self.told['alarms']['wx'] = alarm('wx', 'nx')
        self.told['pages'] += both('wx', 1, 9000)
        self.differs('a page for nothing')

    def test_fault(self):
        del self.told['alarms']['w3']['ended']
        self.differs('told never')
        self.told = good()
        del self.told['alarms']['w3']
        self.drop('w3')
        self.differs('0 alarms of exporter_silent/router-1')

    def test_storm(self):
        self.told['pages'] += both('w6', 1, 7021)
        self.differs('2 paged alone, not 1 at most', 'stands for 2, not 1')
        self.told = good()
        self.drop('ws')
        self.differs('0 storms')
        self.told = good()
        self.move('ws', 1, 7100)
        self.differs('not within')
        self.told = good()
        for p in self.pages('ws'):
            p['text'] = 'many incidents'
        self.differs('no count of 2')

    def test_text(self):
        for p in self.pages('w5'):
            p['text'] = 'x' * 141
        self.differs('a text of 141 characters')


if __name__ == '__main__':
    unittest.main()
