"The site builds from the notebooks, and its links lead somewhere."
import subprocess
import sys
from pathlib import Path

from conftest import ROOT


def test_site(tmp_path):
    copy = tmp_path/'repository'
    copy.mkdir()
    for name in ('settings.ini', '_quarto.yml', 'nbs', 'tools', 'motionfm'): (copy/name).symlink_to(ROOT/name)
    built = subprocess.run([sys.executable, copy/'tools'/'docs.py'], cwd=copy, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-3000:]
    assert 'warning' not in built.stdout + built.stderr
    pages = {path.name for path in (copy/'_docs').glob('*.html')}
    assert {'index.html', 'skeleton.html', 'train.html', 'reconstruct.html', 'view.html'} <= pages
    checked = subprocess.run([Path(sys.executable).with_name('smalldocs'), 'check', copy/'_proc'], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
