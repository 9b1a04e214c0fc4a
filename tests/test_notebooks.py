"Every notebook runs from top to bottom, and the package is what the notebooks say."
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

BIN = Path(sys.executable).parent


NOTEBOOKS = sorted(path for path in (ROOT/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in path.parts)


@pytest.mark.parametrize(
    'notebook', NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / 'nbs').with_suffix('').as_posix()
)
def test_notebook(notebook):
    done = subprocess.run([BIN/'nbdev_test', '--path', notebook], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def test_readme_is_the_index():
    sys.path.insert(0, str(ROOT/'tools'))
    from readme import readme
    assert (ROOT/'README.md').read_text(encoding='utf-8') == readme(), 'run `make readme`'
