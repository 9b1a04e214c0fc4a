"Evaluation on real recordings: the methods land where they should, in time, without a network library."
import subprocess
import sys
from time import perf_counter

import numpy as np
import pytest
from conftest import ROOT

from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import (
    clean_trials,
    evaluate_trials,
    MarkerSet,
    network_methods,
    read_trials,
)
from motionfm.evaluation.report import write_report
from motionfm.evaluation.scenarios import scenarios_for


@pytest.fixture(scope='module')
def walks() -> dict:
    path = ROOT.parent/'shared'/'people'/'cmu.npz'
    if not path.is_file(): pytest.skip('no real recordings: ../shared is not here')
    found = {name: trial for name, trial in read_trials(path).items() if name.startswith('14')}
    return dict([*found.items()][:8])


@pytest.fixture(scope='module')
def errors(walks) -> dict:
    some = {name: (trial[:300], rate) for name, (trial, rate) in list(walks.items())[::2]}
    compared = (
        'linear', 'pchip', 'pchip_butterworth', 'median_butterworth', 'kalman_low', 'kalman_high',
        'kalman_likelihood', 'kalman_subspace', 'low_rank', 'low_rank_smooth')
    methods = {name: METHODS[name] for name in compared}
    results = evaluate_trials(some, methods, ('noise', 'joints', 'frames', 'everything', 'spikes'))
    return {
        (row['scenario'], row['method']): {name: value[0] for name, value in row['metrics'].items() if value}
        for row in results
    }


def test_light():
    heavy = 'tensorflow', 'keras', 'matplotlib'
    program = 'import sys, motionfm.evaluation.report; '
    program += f'print([name for name in {heavy} if name in sys.modules])'
    assert (
        subprocess.run(
            [sys.executable, '-c', program], cwd=ROOT, capture_output=True, text=True
        ).stdout.strip()
        == '[]'
    )


def test_report_without_matplotlib(tmp_path):
    program = """
import sys
sys.modules['matplotlib'] = None            # as if it were not installed
from motionfm.body.synthetic import synthesize
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import evaluate_trials
from motionfm.evaluation.report import write_report
trials = {'walk': (synthesize('walk', seed=1, n_frames=90).astype(float), 60.)}
write_report(sys.argv[1], evaluate_trials(trials, {'linear': METHODS['linear']}, ['joints', 'noise']))
"""
    run = subprocess.run(
        [sys.executable, '-c', program, tmp_path / 'report.html'], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    page = (tmp_path/'report.html').read_text(encoding='utf-8')
    assert (
        'pip install &quot;motionfm[view]&quot;' in page and page.count('<table>') == 2 and '<img' not in page
    )


def test_noise_is_removed(errors):
    raw = errors['noise', 'linear']['all_mm']
    assert 31 < raw < 33                                            # 2 cm on three axes: 20·√(8/π) mm
    assert errors['noise', 'kalman_low']['all_mm'] < errors['noise', 'pchip_butterworth']['all_mm'] < .5*raw
    assert (
        errors['noise', 'kalman_likelihood']['all_mm'] < 0.5 * raw
    )  # without having been told how much noise there is


def test_joints_help_each_other(errors):
    order = [
        errors['joints', method]['missing_mm'] for method in ('low_rank', 'kalman_high', 'pchip', 'linear')
    ]
    assert (
        order == sorted(order)
        and max(order[0], errors['joints', 'kalman_subspace']['missing_mm']) < 0.6 * order[1]
    )


def test_frames(errors):
    assert (
        errors['frames', 'kalman_high']['missing_mm']
        < errors['frames', 'pchip_butterworth']['missing_mm']
        < errors['frames', 'linear']['missing_mm']
    )


def test_everything_at_once(errors):
    assert (
        errors['everything', 'low_rank_smooth']['missing_mm']
        < errors['everything', 'kalman_low']['missing_mm']
        < errors['everything', 'pchip_butterworth']['missing_mm']
    )


def test_outliers(errors):
    assert errors['spikes', 'median_butterworth']['all_mm'] < errors['spikes', 'pchip_butterworth']['all_mm']


@pytest.mark.parametrize('name', METHODS)
def test_long_trials_take_seconds(name):
    rng = np.random.default_rng(0)
    trial = np.cumsum(np.cumsum(rng.normal(0, 2e-4, (2500, 20, 3)), 0)*.01, 0)
    visible = np.repeat(rng.random((50, 20)) > .1, 50, 0)
    start = perf_counter()
    assert np.isfinite(METHODS[name](trial, visible, 60.)).all()
    assert perf_counter() - start < 30  # seconds, on a busy machine; 2 at most on a free one


def test_dataset_folder_of_16_joints(shared, tmp_path):
    trials = read_trials(shared/'datasets'/'dataset1', 4)
    assert {positions.shape for positions, _ in trials.values()} == {(60, 16, 3)}
    results = evaluate_trials(trials, {name: METHODS[name] for name in ('linear', 'low_rank_smooth')})
    assert {row['scenario'] for row in results} == set(scenarios_for(True)) - {'gap60', 'gap120'} and not any(
        row['failed'] for row in results
    )
    page = write_report(
        tmp_path / 'report.html', results, trials, player=lambda truth, *_: f'<p>{len(truth)}</p>'
    ).read_text(encoding='utf-8')
    assert '<p>60</p>' in page and 'http' not in page.split('<script')[0].replace('http://www.w3.org', '')


def test_recordings(shared):
    (name, (positions, rate)), = read_trials(shared/'trc'/'squats.trc').items()
    assert (
        name == 'squats.trc'
        and rate == 60
        and positions.shape[1:] == (20, 3)
        and np.ptp(positions[..., 1]) > 1
    )


def test_what_was_repaired_is_no_truth(tmp_path):
    from motionfm.body.skeleton import JOINTS
    from motionfm.body.synthetic import synthesize
    from motionfm.io.files import write_trial
    from motionfm.io.trial import Trial

    trial = Trial(
        synthesize('walk', seed=1, n_frames=90).astype(float),
        JOINTS,
        60,
        'm',
        np.arange(90) / 60,
        np.arange(90),
    )
    for name in ('walk.trc', 'walk_reconstructed.trc'): write_trial(tmp_path/name, trial)
    assert list(read_trials(tmp_path)) == ['walk.trc']


@pytest.fixture(scope='module')
def marker_sets(shared) -> dict:
    "Whole marker sets of three laboratories, with the gaps that they have."
    path = shared/'markers'/'labs.npz'
    names = 'HC002D-Turn', 'grf-OpenCapUnfiltered-MarkerData-DJ1', 'pyomeca'
    if not path.is_file(): pytest.skip('no marker sets: ../shared/markers is not here')
    with np.load(path) as stored:
        chosen = [key[:-2] for key in stored if key.endswith('/X') and key.startswith(names)]
        sets = {name: MarkerSet(stored[f'{name}/X'], float(stored[f'{name}/rate'])) for name in chosen}
    return clean_trials(sets)


def test_marker_sets(marker_sets):
    assert len(marker_sets) == 3 and any(np.isnan(each.positions).any() for each in marker_sets.values())
    chosen = 'linear', 'local_cubic', 'rigid_body', 'neighbour_regression'
    methods = {name: METHODS[name] for name in chosen} | network_methods(lambda damaged, visible: damaged)
    rows = evaluate_trials(marker_sets, methods, ('marker', 'blackout', 'flicker'))
    found = {(row['scenario'], row['method']): row for row in rows}
    assert not any(row['failed'] for row in rows) and not any('bone_mm' in row['metrics'] for row in rows)

    def error(scenario, name): return found[scenario, name]['metrics']['missing_mm'][0]
    order = [error('marker', name) for name in ('motionfm', 'rigid_body', 'local_cubic')]
    assert order == sorted(order) and order[0] < .5*order[1] < .1*order[2]
    assert order[0] < error('marker', 'neighbour_regression') < .1*error('marker', 'linear')
    assert error('blackout', 'motionfm_fill') < error('blackout', 'local_cubic') < error('blackout', 'linear')
    assert 40 < found['marker', 'motionfm']['metrics']['within'][0] < 98
    assert found['flicker', 'linear']['metrics']['wrong_mm'][0] > 20


def test_all_methods_on_a_marker_set(marker_sets):
    name, trial = next(iter(marker_sets.items()))
    rows = evaluate_trials({name: trial}, scenarios=('quarter', 'cluster', 'joints'))
    assert not any(row['failed'] for row in rows) and {row['method'] for row in rows} == set(METHODS)


def test_folder_of_recordings_with_any_names(shared):
    "Joints are rated as joints, other recordings as sets of points."
    trials = read_trials(shared/'c3d') | read_trials(shared/'trc'/'squats.trc')
    assert isinstance(trials['walking2.c3d'], MarkerSet) and not isinstance(trials['squats.trc'], MarkerSet)
    assert trials['walking2.c3d'].positions.shape[1] > 20
    rows = evaluate_trials(trials, {'linear': METHODS['linear']}, ('limb', 'marker'))
    assert [(row['scenario'], row['trials']) for row in rows] == [('limb', 1), ('marker', 2)]


def test_people_that_ship_flatter_and_a_page_is_not_replaced(tmp_path, motionfm):
    "The command and the page say that the people are synthetic; an earlier page stays unless asked for."
    from motionfm.data.writer import synthesize_dataset
    folder, page = synthesize_dataset(tmp_path/'made', 40, 2), tmp_path/'page.html'
    methods = 'linear,motionfm_fill,first_guess'
    words = 'evaluate', folder, '--scenario', 'joints', '--method', methods, '--most', 2
    code, told = motionfm(*words, '--report', page)
    note = 'the people of made are synthetic, and the network was trained on such people'
    text = page.read_text(encoding='utf-8')
    assert code == 0 and note in told and note in text, told
    assert 'first_guess: what motionfm starts from, without its network' in told
    assert '<b>motionfm_fill</b>: motionfm with --fill-only' in text
    assert '<b>linear</b>: Straight lines' in text
    code, told = motionfm(*words, '--report', page)
    assert code == 2 and 'exists already; replace it with --overwrite' in told
    assert page.read_text(encoding='utf-8') == text
    assert motionfm(*words, '--report', page, '--overwrite')[0] == 0
