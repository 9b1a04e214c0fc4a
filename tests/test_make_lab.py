"""`make lab`, started by root and by somebody else: the first page of the book opens, on loopback only."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import psutil
import pytest
from conftest import ROOT
from test_lab import bench, needs_browser

AS_ROOT = os.name == 'posix' and os.geteuid() == 0
BROWSER = '#!/bin/sh\ncp "${1#file://}" opened.part && mv opened.part opened\n'   # keeps what it shall open
ADDRESS = r'http://127\.0\.0\.1:\d+/lab/tree/index\.ipynb\?token=\w+'
pytestmark = pytest.mark.skipif(not shutil.which('make'), reason='no make')


def as_user(user: str) -> list[str]:
    "The words before a command that is to be run by root, or by somebody else, in the eyes of `id`."
    if (user == 'root') == AS_ROOT: return []
    number = 0 if user == 'root' else 1000
    words = ['unshare', '--user', f'--map-user={number}', f'--map-group={number}']
    try: subprocess.run([*words, 'id'], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError): pytest.skip('nobody else can be made here')
    return words


@pytest.fixture
def home():
    "A home for anybody, with a program that stands for the browser."
    with TemporaryDirectory(prefix='home') as name:
        home = Path(name)
        home.chmod(0o777)
        (home/'browser').write_text(BROWSER.replace('opened', f'{home}/opened'))
        (home/'browser').chmod(0o755)
        yield home


@pytest.fixture(params=['root', 'somebody'])
def lab(home, request):
    "The process of `make lab`; what it printed and what the browser was to open lie at home."
    own = {'HOME': str(home), 'BROWSER': f'{home}/browser %s', 'JUPYTER_PORT': str(bench._free_port())}
    kept = {name: text for name, text in os.environ.items() if not name.startswith(('JUPYTER', 'XDG'))}
    make = ['make', '-o', 'install', 'lab', f'BIN={Path(sys.executable).parent}']
    with open(home/'printed', 'w') as log:
        process = subprocess.Popen([*as_user(request.param), *make], cwd=ROOT, env=kept | own,
                                   stdout=log, stderr=log, start_new_session=True)
    yield process
    for sent in signal.SIGTERM, signal.SIGKILL:
        if process.poll() is None: os.killpg(process.pid, sent)
        try: process.wait(20)
        except subprocess.TimeoutExpired: continue
        break


def wait_for(process: subprocess.Popen, home: Path) -> str:
    "The page that the browser was to open."
    for _ in range(600):
        if (home/'opened').exists(): return (home/'opened').read_text()
        try: process.wait(.1)
        except subprocess.TimeoutExpired: continue
        break
    raise AssertionError((home/'printed').read_text()[-2000:])


def listeners(process: subprocess.Popen) -> set[str]:
    "Where the processes of a `make` can be reached."
    family = psutil.Process(process.pid).children(recursive=True)
    ours = []
    for child in family:
        with suppress(psutil.NoSuchProcess):   # some live for a moment only
            ours += [one for one in child.net_connections() if one.status == psutil.CONN_LISTEN]
    return {one.laddr.ip for one in ours}


def test_opens_the_first_page(lab, home):
    "The browser, and the address that is printed, lead to `nbs/index.ipynb`; no other machine is heard."
    address = re.search(f'url=({ADDRESS})', wait_for(lab, home))[1]
    assert re.findall(ADDRESS, (home/'printed').read_text())[-1] == address
    assert listeners(lab) == {'127.0.0.1'}
    with urlopen(address.replace('/lab/tree/', '/api/contents/')) as answer: found = json.load(answer)
    first = json.loads((ROOT/'nbs'/'index.ipynb').read_text(encoding='utf-8'))
    assert [cell['id'] for cell in found['content']['cells']] == [cell['id'] for cell in first['cells']]


@needs_browser
@pytest.mark.parametrize('lab', ['somebody'], indirect=True)
def test_the_page_is_in_front(lab, home):
    "What stands on the screen is the title of the book, above its first picture."
    address = re.search(f'url=({ADDRESS})', wait_for(lab, home))[1]
    with bench.browser() as chromium:
        page = chromium.new_page(viewport={'width': 1280, 'height': 1000})
        page.goto(address, wait_until='domcontentloaded')
        page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) h1', has_text='motionfm').wait_for(timeout=60_000)
        assert page.locator('.lm-TabBar-tab.jp-mod-current .lm-TabBar-tabLabel').inner_text() == 'index.ipynb'
