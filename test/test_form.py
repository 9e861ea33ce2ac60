#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The form of the project's own files: a licence line at the head, tabs and 100 columns in C,
functions and files of a readable length, no path of somebody's machine, and nothing of the public
test corpus copied in. Each rule is also shown a sample that breaks it."""
import ast
import hashlib
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import ROOT, corpus_dir  # noqa: E402

HEAD = 'SPDX-License-Identifier: ISC'
HEADED = re.compile(r'(\.(c|h|py|sh|sql|service|sysusers)|(^|/)(meson\.build|Makefile|packages\.txt)'
                    r'|^\.ci/run|\.[1-9])$')
MACHINE = re.compile(rb'(?<![\w.~$}/-])/(?:wo[r]k|ro[o]t|ho[m]e/\w+|Us[e]rs/\w+)/')
COLUMNS, FUNCTION_MAX, FILE_MAX = 100, 100, 1000
SMALLEST_COPY = 64


def project_files():
    """Paths of what belongs to the project: known to git, or new and not ignored."""
    out = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others',
                          '--exclude-standard'],
                         cwd=ROOT, check=True, capture_output=True).stdout
    names = sorted({n for n in out.decode().split('\0') if n})
    return [n for n in names if os.path.isfile(os.path.join(ROOT, n))]


def read(name):
    with open(os.path.join(ROOT, name), 'rb') as file:
        return file.read()


def no_head(name, data):
    """True where a file that should open with the licence line does not."""
    return bool(HEADED.search(name)) and HEAD.encode() not in b'\n'.join(data.split(b'\n', 4)[:4])


def wide_lines(text):
    """Numbers of the lines over COLUMNS, a tab counted to the next multiple of eight."""
    return [n for n, line in enumerate(text.split('\n'), 1) if len(line.expandtabs(8)) > COLUMNS]


def space_indents(text):
    """Numbers of the lines whose indentation begins with spaces that a tab should be."""
    return [n for n, line in enumerate(text.split('\n'), 1) if re.match(r' {8}', line)]


def long_functions(text):
    """[(first line, length)] of the function bodies over FUNCTION_MAX lines."""
    found, start = [], None
    for n, line in enumerate(text.split('\n'), 1):
        if line == '{':
            start = n
        elif line.startswith('}') and start:
            if n - start + 1 > FUNCTION_MAX:
                found.append((start, n - start + 1))
            start = None
    return found


def lossy_json(text):
    """Numbers of the lines with json_dumps(), which loses a key where memory ends: json_whole()."""
    return [n for n, line in enumerate(text.split('\n'), 1) if re.search(r'json_dumps\(\w', line)]


def machine_paths(data):
    return [m.group().decode() for m in MACHINE.finditer(data)]


def digests(folder):
    """{(size, sha256): path} of every file in a folder that is large enough to be somebody's."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and os.path.getsize(path) >= SMALLEST_COPY:
                with open(path, 'rb') as file:
                    data = file.read()
                found[(len(data), hashlib.sha256(data).hexdigest())] = path
    return found


def copied(name, data, known):
    """The known file that @name is a copy of, or None."""
    if len(data) < SMALLEST_COPY:
        return None
    return known.get((len(data), hashlib.sha256(data).hexdigest()))


def parts_of(meson):
    """{'test_x.py': {its classes that are named in a `foreach`}} of test/meson.build."""
    parts = {}
    for cases, name in re.findall(r"foreach name, cases : \{(.*?)\}\s*test\(name, python3, args: "
                                  r"\[files\('(test_\w+\.py)'\)", meson, re.S):
        parts.setdefault(name, set()).update(c for listed in re.findall(r'\[(.*?)\]', cases, re.S)
                                             for c in re.findall(r"'(\w+)'", listed))
    return parts


def not_run(text, named):
    """Classes with tests of their own that nobody runs, and those that a later one of the name hides."""
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    tested = [c.name for c in classes
              if any(isinstance(f, ast.FunctionDef) and f.name.startswith('test') for f in c.body)]
    names = [c.name for c in classes]
    return sorted({n for n in tested if n not in named} | {n for n in names if names.count(n) > 1})


class Form(unittest.TestCase):
    """The rules, held against the project."""

    def setUp(self):
        self.names = project_files()
        self.c_names = [n for n in self.names if n.endswith(('.c', '.h'))]

    def each(self, names, rule):
        """Nothing may be found by @rule(name) in any of @names."""
        self.assertGreater(len(names), 0)
        wrong = [f'{n}: {found}' for n in names for found in [rule(n)] if found]
        self.assertEqual(wrong, [])

    def test_every_class_is_run(self):
        parts = parts_of(read('test/meson.build').decode())
        self.assertGreater(len(parts), 2)
        self.each([f'test/{name}' for name in parts],
                  lambda n: not_run(read(n).decode(), parts[os.path.basename(n)]))

    def test_licence_head(self):
        self.each(self.names, lambda n: no_head(n, read(n)))

    def test_width(self):
        self.each(self.c_names, lambda n: wide_lines(read(n).decode()))

    def test_tabs(self):
        self.each(self.c_names, lambda n: space_indents(read(n).decode()))

    def test_function_length(self):
        self.each(self.c_names, lambda n: long_functions(read(n).decode()))

    def test_json_is_whole(self):
        self.each([n for n in self.c_names if n.startswith('src/') and '/test_' not in n],
                  lambda n: lossy_json(read(n).decode()))

    def test_file_length(self):
        self.each(self.c_names, lambda n: max(0, read(n).count(b'\n') - FILE_MAX))

    def test_no_machine_path(self):
        self.each(self.names, lambda n: machine_paths(read(n)))

    def test_text_ends_with_a_line(self):
        self.each(self.c_names, lambda n: not read(n).endswith(b'\n'))

    def test_no_trailing_blanks(self):
        self.each(self.c_names, lambda n: re.search(rb'[ \t]+$', read(n), re.M) is not None)

    def test_nothing_of_the_corpus(self):
        if not os.path.isdir(corpus_dir()):
            self.skipTest('the corpus is not there: NOROSHI_CORPUS')
        known = digests(corpus_dir())
        self.assertGreater(len(known), 100)
        self.each(self.names, lambda n: copied(n, read(n), known))


class BrokenForm(unittest.TestCase):
    """The same rules, held against samples that break them."""

    def test_missing_head_is_seen(self):
        self.assertTrue(no_head('src/base/x.c', b'int x;\n'))
        self.assertTrue(no_head('man/noroshi.1', b'.Dd today\n'))
        self.assertFalse(no_head('src/base/x.c', f'/* {HEAD} */\n'.encode()))
        self.assertFalse(no_head('README.md', b'# noroshi\n'))

    def test_class_that_nobody_runs_is_seen(self):
        meson = "foreach name, cases : {'a': ['A'], 'b': ['B']}\n\ttest(name, python3, args: " \
            "[files('test_x.py'), noroshi, cases])"
        self.assertEqual(parts_of(meson), {'test_x.py': {'A', 'B'}})
        one = 'class {}:\n    def test_it(self):\n        pass\n'
        self.assertEqual(not_run(one.format('A') + one.format('C'), {'A', 'B'}), ['C'])
        self.assertEqual(not_run(one.format('A') + one.format('A'), {'A', 'B'}), ['A'])
        self.assertEqual(not_run('class Base:\n    pass\n' + one.format('B'), {'A', 'B'}), [])

    def test_width_is_seen(self):
        self.assertEqual(wide_lines('a\n' + '\t' * 12 + 'abcde\n'), [2])

    def test_lossy_json_is_seen(self):
        self.assertEqual(lossy_json('/* json_dumps() */\nchar *s = json_dumps(o, 0);\n'), [2])

    def test_spaces_are_seen(self):
        self.assertEqual(space_indents('\tgood\n        bad\n'), [2])

    def test_long_function_is_seen(self):
        body = '\tx();\n' * FUNCTION_MAX
        self.assertEqual(long_functions('int f(void)\n{\n' + body + '}\n'), [(2, FUNCTION_MAX + 2)])

    def test_machine_path_is_seen(self):
        path = '/ho' + 'me/somebody/'
        self.assertEqual(machine_paths(f'open("{path}x")'.encode()), [path])
        self.assertEqual(machine_paths(b'see ../shared/corpus and src/work/x'), [])

    def test_copy_is_seen(self):
        data = b'x' * 100
        known = {(100, hashlib.sha256(data).hexdigest()): 'corpus/x'}
        self.assertEqual(copied('fuzz/corpus/x', data, known), 'corpus/x')
        self.assertIsNone(copied('fuzz/corpus/x', data[1:], known))


if __name__ == '__main__':
    sys.exit(unittest.main())
