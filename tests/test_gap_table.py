"What the table of gaps, the summary and the pages say: in the words and by the clock of the user's file."

import csv
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.cli.demo import example_trial
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial
from motionfm.reconstruct.decisions import as_entry, Decision, read_decisions, recording_header
from motionfm.reconstruct.pipeline import load_network
from motionfm.reconstruct.report import names_in_file, write_gaps
from motionfm.reconstruct.reviewing import as_decided
from motionfm.reconstruct.summary_table import look_at
from motionfm.reconstruct.trials import reconstruct_file, reconstruct_trial
from motionfm.view.scene import make_scene, pack

FIRST, START_S = 158, 1.57   # of a part of a trial at 100 Hz


def theirs(name):
    "Another usual name of a joint."
    side = {'L': 'left', 'R': 'right'}.get(name[0])
    return f'{side}_{name[1:]}'.lower() if side else name


def network(*windows): return windows[0]


@pytest.fixture(scope='module')
def walk() -> Trial:
    "A part of a walk, z up, in mm, with names that are not the package's own."
    points = synthesize('walk', seed=3, n_frames=240).astype(float)
    values = 1000*points[..., [2, 0, 1]]
    frames = np.arange(240)
    return Trial(values, [theirs(name) for name in JOINTS], 100., 'mm', START_S + frames/100, FIRST + frames,
                 'part.trc', up='z')


def damaged(trial):
    "A gap, an outlier, a held value and exchanged labels."
    values, at = trial.values.copy(), {name: place for place, name in enumerate(trial.markers)}
    values[100:120, at['right_wrist']] = np.nan
    values[60, at['left_knee']] += 400
    values[140:170, at['left_wrist']] = values[139, at['left_wrist']]
    legs = [at[f'{side}_{part}'] for part in ('knee', 'ankle', 'heel', 'bigtoe', 'smalltoe', 'hip')
            for side in ('left', 'right')]
    swapped = [legs[place ^ 1] for place in range(len(legs))]
    values[200:220, legs] = values[200:220, swapped]
    return replace(trial, values=values)


@pytest.fixture(scope='module')
def rows(walk, tmp_path_factory):
    folder = tmp_path_factory.mktemp('gaps')
    write_trial(folder/'part.trc', damaged(walk))
    summary = reconstruct_file(folder/'part.trc', folder/'out.trc', load_network(), up='z')
    write_gaps(folder/'gaps.csv', summary)
    with open(folder/'gaps.csv', encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file)), str(summary)


def found(rows, point, kind): return [row for row in rows[0] if (row['point'], row['kind']) == (point, kind)]


def test_frames_and_seconds_are_those_of_the_file(rows):
    [gap] = found(rows, 'right_wrist', 'gap')
    assert (gap['first_frame'], gap['last_frame']) == ('258', '277')
    assert (float(gap['first_s']), float(gap['last_s'])) == (2.57, 2.76)
    assert 'frame 218 (2.17 s)' in rows[1], 'the outlier, in words'


def test_what_was_wrong_is_listed(rows):
    [outlier] = found(rows, 'left_knee', 'outlier')
    assert (outlier['first_frame'], outlier['frames']) == ('218', '1')
    assert 600 < float(outlier['largest_change_mm']) < 800, 'three axes by 400 mm'
    [held] = found(rows, 'left_wrist', 'held values')
    assert (held['first_frame'], held['last_frame']) == ('298', '327')
    assert float(held['largest_change_mm']) > 20
    [exchanged] = found(rows, 'right_ankle', 'exchanged labels')
    assert (exchanged['first_frame'], exchanged['last_frame']) == ('358', '377')
    assert exchanged['filled_by'] == 'labels exchanged back' and float(exchanged['largest_change_mm']) > 100
    assert found(rows, 'right_wrist', 'gap')[0]['largest_change_mm'] == ''


def test_points_have_the_names_of_the_file(walk, rows):
    assert {row['point'] for row in rows[0]} <= set(walk.markers)
    assert 'left/right swap in frames 358 to 377 (3.57 to 3.76 s): hip 20, knee 20' in rows[1]
    assert 'outliers: left_knee' in rows[1] and 'held values' not in rows[1] and 'left_wrist (30)' in rows[1]
    assert names_in_file(walk)[0] == walk.markers[0]
    scene = make_scene(walk)
    assert scene.drawn.names == names_in_file(walk)


def test_nothing_that_was_seen_may_change_but_is_told(walk):
    done = reconstruct_trial(damaged(walk), load_network(), fill_only=True)
    kinds = {(one.point, one.kind): one for one in done.summary.wrong}
    by = kinds['right_ankle', 'exchanged labels'].by
    assert kinds['left_wrist', 'held values'].by == by == 'left as it is'
    assert {gap.kind for gap in done.summary.gaps} == {'gap'}


def test_player_has_clock_and_axes_of_the_file(walk):
    packed = pack(make_scene(walk))
    assert (packed['numbers'], packed['seconds']) == (FIRST, START_S)
    scene = make_scene(walk).skeletons['sequence']
    for axis, code in enumerate(packed['axes']):
        shown = np.sign(code)*scene[..., abs(code) - 1]
        column = [walk.markers.index(name) for name in names_in_file(walk)]
        np.testing.assert_allclose(1000*shown, walk.values[:, column, axis], atol=.1)
    uneven = replace(walk, times=walk.times + .02*(np.arange(len(walk)) > 99))
    assert np.allclose(pack(make_scene(uneven))['seconds'], uneven.times)


def test_never_and_rarely_seen_points_are_told_apart(walk):
    values = walk.values.copy()
    values[:, walk.markers.index('left_wrist')] = np.nan
    values[9:, walk.markers.index('right_wrist')] = np.nan
    values[20:30, walk.markers.index('left_knee')] = np.nan
    summary = reconstruct_trial(replace(walk, values=values), network).summary
    assert (summary.never_seen, summary.longest_gap) == (('left_wrist',), 231)
    assert 'right_wrist (4%)' in str(summary) and '1 point never seen' in str(summary)
    assert 'hardly seen: right_wrist (4%)' in look_at(summary)
    values[:, walk.markers.index('right_wrist')] = walk.values[:, walk.markers.index('right_wrist')]
    assert reconstruct_trial(replace(walk, values=values), network).summary.longest_gap == 10


def test_nothing_to_do(walk):
    done = reconstruct_trial(walk, network, fill_only=True)
    assert 'nothing was missing and nothing was changed: there was nothing to do' in str(done.summary)
    gap = walk.values.copy(); gap[20:30, 5] = np.nan
    assert 'nothing to do' not in str(reconstruct_trial(replace(walk, values=gap), network).summary)


def test_self_check_of_a_noisy_recording_says_why_it_is_larger():
    trial, truth = example_trial()
    noisy = reconstruct_trial(trial, load_network()).summary
    error = noisy.self_check[1]
    assert 14 < noisy.check_noise_mm < 18, 'noise of 10 mm in each coordinate is 16 mm in space'
    assert f'mean error {error:.1f} mm; these samples are noisy themselves, by about 16 mm' in str(noisy)
    seen = trial.visible[..., None]
    quiet = replace(trial, values=1000*np.where(seen, truth, np.nan))
    assert 'noisy themselves' not in str(reconstruct_trial(quiet, load_network()).summary)


def test_table_and_pages_agree(tmp_path, walk, motionfm):
    write_trial(tmp_path/'part.trc', damaged(walk))
    motionfm('reconstruct', tmp_path/'part.trc', '--up', 'z', '--report', tmp_path/'page.html')
    page = (tmp_path/'page.html').read_text(encoding='utf-8')
    assert '>outlier<' in page and '>held values<' in page and '>exchanged labels<' in page
    assert 'As in the file, z is up.' in page and 'data-frame="258" data-point="right_wrist"' in page
    assert read_trial(tmp_path/'part.trc', up='z').frames[0] == FIRST


def test_folder_says_why_to_look(walk, tmp_path, motionfm):
    (tmp_path/'lab').mkdir()
    values = walk.values.copy()
    write_trial(tmp_path/'lab'/'whole.trc', walk)
    values[9:, 2:14] = np.nan
    write_trial(tmp_path/'lab'/'sparse.trc', replace(walk, values=values))
    code, words = motionfm(
        'reconstruct', tmp_path/'lab', '-o', tmp_path/'out', '--up', 'z', '--report', tmp_path/'page.html')
    assert code == 0, words
    [sparse] = [line for line in words.splitlines() if line.startswith('sparse.trc')]
    assert '58% estimated; hardly seen: ' in sparse and 'and 9 more' in sparse
    with open(tmp_path/'out'/'summary.csv', encoding='utf-8', newline='') as file:
        lines = list(csv.DictReader(file))
    assert [bool(line['look_at']) for line in lines] == [True, False]
    page = (tmp_path/'page.html').read_text(encoding='utf-8')
    assert page.index('sparse.trc') < page.index('whole.trc') and page.count('class="look"') == 1


def test_decisions_of_an_earlier_version_find_their_points(walk, tmp_path):
    "There joints had the package's own names; a decision about one is about the point of the file."
    trial = damaged(walk)
    decision = Decision('gap', ('RWrist',), 258, 277, method='blank')
    content = recording_header(trial) | {'decisions': [as_entry(decision)]}
    (tmp_path/'part_decisions.json').write_text(json.dumps(content), encoding='utf-8')
    [read] = read_decisions(tmp_path/'part_decisions.json', trial)
    assert read.points == ('right_wrist',)
    done = as_decided(reconstruct_trial(trial, load_network()), [read])
    assert np.isnan(done.repaired.values[100:120, walk.markers.index('right_wrist')]).all()


def test_a_folder_of_arrays(tmp_path):
    "They are found where there are no other recordings, and a rate that nobody said is a reason to look."
    walk = synthesize('walk', seed=1, n_frames=120).astype(float)
    for name in 'first', 'second': np.save(tmp_path/f'{name}.npy', walk)
    command = [sys.executable, '-m', 'motionfm', 'reconstruct', tmp_path, '-o', tmp_path/'out']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.count('  30 Hz assumed\n') == 2, done


def test_decisions_of_an_earlier_version_on_several_people(walk, tmp_path):
    "There the package's own names stood after those of the people."
    names = tuple(f'{who}:{theirs(name)}' for who in ('Anna', 'Ben') for name in JOINTS)
    both = np.concatenate([walk.values, walk.values + [900, 0, 0]], 1)
    trial = replace(walk, values=both, markers=names)
    entries = [as_entry(Decision('gap', (point,), 258, 277, method='blank'))
               for point in ('Anna:RWrist', 'Ben:RWrist', 'Ben:left_knee')]
    content = recording_header(trial) | {'decisions': entries}
    (tmp_path/'part_decisions.json').write_text(json.dumps(content), encoding='utf-8')
    read = read_decisions(tmp_path/'part_decisions.json', trial)
    assert [one.points for one in read] == [('Anna:right_wrist',), ('Ben:right_wrist',), ('Ben:left_knee',)]


def test_what_is_invented_is_not_said_to_be_left_as_a_gap(walk):
    values = np.concatenate([walk.values, np.full((len(walk), 1, 3), np.nan)], 1)
    values[:, walk.markers.index('left_wrist')] = np.nan
    trial = replace(walk, values=values, markers=(*walk.markers, 'T10'))
    summary = reconstruct_trial(trial, load_network(), complete=True).summary
    assert 'never seen, so left as gaps: T10' in summary.remarks and summary.invented == ('LWrist',)
    assert 'never seen: T10' in look_at(summary) and 'invented: LWrist' in look_at(summary)
    summary = reconstruct_trial(trial, load_network()).summary
    assert 'never seen, so left as gaps: left_wrist, T10' in summary.remarks
    assert 'never seen: left_wrist, T10' in look_at(summary)
