"The notebooks as one book: short cells, a beginning that says why, no chapter that leans on a later one."
import json
import re
import statistics
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT/'tools'))
from api import Notebook, notebooks  # noqa: E402

CHAPTERS = notebooks()
PAGES = [Notebook(path) for path in sorted((ROOT/'nbs').rglob('*.ipynb')) if '.ipynb_checkpoints' not in path.parts]


def test_cells_are_short():
    lengths = {f'{chapter.module}: {cell.id}': sum(bool(line.strip()) and not line.startswith('#|') for line in cell.lines)
               for chapter in CHAPTERS for cell in chapter.cells if not cell.is_imports}
    assert not {name: length for name, length in lengths.items() if length > 40}
    assert 5 <= statistics.median(lengths.values()) <= 10


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.path.stem)
def test_page(page):
    title, subtitle = page.head
    assert title and subtitle.endswith(('.', '?', '!')), 'a title, and a line below it that says what this is'
    assert page.raw['cells'][1]['cell_type'] == 'markdown', 'first the reason, then code'
    for cell in page.raw['cells']:
        source, outputs = ''.join(cell['source']), json.dumps(cell.get('outputs', []))
        assert not re.search(r'/(home|work|root|Users)/\w', source + outputs), (cell['id'], 'a path of one machine')
        assert '"stderr"' not in outputs and '"output_type": "error"' not in outputs, (cell['id'], 'a warning or an error is shown')
        assert len(outputs) < 1_500_000, (cell['id'], len(outputs))


@pytest.mark.parametrize('chapter', CHAPTERS, ids=lambda chapter: chapter.path.stem)
def test_nothing_leans_on_a_later_chapter(chapter):
    order = {other.module: other.path.stem[:2] for other in CHAPTERS}
    for cell in chapter.cells:
        for module in re.findall(r'^from motionfm\.(\w+) import', cell.source, re.MULTILINE):
            assert module in order and order[module] <= chapter.path.stem[:2] and module != chapter.module, (cell.id, module)
