#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Data goes one way through the house, and so do the #includes: a room includes itself and rooms
before it, the drill only base, and no header includes itself by way of others. Each rule is also
shown a sample that breaks it, so that this test is known to be able to fail."""
import os
import re
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOMS = ['base', 'conf', 'observe', 'detect', 'place', 'judge', 'store', 'desk', 'duty', 'act', 'courier',
         'router', 'drill', 'cli']
ONLY = {'drill': {'base', 'drill'}}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def sources(src):
    """{'room/file.h': its text} of all C files in the rooms."""
    found = {}
    for folder, _, names in os.walk(src):
        for name in sorted(names):
            if name.endswith(('.c', '.h')):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8') as file:
                    found[os.path.relpath(path, src).replace(os.sep, '/')] = file.read()
    return found


def includes(files):
    """{file: [project files it includes]}; a bare name is a file of the same room."""
    graph = {}
    for path, text in files.items():
        room = path.split('/')[0]
        graph[path] = []
        for name in INCLUDE.findall(text):
            full = name if '/' in name else f'{room}/{name}'
            graph[path].append(os.path.normpath(full).replace(os.sep, '/'))
    return graph


def allowed(room):
    return ONLY.get(room) or set(ROOMS[:ROOMS.index(room) + 1])


def wrong_arrows(graph):
    """Sentences for each include that runs back, skips the rule of its room, or leads nowhere."""
    wrong = []
    for path, targets in sorted(graph.items()):
        room = path.split('/')[0]
        if room not in ROOMS:
            wrong.append(f'{path}: {room} is no room; add it to ROOMS in its place')
            continue
        for target in targets:
            there = target.split('/')[0]
            if there in ROOMS and there not in allowed(room):
                wrong.append(f'{path}: {room} may not include {target}')
            elif there not in ROOMS:
                wrong.append(f'{path}: {target} is in no room')
            elif target.endswith('.c') and not os.path.basename(path).startswith(('test_', 'fuzz_')):
                wrong.append(f'{path}: includes the source file {target}')
    return wrong


def circles(graph):
    """Each circle of includes once, as 'a -> b -> a'."""
    state, found = {}, []
    for start in sorted(graph):
        stack = [(start, iter(graph.get(start, [])))] if state.get(start) is None else []
        trail = [start] if stack else []
        if stack:
            state[start] = 'open'
        while stack:
            path, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[path] = 'done'
                stack.pop()
                trail.pop()
            elif state.get(target) == 'open':
                found.append(' -> '.join(trail[trail.index(target):] + [target]))
            elif target in graph and state.get(target) is None:
                state[target] = 'open'
                trail.append(target)
                stack.append((target, iter(graph[target])))
    return found


class House(unittest.TestCase):
    """The rules, held against the project."""

    def setUp(self):
        self.graph = includes(sources(os.path.join(ROOT, 'src')))

    def test_there_is_something_to_look_at(self):
        self.assertGreater(sum(len(t) for t in self.graph.values()), 20)

    def test_no_arrow_runs_back(self):
        self.assertEqual(wrong_arrows(self.graph), [])

    def test_no_circle(self):
        self.assertEqual(circles(self.graph), [])


class BrokenHouse(unittest.TestCase):
    """The same rules, held against houses that break them."""

    def graph_of(self, files):
        with tempfile.TemporaryDirectory() as src:
            for path, text in files.items():
                os.makedirs(os.path.join(src, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(src, path), 'w', encoding='utf-8') as file:
                    file.write(text)
            return includes(sources(src))

    def test_back_arrow_is_seen(self):
        graph = self.graph_of({'observe/x.c': '# include "detect/detect.h"\n'})
        self.assertEqual(wrong_arrows(graph), ['observe/x.c: observe may not include detect/detect.h'])

    def test_drill_is_alone(self):
        graph = self.graph_of({'drill/x.c': '#include "base/ip.h"\n#include "observe/flow.h"\n'})
        self.assertEqual(wrong_arrows(graph), ['drill/x.c: drill may not include observe/flow.h'])

    def test_relative_path_hides_nothing(self):
        graph = self.graph_of({'base/x.c': '#include "../base/../cli/verb.h"\n'})
        self.assertEqual(len(wrong_arrows(graph)), 1)

    def test_unknown_room_is_seen(self):
        graph = self.graph_of({'cellar/x.c': '#include "base/ip.h"\n'})
        self.assertEqual(len(wrong_arrows(graph)), 1)

    def test_circle_is_seen(self):
        graph = self.graph_of({'base/a.h': '#include "base/b.h"\n', 'base/b.h': '#include "c.h"\n',
                               'base/c.h': '#include "base/a.h"\n'})
        self.assertEqual(circles(graph), ['base/a.h -> base/b.h -> base/c.h -> base/a.h'])

    def test_good_house_passes(self):
        graph = self.graph_of({'base/a.h': '', 'cli/x.c': '#include "base/a.h"\n#include "y.h"\n',
                               'cli/y.h': '#include "base/a.h"\n'})
        self.assertEqual(wrong_arrows(graph) + circles(graph), [])


if __name__ == '__main__':
    sys.exit(unittest.main())
