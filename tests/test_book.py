"""The notebooks as one book: short cells, a beginning that says why, wings that lean on one another in one
direction.
"""

import ast
import json
import re
import statistics
import subprocess
import sys

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT/'tools'))
from api import Notebook, notebooks  # noqa: E402

CHAPTERS = notebooks()
PAGES = [
    Notebook(path)
    for path in sorted((ROOT / 'nbs').rglob('*.ipynb'))
    if '.ipynb_checkpoints' not in path.parts
]
WINGS = (
    'body',
    'io',
    'data',
    'estimate',
    'learn',
    'reconstruct',
    'evaluation',
    'view',
    'cli',
)  # each imports from those before it
BELOW = 'basics', 'docstrings'        # stand under all wings
STEPS = 'pose2sim', 'opencap', 'movement'     # what a user imports for a step between two programs
ABOVE = '__init__', '__main__', 'api', *STEPS   # stand above the wings that they use
MOST_PUBLIC = 250


def lines_of(cell) -> int:
    "Lines of an exported cell, without blank ones and directives."
    return sum(bool(line.strip()) and not line.startswith('#|') for line in cell.lines)


def test_cells_are_short():
    cells = [(f'{chapter.module}: {cell.id}', cell) for chapter in CHAPTERS for cell in chapter.cells]
    lengths = {name: lines_of(cell) for name, cell in cells}
    assert not {name: length for name, length in lengths.items() if length > 30}
    defining = [lengths[name] for name, cell in cells if not cell.is_imports]
    assert 5 <= statistics.median(defining) and statistics.quantiles(defining, n=10)[-1] <= 15


def documentation_of(cell: str) -> set[int]:
    "Lines of a cell in which signatures, docstrings and fields stand, counted from 1."
    found: set[int] = set()
    for node in ast.walk(ast.parse(cell)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef): continue
        first = node.body[0]
        has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        if isinstance(node, ast.FunctionDef): found |= {*range(node.lineno, first.lineno)}
        if has_docstring: found |= {*range(first.lineno, first.end_lineno + 1)}
        if isinstance(node, ast.ClassDef):
            fields = (part for part in node.body if isinstance(part, ast.AnnAssign))
            found |= {line for field in fields for line in range(field.lineno, field.end_lineno + 1)}
    return found


def test_steps_are_few():
    "What a cell does, beside what it documents, is 15 lines; tables, pages and imports define nothing."
    found = {}
    for chapter in CHAPTERS:
        for cell in chapter.cells:
            text = '\n'.join('' if line.startswith('#|') else line for line in cell.lines)
            if not re.search(r'^(def|class) ', text, re.MULTILINE): continue
            code = {number for number, line in enumerate(text.splitlines(), 1) if line.strip()}
            found[f'{chapter.module}: {cell.id}'] = len(code - documentation_of(text))
    assert len(found) > 1500 and not {name: steps for name, steps in found.items() if steps > 15}


def test_lines_of_modules():
    "Docstrings come from subtitles; lists of names are written by nbdev."
    long = [(path.name, number) for path in (ROOT/'motionfm').rglob('*.py') if path.name != '_modidx.py'
            for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1)
            if len(line) > 110 and not line.startswith('__all__')]
    assert not long


def test_one_reading_order():
    "Index, benchmark and tutorials have no number, every other its own; chapters follow one another."
    numbers = [page.number for page in PAGES if page.number >= 0]
    assert len(numbers) == len(set(numbers))
    assert {page.path.relative_to(ROOT / 'nbs').parts[0] for page in PAGES if page.number < 0} == {
        'index.ipynb',
        'benchmark.ipynb',
        'tutorials',
    }
    folders = {page.path.parent.name: page.number//100 for page in PAGES if page.number >= 100}
    assert all(page.number//100 == folders[page.path.parent.name] for page in PAGES if page.number >= 100)


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.page)
def test_page(page):
    title, subtitle = page.head
    assert title and subtitle.endswith(('.', '?', '!')), 'a title, and a line below it that says what this is'
    assert page.raw['cells'][1]['cell_type'] == 'markdown', 'first the reason, then code'
    assert len(page.raw['cells']) <= 60, 'a notebook is one sitting'
    for cell in page.raw['cells']:
        source, outputs = ''.join(cell['source']), json.dumps(cell.get('outputs', []))
        assert not re.search(r'/(home|work|root|Users)/\w', source + outputs), (
            cell['id'],
            'a path of one machine',
        )
        shown = '"stderr"' in outputs or '"output_type": "error"' in outputs
        assert not shown, (cell['id'], 'a warning or an error is shown')
        assert len(outputs) < 1_500_000, (cell['id'], len(outputs))


def imported(chapter) -> set[str]:
    "Modules of the package that exported cells import, when they are loaded or later, within functions."
    nodes = [node for cell in chapter.cells for node in ast.walk(cell.tree)]
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    found = {node.module for node in froms}
    found |= {f'{node.module}.{name.name}' for node in froms for name in node.names}
    known = {f'motionfm.{one.module}' for one in CHAPTERS}
    return {name.removeprefix('motionfm.') for name in found & known}


@pytest.mark.parametrize(
    'chapter', [one for one in CHAPTERS if one.module not in ABOVE], ids=lambda chapter: chapter.page
)
def test_imports_run_one_way(chapter):
    "From a wing only to wings before it, and in it from lower numbers, even within functions."
    numbers = {one.module: one.number for one in CHAPTERS}
    wing = chapter.module.split('.')[0]
    home = dict.fromkeys(('api', *STEPS), 'cli')   # what users call stands in the last chapter
    for module in imported(chapter):
        other = home.get(module, module.split('.')[0])
        if other in BELOW: continue
        assert wing in (*WINGS, *BELOW) and other in WINGS, (chapter.module, module)
        assert WINGS.index(other) <= WINGS.index(wing), (chapter.module, module)
        assert other != wing or numbers[module] < chapter.number, (chapter.module, module)


def public_names() -> dict[str, list[str]]:
    "Every name in some `__all__`, and the modules that have it there."
    found: dict[str, list[str]] = {}
    for path in (ROOT/'motionfm').rglob('*.py'):
        for node in ast.parse(path.read_text(encoding='utf-8')).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '__all__':
                for name in ast.literal_eval(node.value): found.setdefault(name, []).append(path.stem)
    return found


def test_public_names():
    names = public_names()
    assert sum(map(len, names.values())) <= MOST_PUBLIC
    assert not {name: modules for name, modules in names.items() if len(modules) > 1}, 'one name, one thing'


def test_linter():
    done = subprocess.run([sys.executable, '-m', 'ruff', 'check', ROOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_readme_is_the_index():
    from readme import readme
    assert (ROOT/'README.md').read_text(encoding='utf-8') == readme(), 'run `make readme`'
