"Build the site into _docs/: nbdev prepares the notebooks, smalldocs renders them."
import re
import subprocess
import sys
from pathlib import Path

from nbdev.serve import proc_nbs

UNREAD = re.compile(r'output-file: \w+\.html(\\n)?')   # nbdev's name for the page; smalldocs takes the notebook's
NUMBER = re.compile(r'\b\d\d_(\w+\.(?:ipynb|html))')   # pages are called after the module, without the number


def strip_numbers(folder: Path) -> None:
    "Take the numbers off the names of pages and off every link to them."
    for path in [*folder.glob('*.ipynb'), folder/'_quarto.yml']:
        text = UNREAD.sub('', NUMBER.sub(r'\1', path.read_text(encoding='utf-8')))
        path.unlink()
        path.with_name(NUMBER.sub(r'\1', path.name)).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    prepared = Path(proc_nbs(force=True))
    strip_numbers(prepared)
    sys.exit(subprocess.run([Path(sys.executable).with_name('smalldocs'), 'render', prepared]).returncode)
