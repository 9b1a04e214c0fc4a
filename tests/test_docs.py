"""The site builds from the notebooks, and every page of it can be read: on a desk, on a phone, without the
internet.
"""

import re
import subprocess
import sys
import threading
from collections import Counter
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import ROOT

sys.path[:0] = [str(ROOT/'tools'), str(ROOT/'benchmarks')]
from api import EXPORTED, notebooks, pages  # noqa: E402

MENU = ('Start', 'Guide', 'Tutorials', 'How it works', 'Reference', 'Benchmark', 'Model card')


@pytest.fixture(scope='module')
def site(tmp_path_factory) -> Path:
    "A copy of what the site is made of, built."
    copy = tmp_path_factory.mktemp('repository')
    for name in ('settings.ini', '_quarto.yml', 'nbs', 'tools', 'motionfm'): (copy/name).symlink_to(ROOT/name)
    built = subprocess.run([sys.executable, copy/'tools'/'docs.py'], cwd=copy, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-3000:]
    assert 'warning' not in built.stdout + built.stderr, built.stdout + built.stderr
    return copy


def test_nothing_to_look_at(site):
    checked = subprocess.run(
        [Path(sys.executable).with_name('smalldocs'), 'check', site / '_proc'], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


def test_every_notebook_is_in_the_menu(site):
    menu = (ROOT/'_quarto.yml').read_text(encoding='utf-8')
    missing = [page.path.name for page in pages() if page.path.name not in menu]
    assert not missing, f'{", ".join(missing)}: not in _quarto.yml'


def test_every_public_name_has_its_place(site):
    wings = sorted((site/'_docs'/'reference'/'modules').glob('*.html'))
    reference = ''.join(page.read_text(encoding='utf-8') for page in wings)
    for notebook in notebooks():
        page = (site/'_docs'/f'{notebook.page}.html').read_text(encoding='utf-8')
        for name in notebook.names:
            assert f'id="{name.name}"' in page, (notebook.module, name.name)
            assert f'{notebook.page}.html#{name.name}"' in reference, (notebook.module, name.name)


def test_a_class_shows_what_it_inherits():
    "A trial has its fields from a parent, and the settings of a run from several."
    names = {name.name: name for notebook in notebooks() for name in notebook.names}
    fields = {name: {one.name for one in names[name].parameters} for name in ('Trial', 'TrainConfig')}
    assert {'values', 'markers', 'rate', 'units'} <= fields['Trial']
    assert {'datasets_root', 'hidden', 'noise_std_cm', 'seed'} <= fields['TrainConfig']
    assert 'positions' in {method.name for method in names['Trial'].methods}


def test_every_exported_definition_can_be_read(site):
    "A reader finds the code of each function and class, of those for use inside the package, too."
    for notebook in notebooks():
        page = (site/'_docs'/f'{notebook.page}.html').read_text(encoding='utf-8')
        text = unescape(re.sub(r'<[^>]*>', '', page))
        lines = [line for cell in notebook.cells for line in cell.lines]
        missing = [line for line in lines if re.match(r'(def|class) \w', line) and line not in text]
        assert not missing, (notebook.module, missing)


def test_every_public_name_has_an_example_and_is_linked(site):
    "Some cell that is no part of the package calls it, and text or code of some page leads to it."
    cells = [cell for page in pages() for cell in page.raw['cells'] if cell['cell_type'] == 'code']
    examples = [''.join(cell['source']) for cell in cells]
    called = {
        word for source in examples if not source.startswith(EXPORTED) for word in re.findall(r'\w+', source)
    }
    texts = [
        path.read_text(encoding='utf-8')
        for path in (site / '_docs').rglob('*.html')
        if 'reference' not in path.relative_to(site).with_suffix('').parts
    ]
    linked = {
        place
        for page in texts
        for place in re.findall(
            r'href="[^"#]*#([^"]+)"', re.sub(r'<nav\b.*?</nav>', '', page, flags=re.DOTALL)
        )
    }
    names = [(notebook.module, name) for notebook in notebooks() for name in notebook.names]
    functions = [(module, name.name) for module, name in names if name.kind in ('function', 'command')]
    linked |= {f'{place}_command' for place in linked}   # commands stand in the reference without that
    assert [name for name in functions if name[1] not in called | {'demo'}] == []   # the demo takes minutes
    assert [name for name in functions if name[1] not in linked] == []


def test_no_place_has_two_names(site):
    for path in (site/'_docs').rglob('*.html'):
        page = re.sub(
            r'<svg\b.*?</svg>|srcdoc=("[^"]*"|\'[^\']*\')',
            '',
            path.read_text(encoding='utf-8'),
            flags=re.DOTALL,
        )
        places = Counter(re.findall(r'<[a-z][^>]*?\sid="([^"]+)"', page))
        assert not [place for place, times in places.items() if times > 1], path.name


def test_pictures_say_what_they_show(site):
    for path in (site/'_docs').rglob('*.html'):
        page = re.sub(r'srcdoc=("[^"]*"|\'[^\']*\')', '', path.read_text(encoding='utf-8'))
        mute = [tag[:80] for tag in re.findall(r'<img\b[^>]*>', page) if not re.search(r'\balt="[^"]', tag)]
        mute += [
            tag[:80]
            for tag in re.findall(r'cell-output-display">\s*(<svg\b[^>]*>|<\?xml)', page)
            if 'aria-label="' not in tag
        ]
        assert not mute, (path.name, mute)


def test_pages_ask_nobody_else(site):
    for page in (site/'_docs').rglob('*.html'):
        asked = re.findall(
            r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(?:https?:)?//[^"]*"',
            page.read_text(encoding='utf-8'),
        )
        assert not asked, (page.name, asked)


# In a browser

CUT = """() => {
    const cut = [], range = document.createRange(), edges = new Map([[null, innerWidth]])
    const hidden = 'details:not([open]), .collapse:not(.show), #quarto-sidebar, .visually-hidden'
    const edgeOf = element => {      // how far right one sees what is in it
        if (!edges.has(element)) {
            const how = getComputedStyle(element).overflowX, edge = edgeOf(element.parentElement)
            const clips = how == 'hidden' || how == 'clip'
            edges.set(element, clips ? Math.min(edge, element.getBoundingClientRect().right) : edge)
        }
        return edges.get(element)
    }
    const ways = ['auto', 'scroll'], scrolls = node =>
        node.nodeType == 1 && ways.includes(getComputedStyle(node).overflowX)
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
        node => scrolls(node) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT)
    while (walk.nextNode()) {
        const node = walk.currentNode
        if (node.nodeType == 1 || !node.data.trim()) continue
        range.selectNodeContents(node)
        const box = range.getBoundingClientRect(), folded = node.parentElement.closest(hidden)
        if (!box.width || folded && innerWidth < 992 || folded && folded.tagName == 'DETAILS') continue
        const beyond = box.right > edgeOf(node.parentElement) + 2 || box.left < -2
        if (beyond) cut.push(node.data.trim().slice(0, 60))
    }
    return cut
}"""
PLACES = """() => [...document.querySelectorAll('a[href^="#"]')]
    .map(link => decodeURIComponent(link.getAttribute('href').slice(1)))
    .filter(id => id && !document.getElementById(id))"""
SPOILT = re.compile(
    r'Traceback \(most recent call last\)|oneDNN|cuda_|TF-TRT|WARNING:|This TensorFlow binary|absl::'
)


@pytest.fixture(scope='module')
def address(site):
    "Where the site is served, on the loopback address only."
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *words): pass
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=site/'_docs'))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/'
    server.shutdown()


@pytest.fixture(scope='module')
def chromium():
    pytest.importorskip('playwright.sync_api', reason='playwright is not installed: pip install playwright')
    import bench_view as bench
    if not Path(bench.CHROMIUM).exists(): pytest.skip('chromium is not installed: apt-get install chromium')
    with bench.browser() as chromium: yield chromium


def watched(page) -> list[str]:
    "What goes wrong on a page: errors, missing files, and requests to other hosts."
    import bench_view as bench
    complaints = bench.watched(page)
    page.on(
        'response',
        lambda answer: answer.status >= 400 and complaints.append(f'{answer.status}: {answer.url}'),
    )
    return complaints


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [1280, 390])
def test_front_page(chromium, address, width, scheme):
    "One figure with its unit, the ways in, and a picture that is there in light and in dark."
    page = chromium.new_page(viewport={'width': width, 'height': 900}, color_scheme=scheme)
    complaints = watched(page)
    page.goto(address + 'index.html')
    assert re.fullmatch(r'\d\.\d°', page.locator('.figure strong').inner_text())
    assert re.search(r'instead of \d+\.\d°', page.locator('.figure').inner_text())
    assert re.search(r'\d+ mm off instead of \d+ mm', page.locator('.figure + p').inner_text())
    doors = page.locator('.doors a').all_text_contents()
    assert {'Install', 'Try it', 'GitHub'} <= set(doors)
    seen = page.locator('img.hero:visible')
    assert seen.count() == 1 and seen.evaluate('image => image.decode().then(() => image.naturalWidth)') > 300
    assert ('light' in seen.get_attribute('src')) == (scheme == 'light')
    assert page.evaluate('document.documentElement.scrollWidth') <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert (sum(background[:3]) > 380) == (scheme == 'light')
    page.locator('.doors a').first.click()
    page.wait_for_url('**/guide/install.html')
    assert not complaints
    page.close()


def test_dark_by_hand_on_a_light_system(chromium, address):
    "What is pressed above counts at once: for the picture, and for the players."
    page = chromium.new_page(viewport={'width': 1280, 'height': 900}, color_scheme='null')   # none is forced
    page.goto(address + 'index.html')
    assert 'light' in page.locator('img.hero:visible').get_attribute('src')
    page.locator('.quarto-color-scheme-toggle:visible').first.click()
    page.locator('img.hero.dark-content').wait_for()
    assert page.locator('img.hero:visible').count() == 1
    background = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert sum(background[:3]) < 380
    page.goto(address + 'view/widgets.html')
    page.locator('iframe').first.scroll_into_view_if_needed()    # out of sight a frame is told of no change
    page.frame_locator('iframe').first.locator('.mfm[data-theme=dark]').wait_for()
    page.locator('.quarto-color-scheme-toggle:visible').first.click()
    page.locator('iframe').first.scroll_into_view_if_needed()
    page.frame_locator('iframe').first.locator('.mfm[data-theme=light]').wait_for()
    page.close()


def test_the_way_of_the_data_can_be_clicked(chromium, address):
    page = chromium.new_page(viewport={'width': 390, 'height': 900})
    page.goto(address + 'how.html')
    first = page.evaluate("document.querySelector('main .way, main p:not(.subtitle), main table').className")
    assert 'way' in first, 'the diagram opens the page'
    boxes = page.locator('.way li')
    assert boxes.count() > 20 and boxes.locator('a:first-child').count() == boxes.count()
    box = page.locator('.way li', has_text='Swaps')
    box.click(position={'x': 200, 'y': box.bounding_box()['height'] - 6})    # not on the word
    page.wait_for_url('**/reconstruct/swaps.html')
    page.close()


def test_benchmark_begins_with_its_table(chromium, address):
    page = chromium.new_page()
    page.goto(address + 'benchmark.html')
    assert page.evaluate("document.querySelector('main table, main pre, main details').tagName") == 'TABLE'
    rows = page.locator('main table').first.locator('tbody tr td:first-child')
    assert rows.count() > 5 and all(' ' in words for words in rows.all_inner_texts())
    page.close()


def test_reference_is_for_users_first(chromium, address):
    import typer

    import motionfm
    from motionfm.cli.main import app
    page = chromium.new_page(viewport={'width': 1280, 'height': 900})
    page.goto(address + 'reference.html')
    assert page.locator('dl.reference dt code').first.inner_text() == 'motionfm.repair'
    assert page.evaluate('document.documentElement.scrollHeight') < 8000
    shown = page.locator('dl.reference dt code').all_inner_texts()
    assert {f'motionfm.{name}' for name in dir(motionfm) if name in motionfm._HOMES} <= set(shown)
    page.goto(address + 'reference/names/repair.html')
    text = page.locator('main').inner_text()
    assert 'max_uncertainty_mm' in text and "motionfm.repair('reach.trc')" in text
    page.goto(address + 'reference/commands.html')
    places = set(page.evaluate("[...document.querySelectorAll('main dt')].map(row => row.id)"))
    for name, command in typer.main.get_command(app).commands.items():
        flags = [option.opts[-1] for option in command.params if option.opts[-1].startswith('--')]
        assert {name + flag for flag in flags if flag != '--help'} <= places, name
    page.close()


WANTED = {
    'install': 'guide/install', 'macOS': 'guide/install', 'Windows': 'guide/install',
    'uncertainty': 'guide/sure', 'confidence': 'guide/', 'imputation': 'guide/faq', 'PCA': 'guide/',
    'Vicon': 'guide/', 'Qualisys': 'guide/', 'MediaPipe': 'guide/', 'cite': 'guide/faq',
    'licence': 'guide/faq', 'fine-tune': 'guide/faq', 'review': 'guide/sure', 'review gaps': 'guide/sure',
}
INSIDE = ('io/', 'estimate/', 'reconstruct/', 'view/', 'reference/modules/')


def test_search_finds_what_users_ask_for(chromium, address):
    page = chromium.new_page()
    page.goto(address)
    box = page.locator('input[type=search]').first
    missing = {}
    for word, place in WANTED.items():
        box.fill(word)
        page.wait_for_selector('a.search-result')
        page.wait_for_timeout(400)   # the results of the word before are gone
        found = page.locator('a.search-result').evaluate_all("links => links.map(link => link.href)")
        if not any(place in link for link in found[:4]): missing[word] = found[:4]
        if found[0].removeprefix(address).startswith(INSIDE): missing[word] = found[:4]
    page.close()
    assert not missing


def test_every_page_can_be_read(chromium, address):
    "On a desk and on a phone: nothing cut off, nothing missing, no message of a program."
    page = chromium.new_page()
    complaints, todo, done = watched(page), [address + 'index.html'], set()
    while todo:
        done.add(url := todo.pop())
        page.goto(url)
        assert not complaints, (url, complaints)
        assert page.locator('.navbar .menu-text').all_text_contents()[:len(MENU)] == list(MENU), url
        told = page.evaluate('document.body.textContent')
        assert not SPOILT.search(told), (url, SPOILT.search(told))
        for frame in page.frames[1:]: frame.wait_for_selector('.mfm[data-frame], canvas', state='attached')
        for width in (1280, 390):
            page.set_viewport_size({'width': width, 'height': 900})
            assert page.evaluate('document.documentElement.scrollWidth') <= width, (url, width)
            assert page.evaluate(CUT) == [], (url, width)
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)")
        places = page.evaluate(PLACES)
        assert not places, (url, places)
        pages = {link.split('#')[0] for link in links if link.startswith(address)}
        todo += {link for link in pages if link.endswith('.html')} - done - set(todo)
    page.close()
    assert len(done) > len(notebooks()) + len(MENU)


def test_links_lead_to_a_place(site):
    "A link to a place in another page finds it there."
    pages = {path: path.read_text(encoding='utf-8') for path in (site/'_docs').rglob('*.html')}
    for path, page in pages.items():
        for href, place in set(re.findall(r'href="([^":?#]+\.html)#([^"]+)"', page)):
            target = (path.parent/href).resolve()
            assert f'id="{place}"' in pages[target], (path.name, href, place)


def test_search_finds(chromium, address):
    page = chromium.new_page()
    complaints = watched(page)
    page.goto(address)
    page.locator('input[type=search], .smalldocs-search input').first.fill('reconstruct_file')
    page.wait_for_selector('a[href*="trials.html"]:visible', timeout=5000)
    assert not complaints
    page.close()


def test_players_play(chromium, address):
    page = chromium.new_page(viewport={'width': 1280, 'height': 900})
    complaints = watched(page)
    page.goto(address + 'view/widgets.html')
    assert page.locator('iframe').count() > 2
    player = page.frame_locator('iframe').first
    player.locator('.mfm[data-frame]').wait_for()
    before = player.locator('.time').inner_text()
    player.locator('.picture').first.focus()
    page.keyboard.press('ArrowRight'); page.keyboard.press('ArrowRight')
    player.get_by_text('frame 2 of').wait_for()
    assert before.startswith('frame 0') and not complaints
    page.close()


def test_links_of_the_readme_lead_to_a_file():
    for name in ('README.md', 'CONTRIBUTING.md'):
        links = re.findall(r'\]\(([^)#:]+)\)', (ROOT/name).read_text(encoding='utf-8'))
        missing = [link for link in links if not (ROOT/link).exists()]
        assert not missing, (name, missing)


def test_guide_reads_on_github_too():
    "The README leads there: no link to a page that only the site has, no marks that only Quarto knows."
    for page in [*(ROOT/'nbs'/'guide').glob('*.md'), *(ROOT/'nbs'/'tutorials').glob('*.md')]:
        text = page.read_text(encoding='utf-8')
        assert ':::' not in text, page
        links = [link.partition('#')[0] for link in re.findall(r'\]\(([^)\s]+)\)', text) if '://' not in link]
        assert [link for link in links if link and not (page.parent/link).exists()] == [], page
