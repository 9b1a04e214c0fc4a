"""Notebooks as readers open them: untrusted, on GitHub, as a page, without a kernel, and live.

What saved outputs must have is checked without a browser. Live, every notebook is opened and run from top to
bottom in JupyterLab. Afterwards no cell may have failed, no player may be missing or blank, and the browser
may not have complained. Each worker of pytest has a JupyterLab of its own, and takes the next notebook when
it is done with one. The next one is opened while the kernel of the last one ends.
"""
import base64
import importlib.util
import json
import re
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT/'benchmarks'))
import bench_view as bench  # noqa: E402

HAS_BROWSER = bool(importlib.util.find_spec('playwright')) and Path(bench.CHROMIUM).exists()
needs_browser = pytest.mark.skipif(
    not HAS_BROWSER, reason='no browser: pip install playwright, apt-get install chromium')
WIDGET = 'application/vnd.jupyter.widget-view+json'
OPENED = 'view/803_widgets', 'view/807_review', 'cli/900_api'    # players, a review, a repair
WIDGETS = 'view/803_widgets', 'view/808_review_widget'
THEMES = 'JupyterLab Dark', 'JupyterLab Light'


def read(name: str) -> dict: return json.loads((ROOT/'nbs'/f'{name}.ipynb').read_text(encoding='utf-8'))


def text_of(output: dict, kind: str) -> str: return ''.join(output.get('data', {}).get(kind, ''))


def player_cells(name: str) -> list[int]:
    "Numbers of the cells whose saved output moves."
    cells = read(name)['cells']
    return [number for number, cell in enumerate(cells)
            if any('<iframe' in text_of(output, 'text/html') for output in cell.get('outputs', ()))]


PATHS = [path.relative_to(ROOT/'nbs') for path in (ROOT/'nbs').rglob('*.ipynb')]
NAMES = sorted(path.with_suffix('').as_posix() for path in PATHS if '.ipynb_checkpoints' not in path.parts)
MOVING = {name: cells for name in NAMES if (cells := player_cells(name))}
LIVE = sorted(NAMES, key=lambda name: not name.startswith(('learn/', 'tutorials/')))   # the longest first


def test_every_chapter_shows_its_subject():
    wings = {name.partition('/')[0] for name in MOVING}
    named = 'body io data estimate learn reconstruct evaluation view cli tutorials'
    assert set(named.split()) <= wings


@pytest.mark.parametrize('name', NAMES)
def test_a_still_picture_stands_beside(name):
    "What moves has a picture before it, in an output of its own, which GitHub shows; no widget is saved."
    for cell in read(name)['cells']:
        outputs = cell.get('outputs', ())
        for number, output in enumerate(outputs):
            assert WIDGET not in output.get('data', {}), (cell['id'], 'a widget without its kernel')
            assert '<iframe' not in text_of(output, 'text/plain'), (cell['id'], 'HTML shown as text')
            if not re.search('<iframe|<script', text_of(output, 'text/html')): continue
            before = outputs[number - 1] if number else {}
            picture = base64.b64decode(text_of(before, 'image/png') or b'')
            assert picture.startswith(b'\x89PNG') and len(picture) > 2000, (cell['id'], 'no still picture')
            assert 'text/html' not in before['data'], (cell['id'], 'would be shown in place of the picture')


@pytest.fixture(scope='module')
def chromium():
    with bench.browser() as chromium: yield chromium


def looks(page, cell: str = '') -> list:
    "What is seen of players below a cell: kinds of what has a size."
    return page.evaluate("""cell => [...document.querySelectorAll(cell + ' img, ' + cell + ' iframe')]
        .filter(node => node.offsetHeight > 100 && (node.tagName !== 'IMG' || node.naturalWidth > 100))
        .map(node => node.tagName)""", cell)


LOOK = """() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const mix = ([r, g, b, a = 1], under) => [r, g, b].map((v, i) => a*v + (1 - a)*under[i]);
    const ground = node => !node ? [255, 255, 255]
        : mix(numbers(getComputedStyle(node).backgroundColor), ground(node.parentElement));
    const linear = v => v <= .04045 ? v/12.92 : ((v + .055)/1.055)**2.4;
    const luminance = rgb => rgb.reduce((sum, v, i) => sum + [.2126, .7152, .0722][i]*linear(v/255), .05);
    const contrast = (ink, under) => {
        const [one, other] = [luminance(mix(numbers(ink), under)), luminance(under)];
        return Math.max(one/other, other/one); };
    const nodes = [...document.querySelectorAll('.mfm, .mfm *, .mfr, .mfr *, .mfm-panel, .mfm-panel *')]
        .filter(node => node.offsetHeight && !node.disabled && node.tagName !== 'STYLE');
    const pale = [], colours = nodes.map(node => {
        const style = getComputedStyle(node), under = ground(node), inks = [];
        const words = [...node.childNodes].some(child => child.nodeType === 3 && child.data.trim());
        if (words || node.matches('select, input:not([type=range])')) inks.push(style.color);
        if (node.placeholder) inks.push(getComputedStyle(node, '::placeholder').color);
        const name = `${node.tagName}.${node.className} ${node.getAttribute('aria-label') || ''}`;
        for (const ink of inks) if (contrast(ink, under) < 4.5)
            pale.push(`${name}: ${ink} on ${under.map(Math.round)}`);
        return [name, style.color, style.backgroundColor, style.backgroundImage, style.borderTopColor,
                style.boxShadow, ...inks].join(' '); });
    const themed = [...document.querySelectorAll('.mfm, .mfr, .mfm-panel')].filter(node => node.offsetHeight);
    return {pale, colours, themes: themed.map(node => node.dataset.theme)}; }"""


@pytest.fixture
def as_page(chromium, tmp_path):
    "A function that opens a notebook as `jupyter nbconvert --to html` writes it."
    from nbconvert import HTMLExporter
    context = chromium.new_context()
    context.route(re.compile('^https?:'), lambda route: route.abort())      # libraries that nobody needs here
    def opener(name, sanitize):
        text, _ = HTMLExporter(sanitize_html=sanitize).from_filename(ROOT/'nbs'/f'{name}.ipynb')
        (tmp_path/'page.html').write_text(text, encoding='utf-8')
        page = context.new_page()
        page.goto((tmp_path/'page.html').as_uri())
        return page
    yield opener
    context.close()


@needs_browser
@pytest.mark.parametrize('name', OPENED)
def test_stripped_as_on_github(as_page, name):
    "Where scripts, frames and styles are taken away, the pictures are left."
    page = as_page(name, sanitize=True)
    assert page.locator('iframe').count() == 0 and looks(page).count('IMG') >= len(MOVING[name])


@needs_browser
@pytest.mark.parametrize('name', OPENED)
def test_as_a_page(as_page, name):
    "The players play, and no picture stands beside them."
    page = as_page(name, sanitize=False)
    for frame in page.locator('.mfm-kept iframe').all():
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator('.mfm[data-frame]').wait_for()
    assert looks(page).count('IFRAME') == len(MOVING[name])
    hidden = page.evaluate("""() => [...document.querySelectorAll('.mfm-kept')].map(node => node.closest(
        '.jp-OutputArea-child').previousElementSibling.offsetHeight)""")
    assert hidden == [0]*len(MOVING[name])
    for frame in page.frames[1:]:
        found = frame.evaluate(LOOK)
        assert found['colours'] and found['pale'] == []


@contextmanager
def kernels(folder: Path):
    "Meanwhile JupyterLab finds kernels that `kernels.py` forks; where that is not safe it makes its own."
    if sys.platform != 'linux': yield; return
    name, program = str(folder/'.socket'), str(ROOT/'tests'/'kernels.py')
    spec = {'argv': [sys.executable, '-IS', program, name, '{connection_file}'], 'interrupt_mode': 'message',
            'display_name': 'Python 3', 'language': 'python'}
    (folder/'.kernels'/'kernels'/'python3').mkdir(parents=True)
    (folder/'.kernels'/'kernels'/'python3'/'kernel.json').write_text(json.dumps(spec))
    with socket.socket(socket.AF_UNIX) as door, open(folder/'kernels.log', 'w') as log:
        door.bind(name); door.listen()
        number = door.fileno()
        forker = subprocess.Popen([sys.executable, program, str(number)], stdout=log, stderr=log,
                                  pass_fds=[number])
    try: yield
    finally: forker.kill(); forker.wait()


@pytest.fixture(scope='module')
def lab(chromium, tmp_path_factory):
    "One JupyterLab on a copy of the book, beside all that lies beside it, and one page in it."
    folder = tmp_path_factory.mktemp('place')/'book'
    shutil.copytree(ROOT/'nbs', folder/'nbs', ignore=shutil.ignore_patterns('.ipynb_checkpoints'))
    for path in ROOT.iterdir():
        if path.name != 'nbs' and not path.name.startswith('.'): (folder/path.name).symlink_to(path)
    shared = ROOT.parent/'shared'
    if shared.is_dir(): (folder.parent/'shared').symlink_to(shared)
    bench.write_notebook(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', str(ROOT))
        patch.setenv('TF_CPP_MIN_LOG_LEVEL', '3')
        patch.setenv('JUPYTER_PATH', str(folder/'.kernels'))
        with kernels(folder), bench.jupyterlab(folder) as address:
            page = chromium.new_page(viewport={'width': 1280, 'height': 1000})
            page.complaints = bench.watched(page)
            page.goto(address.replace('/tree/view.ipynb', ''), wait_until='domcontentloaded')
            ready = '() => window.jupyterapp?.commands?.hasCommand("docmanager:open")'
            page.wait_for_function(ready, timeout=60_000)
            yield page
            page.close()


def open_notebook(page, name: str) -> None:
    "Bring a notebook to the front, with its kernel."
    page.evaluate("""async path => { await jupyterapp.restored;
        const opened = await jupyterapp.commands.execute('docmanager:open', {path});
        await opened.revealed; jupyterapp.shell.activateById(opened.id); }""", f'nbs/{name}.ipynb')
    page.wait_for_function(
        "name => { const shown = window.jupyterapp.shell.currentWidget; return shown?.context?.path === name"
        " && shown.context.isReady && shown.sessionContext?.session?.kernel?.status === 'idle'; }",
        arg=f'nbs/{name}.ipynb', timeout=90_000)


def close_notebook(page, save: bool = False) -> None:
    "End the kernel and close; what was not saved is lost."
    page.evaluate("""async save => { const shown = jupyterapp.shell.currentWidget;
        const {context, sessionContext: {session}} = shown, {sessions} = jupyterapp.serviceManager;
        if (save) await context.save();
        shown.dispose();
        const ended = sessions.shutdown(session.id);
        if (save) await ended; }""", save)


def complaints_of(page) -> list[str]:
    "What the browser complained about since then, but for JupyterLab's words about a kernel that was ended."
    found, page.complaints[:] = [*page.complaints], []
    return [one for one in found if 'debugger state' not in one and 'Canceled future' not in one]


CELL = "[...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell')]"


def shown_in(page, number: int) -> dict:
    "What is seen of the output of a cell."
    return page.evaluate(f"""number => {{
        const cell = {CELL}[number], seen = node => node.offsetHeight > 100;
        const all = kind => [...cell.querySelectorAll(kind)].filter(seen);
        const count = (kind, is) => all(kind).filter(is).length;
        cell.scrollIntoView();
        return {{pictures: count('img', node => node.naturalWidth > 100), pages: all('iframe').length,
                 players: count('.mfm', ({{player}}) => player.picture && player.drawn > 0),
                 words: cell.querySelector('.jp-OutputArea')?.innerText || ''}}; }}""", number)


@needs_browser
@pytest.mark.parametrize('name', OPENED)
def test_untrusted(lab, name):
    "A fresh clone: each player is a still picture, and nothing else."
    open_notebook(lab, name)
    for number in MOVING[name]:
        seen = shown_in(lab, number)
        assert (seen['pictures'], seen['pages'], seen['players']) == (1, 0, 0), (name, number, seen)
        assert 'Error' not in seen['words']
    close_notebook(lab)
    assert complaints_of(lab) == []


def run_notebook(page) -> None:
    "Run all cells of the notebook in front."
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function("""() => { const {model} = jupyterapp.shell.currentWidget.content;
        return [...model.cells].every(cell => cell.executionState !== 'running'); }""")


def failures(page) -> list[str]:
    "Errors among the outputs of the notebook in front."
    return page.evaluate("""() => [...jupyterapp.shell.currentWidget.content.model.cells].flatMap(cell =>
        cell.type !== 'code' ? [] : cell.outputs.toJSON().filter(output => output.output_type === 'error')
            .map(output => `${cell.id}: ${output.ename}: ${output.evalue}`))""")


def dressed(page) -> dict[str, dict]:
    "What LOOK finds in JupyterLab's themes."
    found = {}
    for theme in THEMES:
        page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
        page.wait_for_timeout(1000)      # colours may fade
        found[theme] = page.evaluate(LOOK)
    return found


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize('name', LIVE)
def test_live(lab, name):
    "From top to bottom no cell fails, and each player is there and drawn, as a widget or as a page."
    open_notebook(lab, name)
    run_notebook(lab)
    assert failures(lab) == []
    for number in MOVING.get(name, ()):
        for _ in range(50):
            seen = shown_in(lab, number)
            if seen['players'] + seen['pages'] == 1: break
            lab.wait_for_timeout(100)
        assert (seen['players'] + seen['pages'], seen['pictures']) == (1, 0), (name, number, seen)
        assert 'Error displaying' not in seen['words'] and 'Loading widget' not in seen['words']
    if name in WIDGETS:
        for theme, found in dressed(lab).items():
            assert set(found['themes']) == {theme.split()[1].lower()} and found['pale'] == [], (theme, found)
        lab.evaluate("document.querySelectorAll('.mfm').forEach(node => node.player.chooseTheme('dark'))")
        dark, light = dressed(lab).values()     # what was chosen stays
        assert dark['colours'] and dark == light, 'JupyterLab paints over the player'
    close_notebook(lab)
    assert complaints_of(lab) == []


@needs_browser
def test_saved_and_opened_without_its_kernel(lab):
    "The page plays in place of the widget that is gone; nothing says that a model was not found."
    name = 'view/803_widgets'
    open_notebook(lab, name)
    run_notebook(lab)     # the reader's own by now, so it is trusted
    close_notebook(lab, save=True)
    open_notebook(lab, name)
    for number in MOVING[name]:
        lab.wait_for_timeout(300)
        seen = shown_in(lab, number)
        assert (seen['pictures'], seen['pages'], seen['players']) == (0, 1, 0), (number, seen)
        assert 'Error displaying' not in seen['words']
    close_notebook(lab)
    assert all('widget model not found' in complaint for complaint in complaints_of(lab))
