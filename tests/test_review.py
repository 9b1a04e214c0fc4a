"""The review of a repair in a browser, as a page and in JupyterLab, and what becomes of the decisions."""
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('playwright.sync_api', reason='playwright is not installed: pip install playwright')
sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
import bench_view as bench  # noqa: E402
from conftest import ROOT  # noqa: E402
from test_lab import LOOK  # noqa: E402

from motionfm.estimate.neighbours import segment_markers  # noqa: E402
from motionfm.io.files import read_trial, write_trial  # noqa: E402
from motionfm.io.trial import Trial  # noqa: E402
from motionfm.reconstruct.decisions import read_decisions  # noqa: E402
from motionfm.reconstruct.reviewing import list_findings, Reviewed  # noqa: E402
from motionfm.reconstruct.trials import reconstruct_trial  # noqa: E402
from motionfm.view.review import curves_of, pack_review, save_review  # noqa: E402

pytestmark = pytest.mark.skipif(
    not Path(bench.CHROMIUM).exists(), reason='chromium is not installed: apt-get install chromium')
REVIEW = "document.querySelector('.mfr').review"
WIDE, PHONE = (1280, 900), (390, 844)


def leg(exchanged: bool = True) -> Trial:
    "Markers on a leg: three gaps, an outlier, and two labels that were exchanged."
    truth = segment_markers(skin=.01, noise=.0002)
    truth[100:140, 5] = truth[200:290, 2] = truth[:20, 8] = np.nan
    truth[300:303, 9] += .08
    if exchanged: truth[350:380, [0, 6]] = truth[350:380, [6, 0]]
    values = (1000*truth).round(5)
    return Trial.from_array(values, [f'M{n}' for n in range(1, 13)], 120, units='mm', up='y')


@pytest.fixture(scope='module')
def recording(tmp_path_factory) -> Path:
    "The same as a file."
    path = tmp_path_factory.mktemp('recording')/'leg.csv'
    write_trial(path, leg())
    return path


@pytest.fixture(scope='module')
def page_file(recording) -> Path:
    "Its review, as the command writes it."
    path = recording.with_name('leg_review.html')
    done = subprocess.run([sys.executable, '-m', 'motionfm', 'review', recording, '--by', 'Ada'],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f'3 gaps, 1 outlier, 1 swap to decide, 0 decisions so far; look at {path}\n'
    return path


@pytest.fixture(scope='module')
def chromium():
    with bench.browser() as chromium: yield chromium


@pytest.fixture
def open_review(chromium):
    "A function that opens a page; at the end nothing may have gone wrong or left the machine."
    pages = []
    def opener(path, size=WIDE, scheme='light'):
        window = {'width': size[0], 'height': size[1]}
        page = chromium.new_page(viewport=window, color_scheme=scheme, accept_downloads=True)
        pages.append((page, bench.watched(page)))
        page.goto(path.as_uri())
        page.wait_for_selector('.mfr .row')
        settle(page)
        return page
    yield opener
    for page, complaints in pages:
        page.close()
        assert complaints == []


def get(page, expression): return page.evaluate(f'{REVIEW}.{expression}')
def settle(page): page.evaluate('new Promise(done => requestAnimationFrame(() => setTimeout(done)))')
def rows(page): return [text.split('\n') for text in page.locator('.row').all_inner_texts()]
def row(page, words): page.locator('.row', has_text=words).click(); settle(page)


def press(page, *keys):
    for key in keys: page.keyboard.press(key)
    settle(page)


def curves(page):
    settle(page)
    return page.locator('.curves').screenshot()


def chosen(page) -> np.ndarray:
    "What is chosen now, (3, N) tenths of a millimetre."
    return np.array(get(page, 'chosenPath().path'), float)


def slide(page, label, frame, page_frame=None):
    page.get_by_label(label).evaluate(
        "(node, value) => { node.value = value; for (const what of ['input', 'change'])"
        " node.dispatchEvent(new Event(what, {bubbles: true})); }", frame)
    settle(page)


@pytest.mark.parametrize('size', [WIDE, PHONE], ids=['1280', '390'])
def test_worst_first(open_review, page_file, recording, size):
    page = open_review(page_file, size)
    found = list_findings(Reviewed(reconstruct_trial(read_trial(recording), lambda *windows: windows[0])))
    assert [get(page, f'data.items[{i}].points') for i in range(5)] == [list(one.points) for one in found]
    assert {one[0] for one in get(page, 'data.items.map(item => [item.kind])')} == {'gap', 'outlier', 'swap'}
    size_of = get(page, 'data.items.map(item => item.kind === "swap" ? null : item.worst)')
    gaps = [mm for mm in size_of if mm is not None]
    assert gaps == sorted(gaps, reverse=True)
    assert page.locator('.decided').inner_text() == '0 of 5 decided'
    assert page.evaluate('document.documentElement.scrollWidth') <= size[0]
    assert page.locator('.curves').bounding_box()['width'] > .6*min(size[0], 900) - 60


@pytest.mark.parametrize('size', [WIDE, PHONE], ids=['1280', '390'])
def test_click_brings_frame_and_curves(open_review, page_file, size):
    page = open_review(page_file, size)
    before = curves(page)
    row(page, 'M3')
    assert get(page, 'frame') == 200 and get(page, 'player.state.picked') == {'s': 1, 'k': 2}
    assert page.locator('.time').inner_text().startswith('frame 201 of 480 · 1.667 s')
    what = page.locator('.what').inner_text()
    assert what.startswith('gap of M3, frames 201 to 290 (1.67 to 2.41 s) · uncertainty')
    assert curves(page) != before
    assert set(get(page, 'detail.candidates')) == {'spline', 'rigid', 'pattern', 'regression'}
    box = page.locator('.curves').bounding_box()
    page.locator('.curves').click(position={'x': get(page, 'curves.x(250)'), 'y': box['height']/2})
    assert get(page, 'frame') == 250


@pytest.mark.parametrize('size', [WIDE, PHONE], ids=['1280', '390'])
def test_methods_change_the_curve_and_the_player(open_review, page_file, size):
    page = open_review(page_file, size)
    row(page, 'M3')
    seen, places = [curves(page)], [get(page, 'player.motion.point(1, 240, 2)')]
    for name in 'Spline', 'Rigid body', 'Pattern', 'Regression', 'motionfm':
        page.get_by_label(f'fill by {name}').click()
        seen.append(curves(page)); places.append(get(page, 'player.motion.point(1, 240, 2)'))
        path, frames = chosen(page), get(page, 'chosenPath().frames')
        at = [np.interp(240, frames, axis)/10_000 for axis in path]
        assert np.allclose(places[-1], at, atol=.001)
    assert len(set(seen)) == 5 and np.allclose(places[0], places[-1], atol=.0002)   # it began as it ends
    assert np.linalg.norm(np.subtract(places[1], places[0])) > .01      # the spline misses the swing
    press(page, 'b')
    assert get(page, 'player.motion.point(1, 240, 2)') is None
    assert get(page, 'player.motion.point(1, 199, 2)') is not None
    press(page, 'u')
    assert np.allclose(get(page, 'player.motion.point(1, 240, 2)'), places[0], atol=.0002)


def test_decided_swaps_are_painted(open_review, page_file):
    "What is left as recorded is seen on the skeleton, of both points; also beside other decisions."
    page = open_review(page_file)
    place = lambda skeleton, frame, point: get(page, f'player.motion.point({skeleton}, {frame}, {point})')
    row(page, 'M1 ↔ M7')
    before = [place(1, 360, point) for point in (0, 6)]
    page.get_by_label('fill by As recorded').click()
    for point, other in ((0, 6), (6, 0)):
        assert place(1, 360, point) == place(0, 360, point) and place(1, 340, point) != place(0, 360, point)
        assert np.allclose(place(1, 360, point), before[0 if other == 0 else 1], atol=.01)
    row(page, 'M6'); press(page, 'b')
    row(page, 'M3')
    assert place(1, 360, 0) == place(0, 360, 0) and place(1, 120, 5) is None
    press(page, 'u', 'u')
    assert [place(1, 360, point) for point in (0, 6)] == before and place(1, 120, 5) is not None


def test_keyboard(open_review, page_file):
    page = open_review(page_file)
    page.locator('.list').focus()
    press(page, 'ArrowDown', 'ArrowDown', 'ArrowUp')
    assert get(page, 'current') == 1
    press(page, 'a')                                     # accept, and on to the next
    assert get(page, 'current') == 2 and get(page, 'choices.get(1).method') == 'motionfm'
    press(page, 'm', 'm')
    assert get(page, 'choices.get(2).method') == 'rigid'
    press(page, 'b')
    assert get(page, 'choices.get(2).method') == 'blank'
    press(page, 'n'); page.keyboard.type('about a banana, ü'); press(page, 'Enter')   # no letter is a command
    assert get(page, 'choices.get(2).note') == 'about a banana, ü' and get(page, 'current') == 2
    assert page.locator('.decided').inner_text() == '2 of 5 decided'
    press(page, 'u', 'u')
    assert (get(page, 'choices.get(2).note'), get(page, 'choices.get(2).method')) == ('', 'rigid')
    press(page, 'u', 'u', 'u')
    assert page.locator('.decided').inner_text() == '0 of 5 decided' and get(page, 'current') == 1
    press(page, 'u')                                     # nothing is left to take back
    page.locator('.picture').focus(); press(page, 'ArrowDown', 'm')   # also where the player has the focus
    assert get(page, 'current') == 2 and get(page, 'choices.get(2).method') == 'spline'
    assert all('✓' in one or n != 2 for n, one in enumerate(map(' '.join, rows(page))))


def test_keys_work_before_a_click(open_review, page_file):
    "A page that was just opened hears the keys; those that the review doesn't know go to the player."
    page = open_review(page_file)
    assert page.evaluate('document.activeElement.tagName') == 'BODY'
    press(page, 'ArrowDown')
    assert get(page, 'current') == 1
    before = get(page, 'frame')
    press(page, 'ArrowRight', 'ArrowRight', 'b')
    assert get(page, 'frame') == before + 2 and get(page, 'choices.get(1).method') == 'blank'
    page.get_by_label('fill by Spline').click()
    press(page, ' ')                                     # plays, and does not press the button again
    assert get(page, 'player.state.playing')
    press(page, ' ', 'u', 'u')
    assert page.locator('.decided').inner_text() == '0 of 5 decided'


def test_nothing_decided_is_not_saved(open_review, page_file):
    page = open_review(page_file)
    page.get_by_label('save leg_decisions.json').click()
    assert page.locator('.saved').inner_text() == 'nothing is decided yet, so nothing was saved'
    press(page, 'a')
    with page.expect_download(): page.get_by_label('save leg_decisions.json').click()
    assert page.locator('.saved').inner_text().startswith('1 decision saved as leg_decisions.json')


def test_uncertainty_is_that_of_the_choice(open_review, page_file):
    page = open_review(page_file)
    row(page, 'M3')
    def told(): return [page.locator(part).inner_text() for part in ('.what', '.row[aria-selected=true] b')]
    own = told()
    page.get_by_label('fill by Spline').click(); settle(page)
    found = get(page, 'detail.candidates.spline')
    what, size = told()
    assert f'± {found["mm"]:g} mm (median' in what and f'{round(found["worst"])} mm' in size
    assert found['worst'] > get(page, 'item.worst') and what != own[0]
    press(page, 'b')
    assert 'nothing will stand there' in told()[0]
    press(page, 'u', 'u')
    assert told() == own


def test_points_that_were_never_seen(open_review, tmp_path):
    "They have no rows, as there is nothing to decide, and are named in one line."
    some = leg(exchanged=False)
    values = np.concatenate([some.values, np.full((len(some), 9, 3), np.nan)], 1)
    names = [*some.markers, *(f'U{n}' for n in range(6, 15))]
    trial = Trial.from_array(values, names, 120, units='mm', up='y')
    done = reconstruct_trial(trial, lambda *windows: windows[0])
    assert save_review(page_file := tmp_path/'some.html', done) == '3 gaps, 1 outlier'
    page = open_review(page_file)
    assert get(page, 'data.items.length') == 4
    assert page.locator('.never').inner_text() == f'Never seen and left blank: {", ".join(names[12:])}'


def test_sliders(open_review, page_file):
    page = open_review(page_file)
    row(page, 'M3')
    page.get_by_label('fill by Rigid body').click()
    at = get(page, 'current')
    slider = page.get_by_label('First frame that is filled')
    low, high = (int(slider.get_attribute(end)) for end in ('min', 'max'))
    assert (low, high) == (140, 349)                     # half a second to each side
    before = curves(page)
    slide(page, 'First frame that is filled', 190)
    slide(page, 'Last frame that is filled', 295)
    choice = get(page, f'choices.get({at})')
    assert (choice['from'], choice['to'], choice['method']) == (191, 296, 'rigid')
    assert curves(page) != before and get(page, 'chosenPath().preview')
    assert 'a sketch' in page.locator('.what').inner_text()
    press(page, 'u', 'u')
    assert get(page, f'choices.get({at}).from') == 201
    assert page.locator('output').first.inner_text() == '201 · 1.67 s'
    row(page, 'M1 ↔ M7')
    assert page.get_by_label('First frame that is filled').is_disabled()   # a swap has its frames


@pytest.mark.parametrize('size', [WIDE, (850, 900), PHONE], ids=['1280', '850', '390'])
def test_nothing_lies_over_anything(open_review, page_file, size):
    "Of two controls none covers the other, whatever wraps."
    page = open_review(page_file, size)
    over = page.evaluate("""() => {
        const parts = '.work button, .work select, .work input, .work canvas, .what';
        const boxes = [...document.querySelectorAll(parts)].filter(node => node.offsetHeight)
            .map(node => [node, node.getBoundingClientRect()]);
        const crossed = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
        return boxes.flatMap(([node, a], n) => boxes.slice(n + 1).filter(([, b]) => crossed(a, b))
            .map(([other]) => [node.outerHTML.slice(0, 80), other.outerHTML.slice(0, 80)])); }""")
    assert over == []


def test_a_frame_number_that_stands_twice(open_review, page_file):
    "As in the command: the place where its first number stands first, to the one where its last stands last."
    page = open_review(page_file)
    page.evaluate(f'{REVIEW}.data.numbers = [7, 8, 8, 9, 9, 20]')
    assert get(page, 'indexOf(8)') == 1 and get(page, 'lastOf(9)') == 4
    page.evaluate(f"""{REVIEW}.choices.all.set({REVIEW}.current, {{method: 'spline', from: 8, to: 9}});
        Object.assign({REVIEW}, {{link: {{look: (...asked) => window.asked = asked}}}});
        {REVIEW}.data.live = true; {REVIEW}.look();""")
    assert page.evaluate('window.asked.slice(1)') == [1, 5]


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_begins_as_the_system_is(open_review, page_file, scheme):
    page = open_review(page_file, scheme=scheme)
    found = page.evaluate(LOOK)
    assert (set(found['themes']), found['pale']) == ({scheme}, [])
    row(page, 'M3')
    bench.prefer(page, {'light': 'dark', 'dark': 'light'}[scheme])
    found = page.evaluate(LOOK)
    assert set(found['themes']) != {scheme} and found['pale'] == []


def test_every_control_has_a_name(open_review, page_file):
    page = open_review(page_file)
    nameless = page.evaluate("[...document.querySelectorAll('button, select, input, canvas, [role=listbox]')]"
                             ".filter(n => !n.getAttribute('aria-label')).length")
    assert nameless == 0


def decide(page) -> None:
    "Something of everything, by hand."
    row(page, 'M3'); page.get_by_label('fill by Rigid body').click()
    slide(page, 'First frame that is filled', 195)
    press(page, 'n'); page.keyboard.type('the thigh is stiff'); press(page, 'Enter')
    row(page, 'M6'); press(page, 'b')
    row(page, 'M9'); press(page, 'a')
    row(page, 'M10'); page.get_by_label('fill by As recorded').click()
    row(page, 'M1 ↔ M7'); page.get_by_label('fill by As recorded').click()


def test_decisions_go_to_the_command(open_review, page_file, recording, tmp_path, motionfm):
    "Made in the page, saved, opened again, applied by the command and in Python: the same numbers."
    page = open_review(page_file)
    decide(page)
    with page.expect_download() as saved: page.get_by_label('save leg_decisions.json').click()
    saved.value.save_as(path := tmp_path/'leg_decisions.json')
    made = read_decisions(path, read_trial(recording))
    assert [(one.kind, *one.points, one.method) for one in made] == [
        ('swap', 'M1', 'M7', 'recorded'), ('gap', 'M9', 'motionfm'), ('gap', 'M6', 'blank'),
        ('gap', 'M3', 'rigid'), ('outlier', 'M10', 'recorded')]
    assert (made[3].span, made[3].note, made[3].by) == ((196, 290), 'the thigh is stiff', 'Ada')

    code, said = motionfm('reconstruct', recording, '-o', out := tmp_path/'out.csv', '--decisions', path,
                          '--table', table := tmp_path/'gaps.csv')
    assert code == 0 and '5 decisions by Ada' in said, said
    assert 'M3,201,290,1.667,2.408,90,"rigid body, by hand"' in table.read_text()
    assert '"rigid body in frames 196-290",Ada,the thigh is stiff'.replace('"', '') in table.read_text()
    import motionfm as package
    repaired = package.repair(recording, decisions=path)
    values, recorded = repaired.trial.values, read_trial(recording).values
    assert np.array_equal(read_trial(out).values.round(3), values.round(3), equal_nan=True)
    assert np.isnan(values[100:140, 5]).all() and np.array_equal(values[300:303, 9], recorded[300:303, 9])
    assert np.allclose(values[350:380, [0, 6]], recorded[350:380, [0, 6]])

    fresh = open_review(page_file)
    fresh.get_by_label('File of decisions', exact=True).set_input_files(path)
    fresh.wait_for_timeout(200)
    assert fresh.locator('.decided').inner_text() == '5 of 5 decided'
    assert json.loads(get(fresh, 'document()')) == json.loads(path.read_text(encoding='utf-8'))
    code, said = motionfm('review', recording, '-o', tmp_path/'again.html', '--decisions', path)
    assert code == 0 and '5 decisions so far' in said
    again = open_review(tmp_path/'again.html')
    assert again.locator('.decided').inner_text() == '5 of 5 decided'


def test_other_recordings_are_refused(open_review, page_file, recording, tmp_path, motionfm):
    other = leg(exchanged=False)
    write_trial(tmp_path/'other.csv', other)
    done = reconstruct_trial(read_trial(tmp_path/'other.csv'), lambda *windows: windows[0])
    save_review(tmp_path/'other.html', done, by='Ben')
    page = open_review(tmp_path/'other.html')
    (tmp_path/'other_decisions.json').write_text(get(page, 'document()'), encoding='utf-8')
    code, said = motionfm('reconstruct', recording, '-o', tmp_path/'out.csv',
                          '--decisions', tmp_path/'other_decisions.json')
    assert code == 2 and said.count('\n') == 1 and 'expected those about leg.csv' in said
    assert not (tmp_path/'out.csv').exists()
    page = open_review(page_file)
    page.get_by_label('File of decisions', exact=True).set_input_files(tmp_path/'other_decisions.json')
    page.wait_for_timeout(200)
    assert 'expected those about leg.csv' in page.locator('.saved').inner_text()
    (tmp_path/'nothing.json').write_text('{"x": 1')
    page.get_by_label('File of decisions', exact=True).set_input_files(tmp_path/'nothing.json')
    page.wait_for_timeout(200)
    assert 'no decisions of a review' in page.locator('.saved').inner_text()
    for words in (recording, recording, '--decisions', 'x.json'), (tmp_path, '--decisions', 'x.json'):
        code, said = motionfm('reconstruct', *words)
        assert code == 2 and 'expected one recording' in said


def long_repair(n_points: int = 65, seconds: int = 300):
    "65 markers, 36,000 frames, a gap in each second or so, as if they were repaired."
    from dataclasses import replace

    from motionfm.io.gaps import fill_linear, runs_of
    from motionfm.reconstruct.report import Gap, Summary
    from motionfm.reconstruct.trials import TrialRepair
    rng, some = np.random.default_rng(0), segment_markers(skin=.01, noise=.0002, seconds=30)
    truth = np.tile(some, (seconds//30, -(-n_points//12), 1))[:, :n_points]
    truth = truth + .3*rng.normal(size=(1, n_points, 3))
    for start in range(500, len(truth) - 200, 130):
        truth[start:start + rng.integers(5, 80), rng.integers(n_points)] = np.nan
    trial = Trial.from_array(truth, [f'M{n:02}' for n in range(n_points)], 120, units='m', up='y')
    seen = np.isfinite(truth[..., 0])
    gaps = [Gap(trial.markers[point], *trial.frames[[run.start, run.stop - 1]].tolist(), run.stop - run.start,
                'neighbours', 3., 5., run.start/120, (run.stop - 1)/120)
            for point in range(n_points) for run in runs_of(~seen[:, point])]
    summary = Summary(trial.source, '', len(trial), 120., n_points, int((~seen).sum()), 80, (), 0., gaps=gaps)
    repaired = replace(trial, values=fill_linear(truth, seen))
    return TrialRepair(trial, repaired, np.where(seen, .0003, .003), summary)


def test_fluid_with_65_markers_at_36000_frames(open_review, tmp_path, monkeypatch):
    "A click costs the curves of one point; the page moves from row to row at once, and stays small."
    done = long_repair()
    reviewed = Reviewed(done)
    findings = list_findings(reviewed)
    assert len(findings) > 250 and len(reviewed.trial) == 36_000
    curves_of(reviewed, findings[0])
    waits = []
    for one in findings[1:12]:
        start = time.perf_counter()
        curves_of(reviewed, one)
        waits.append(time.perf_counter() - start)
    assert np.median(waits) < .5, waits
    data = pack_review(reviewed, findings, [], 'Ada', 10_000)
    assert data['scene']['frames'] <= 10_000
    monkeypatch.setattr('motionfm.view.review._PAGE_ROWS', 60)   # curves of more take their time
    save_review(path := tmp_path/'long.html', done, by='Ada')
    assert path.stat().st_size < 20e6
    page = open_review(path)
    waits = page.evaluate(f"""async () => {{
        const review = {REVIEW}, waits = [];
        for (let i = 0; i < 60; i++) {{ const start = performance.now();
                                       review.select(i); review.curves.draw();
                                       waits.push(performance.now() - start);
                                       await new Promise(requestAnimationFrame); }}
        return waits; }}""")
    assert np.median(waits) < 250, waits
    assert page.locator('.row').count() < 60               # only what is seen of the list is there
    item = get(page, 'item')
    assert get(page, 'frame') == item['start'] and page.locator('.row[aria-selected=true]').is_visible()
    shown = get(page, 'data.scene.frames')                 # fewer than were recorded: so it says
    assert shown < 36_000 and f'of {shown} shown frames' in page.locator('.info').inner_text()


NOTEBOOK = """import sys; sys.path.insert(0, {root!r})
import motionfm
review = motionfm.review('leg.csv', by='Ada')
review"""


def test_jupyterlab(chromium, recording, tmp_path):
    "Choose a row, fill it in another way, move an end: the kernel answers, and the file is there."
    (tmp_path/'leg.csv').write_bytes(recording.read_bytes())
    bench.write_notebook(tmp_path, NOTEBOOK)
    with bench.jupyterlab(tmp_path) as address:
        page = chromium.new_page(viewport={'width': 1280, 'height': 1200})
        complaints = bench.watched(page)
        page.goto(address, wait_until='domcontentloaded')
        page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget"
            "?.sessionContext?.session?.kernel?.status === 'idle'", timeout=60_000)
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_selector('.jp-OutputArea .mfr .row', timeout=120_000)
        row(page, 'M3')
        page.wait_for_function(f"() => {REVIEW}.detail && 'rigid' in {REVIEW}.detail.candidates")
        page.get_by_label('fill by Rigid body').click()
        slide(page, 'First frame that is filled', 195)
        page.wait_for_function(f'() => {REVIEW}.detail.start === 195 && !{REVIEW}.chosenPath().preview')
        shown = chosen(page)[0, 0]
        press(page, 'n'); page.keyboard.type('the thigh is stiff'); press(page, 'Enter')
        saved = "document.querySelector('.mfr .saved').textContent === 'saved in leg_decisions.json'"
        page.wait_for_function(f'() => {saved}')
        path = tmp_path/'leg_decisions.json'
        for _ in range(50):
            if path.exists() and 'stiff' in path.read_text(): break
            time.sleep(.1)
        made, = read_decisions(path, read_trial(recording))
        assert (made.method, made.span, made.by) == ('rigid', (196, 290), 'Ada')
        assert made.note == 'the thigh is stiff'
        press(page, 'ArrowDown'); press(page, 'a')          # commands of the review, not of JupyterLab
        for _ in range(50):
            if len(read_decisions(path)) == 2: break
            time.sleep(.1)
        assert [one.method for one in read_decisions(path)] == ['rigid', 'motionfm']
        page.close()
    assert complaints == []
    import motionfm as package
    decided = package.repair(recording, decisions=path)
    assert abs(decided.trial.values[195, 2, 0]*10 - shown) < 1
