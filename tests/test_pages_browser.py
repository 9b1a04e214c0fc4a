"""Pages that a repair writes, in a real browser: on a desk, on a phone, in light and dark."""
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('playwright.sync_api', reason='playwright is not installed: pip install playwright')
sys.path.insert(0, str(Path(__file__).resolve().parents[1]/'benchmarks'))
import bench_view as bench  # noqa: E402

from motionfm.cli.demo import example_trial as motionfm_example  # noqa: E402
from motionfm.cli.demo import repair_example  # noqa: E402
from motionfm.io.files import read_trial, write_trial  # noqa: E402

pytestmark = pytest.mark.skipif(
    not Path(bench.CHROMIUM).exists(), reason='chromium is not installed: apt-get install chromium'
)


@pytest.fixture(scope='module')
def chromium():
    with bench.browser() as chromium: yield chromium


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    "What the demo writes."
    folder = tmp_path_factory.mktemp('demo')
    repair_example(folder)
    return folder


@pytest.fixture
def open_page(chromium):
    "A function that opens a page of some width; at the end nothing may have gone wrong."
    pages = []
    def opener(path, width=390, scheme='light'):
        page = chromium.new_page(viewport={'width': width, 'height': 900}, color_scheme=scheme)
        pages.append((page, bench.watched(page)))
        page.goto(Path(path).as_uri())
        return page
    yield opener
    for page, complaints in pages:
        page.close()
        assert complaints == []


def width_of(page) -> int: return page.evaluate('document.documentElement.scrollWidth')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('width', [1280, 390])
def test_report_of_a_repair(open_page, folder, width, scheme):
    page = open_page(folder/'report.html', width, scheme)
    assert width_of(page) <= width
    player = page.frame_locator('iframe').first
    player.locator('.mfm[data-frame]').wait_for()
    assert player.locator('.mfm').get_attribute('data-theme') == scheme
    legend = player.locator('.mfm').inner_text()
    assert 'recorded' in legend and 'repaired' in legend and 'corrupted' not in legend
    assert player.locator('.time').inner_text().startswith('frame 1 of 360')
    text = page.locator('body').inner_text()
    assert 'As in the file, y is up' in text
    assert 'inf' not in text.split() and str(folder) not in text
    assert page.locator('li').count() > 4, 'a line for each line of the summary'


def test_gaps_are_numbered_as_the_player_counts(open_page, folder):
    "The frame at which the table lets a gap begin is the first that the player shows without the joint."
    page = open_page(folder/'report.html', 1280)
    row = page.locator('tr', has_text='LKnee').filter(has_text='201').first
    assert '201–260' in row.inner_text() and '3.33–4.32' in row.inner_text()
    player = page.frame_locator('iframe').first
    player.locator('.picture').first.focus()
    for _ in range(20): page.keyboard.press('Shift+ArrowRight')
    player.get_by_text('frame 201 of 360').wait_for()
    assert '3.333 s' in player.locator('.time').inner_text()


def test_gaps_where_frame_numbers_jump(open_page, folder, tmp_path, motionfm):
    "Numbers as in the file, in the table, above the player and on the way between them; true seconds."
    from motionfm.io.files import read_trial, write_trial
    trial = read_trial(folder/'reach.trc')
    frames = trial.frames + 500*(np.arange(len(trial)) >= 150)
    write_trial(tmp_path/'jumps.trc', replace(trial, frames=frames))
    motionfm('reconstruct', tmp_path/'jumps.trc', '--report', tmp_path/'report.html')
    page = open_page(tmp_path/'report.html', 1280)
    row = page.locator('tr', has_text='LKnee').filter(has_text='701').first
    assert '701–760' in row.inner_text() and '3.33–4.32' in row.inner_text()
    player = page.frame_locator('iframe').first
    player.locator('.mfm[data-frame]').wait_for()
    player.get_by_text('frame 1 of 860').wait_for()
    row.get_by_role('button').focus()
    page.keyboard.press('Enter')
    player.get_by_text('frame 701 of 860 · 3.333 s').wait_for()
    assert 'recorded: missing in 85 of 360 frames' in player.locator('.info').inner_text()


def test_frame_numbers_that_begin_late(open_page, tmp_path, motionfm):
    "A part of a recording: the report counts as the file does, and as the review does."
    trial, _ = motionfm_example()
    write_trial(tmp_path/'part.trc', replace(trial, frames=trial.frames + 157, times=trial.times + 2.5))
    motionfm('reconstruct', tmp_path/'part.trc', '--report', tmp_path/'report.html')
    player = open_page(tmp_path/'report.html', 1280).frame_locator('iframe').first
    player.get_by_text('frame 158 of 158–517 · 2.500 s').wait_for()
    motionfm('review', tmp_path/'part.trc', '-o', tmp_path/'review.html')
    page = open_page(tmp_path/'review.html', 1280)
    page.wait_for_function("document.querySelector('.time')?.textContent.includes(' of 158–517 · ')")
    assert ' · 2.67–2.82 s' not in page.locator('.row').first.inner_text()
    assert page.evaluate("document.querySelector('.mfr').review.secondsOf(0)") == '2.50'


def with_angles(trial):
    "The same with a column of angles, as Vicon's programs put them among the points."
    angles = np.where(np.arange(len(trial)) < 50, np.nan, 30.)[:, None, None]*[1, 0, 0]
    return replace(trial, values=np.concatenate([trial.values, angles], 1),
                   markers=(*trial.markers, 'LKneeAngles'), contents=None)


def test_rows_lead_to_the_player(open_page, folder):
    "The frames of a gap are a button that a keyboard reaches: the player goes there and marks the joint."
    page = open_page(folder/'report.html', 1280)
    player = page.frame_locator('iframe').first
    player.locator('.mfm[data-frame]').wait_for()
    button = page.locator('tr', has_text='LKnee').get_by_role('button', name='201–260').first
    button.focus()
    page.keyboard.press('Enter')
    player.get_by_text('frame 201 of 360').wait_for()
    assert player.locator('.info').inner_text().startswith('LKnee, repaired: x ')
    page.wait_for_timeout(200)
    seen = page.locator('iframe').first.evaluate('node => node.getBoundingClientRect().top')
    assert -5 <= seen < 500, 'the player is on the screen'
    page.locator('tr button').last.click()
    player.get_by_text('frame 201 of 360').wait_for(state='detached')


def test_a_folder_gets_one_report(open_page, folder, tmp_path, motionfm):
    lab = tmp_path/'lab'
    lab.mkdir()
    (lab/'anna.trc').write_bytes((folder/'reach.trc').read_bytes())
    write_trial(lab/'ben & co.trc', with_angles(read_trial(folder/'reach.trc')))
    (lab/'empty.trc').write_text('nothing')
    code, words = motionfm('reconstruct', lab, '-o', tmp_path/'out', '--report', tmp_path/'index.html')
    assert code and f'look at {tmp_path/"index.html"}' in words
    page = open_page(tmp_path/'index.html')
    assert width_of(page) <= 390
    assert page.locator('tr').count() == 3 and 'empty.trc' in page.locator('li').inner_text()
    page.get_by_role('link', name='ben & co.trc').click()
    page.frame_locator('iframe').first.locator('.mfm[data-frame]').wait_for()
    assert page.locator('h1').inner_text() == 'ben & co.trc' and width_of(page) <= 390
    rows = page.frame_locator('iframe').first.locator('.strip').get_attribute('data-rows').split()
    assert 'LKnee' in rows and 'LKneeAngles' not in rows, 'what is no position is not drawn'


def test_an_evaluation_says_first_what_to_conclude(open_page, folder, tmp_path, motionfm):
    code, words = motionfm(
        'evaluate', folder/'reach_reconstructed.trc', '--scenario', 'joints', '--method', 'motionfm,linear',
        '--report', tmp_path/'evaluation.html')
    assert code == 0, words
    page = open_page(tmp_path/'evaluation.html')
    assert width_of(page) <= 390
    assert page.locator('h2').first.inner_text() == 'What to conclude about motionfm'
    text = page.locator('body').inner_text()
    assert '1 trials' not in text and 'inf mm' not in text
    assert page.locator('iframe').count() == 1, 'of one trial one film'


def test_review_of_a_recording_without_gaps(open_page, motionfm, tmp_path):
    "A page with nothing to decide says so, and nothing can be pressed there."
    trial, truth = motionfm_example()
    write_trial(tmp_path/'whole.trc', trial.with_positions(truth))
    motionfm('review', tmp_path/'whole.trc')
    page = open_page(tmp_path/'whole_review.html', 1280)
    page.get_by_text('there is nothing to decide').wait_for()
    assert page.locator('.panel button:enabled, .panel input:enabled').count() == 0


def test_page_of_an_evaluation_counts_frames_as_files_do(open_page, motionfm, tmp_path):
    trial, truth = motionfm_example()
    write_trial(tmp_path/'whole.trc', trial.with_positions(truth))
    chosen = '--scenario', 'joints', '--method', 'motionfm,linear'
    motionfm('evaluate', tmp_path/'whole.trc', *chosen, '--report', tmp_path/'page.html')
    page = open_page(tmp_path/'page.html', 1280)
    time = page.frame_locator('iframe').first.locator('.time')
    time.wait_for()
    assert time.inner_text().startswith('frame 1 of 360')
    assert 'whole.trc/whole.trc' not in page.locator('body').inner_text()
