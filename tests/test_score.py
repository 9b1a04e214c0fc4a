"The benchmark set: the damage of `motionfm evaluate` as files, results in any format, the same metrics."
import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from test_amc import amc, angles, asf, ends_of

from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.evaluation import published_set
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import clean_trials, evaluate_trials, main_error, MarkerSet
from motionfm.evaluation.benchmark_set import (
    checksum,
    example_groups,
    fingerprint,
    read_cases,
    read_groups,
    read_manifest,
    score_results,
    set_cases,
    write_benchmark_set,
)
from motionfm.evaluation.published_set import other_trials, PUBLISHED_GROUP, PUBLISHED_PART
from motionfm.io.conventions import from_y_up
from motionfm.io.files import write_trial
from motionfm.io.trial import Trial

FEW = 'noise', 'joints', 'gap60'


def walks() -> dict:
    return {f'1_{n}': (synthesize('walk', seed=n, n_frames=120).astype(float), 60.) for n in (1, 11)}


def table_of_methods() -> list[dict]:
    with open(ROOT/'benchmarks'/'methods.csv', encoding='utf-8') as file: return list(csv.DictReader(file))


@pytest.fixture
def made(tmp_path):
    write_benchmark_set(tmp_path/'set', {'people': walks()}, FEW)
    return tmp_path


def answer(made, change, name='{}.trc', **about) -> dict:
    "Scores of what a function makes of each case, by scenario."
    for case in read_cases(made/'set', read_manifest(made/'set')):
        folder = made/'results'/case.scenario
        folder.mkdir(parents=True, exist_ok=True)
        frames = np.arange(len(case.truth))
        trial = Trial(change(case), case.points, case.rate, 'm', frames/case.rate, frames + 1)
        write_trial(folder/name.format(case.name), replace(trial, **about))
    rows, remarks = score_results(made/'set', made/'results')
    assert not remarks
    return {row['scenario']: row for row in rows}


def test_same_figures_as_evaluate(made):
    def linear(case): return METHODS['linear'](case.damaged, case.visible, case.rate)
    scored = answer(made, linear, '{}_filled.trc')
    for row in evaluate_trials(walks(), {'linear': METHODS['linear']}, FEW):
        found = scored[row['scenario']]
        assert found['filled_percent'] == 100
        expected = [*main_error(row), row['metrics']['p95_mm'][0], row['metrics']['acceleration'][0]]
        columns = 'error_mm', 'error_low_mm', 'error_high_mm', 'p95_error_mm', 'acceleration_error_m_s2'
        assert np.allclose([found[column] for column in columns], expected, rtol=1e-3, atol=.05)
        assert found['error_with_lines_mm'] == pytest.approx(found['error_mm'])


@pytest.mark.parametrize('ending, units, up', [('.trc', 'mm', 'y'), ('.csv', 'cm', 'y'), ('.npz', 'mm', 'z')])
def test_other_formats(made, ending, units, up):
    scale = {'m': 1, 'cm': 100, 'mm': 1000}[units]
    scored = answer(made, lambda case: from_y_up(case.truth, up)*scale, '{}' + ending, units=units, up=up)
    assert all(row['error_mm'] < .01 and row['filled_percent'] == 100 for row in scored.values())


def test_names_that_begin_alike(tmp_path):
    "07_1 is not 07_1_b; each result goes to its own trial, also with something added."
    trials = {name: trial for name, trial in zip(('07_1', '07_1_b'), walks().values())}
    write_benchmark_set(tmp_path/'set', {'people': trials}, ['noise'])
    scored = answer(tmp_path, lambda case: case.truth, '{}-repaired.trc')
    assert scored['noise']['error_mm'] == 0


def test_markers(tmp_path):
    "Points of any names, with gaps of their own."
    positions = walks()['1_1'][0][:, :12]
    positions[30:40, 3] = np.nan
    write_benchmark_set(tmp_path/'set', {'lab': {'skin': MarkerSet(positions, 60.)}}, ['marker'])
    scored = answer(tmp_path, lambda case: case.truth)
    assert all(row['error_mm'] == 0 and row['filled_percent'] == 100 for row in scored.values())


def set_of(groups) -> str:
    "The fingerprint of a set, without writing it."
    truth, damaged = {}, {}
    for case in set_cases(groups):
        truth[case.name] = checksum(case.truth)
        damaged.setdefault(case.scenario, {})[case.name] = checksum(case.damaged)
    return fingerprint({'truth': truth, 'damaged': damaged})


def test_everybody_has_the_synthetic_set():
    "Without recordings, anybody makes the set of the second table."
    assert set_of(example_groups()) in {row['set'] for row in table_of_methods()}


def test_published_set(shared, tmp_path, monkeypatch):
    "Who has the recordings makes the set of the first table, whose damage lies in the repository."
    monkeypatch.syspath_prepend(ROOT/'benchmarks')
    from bench_methods import write_trials
    write_trials(tmp_path)
    made = set_of(read_groups(sorted(tmp_path.glob('*.npz'))))
    published = json.loads((ROOT/'benchmarks'/'set'/'set.json').read_text(encoding='utf-8'))
    assert made == published['fingerprint'] and made in {row['set'] for row in table_of_methods()}


def published_part() -> dict:
    "What the published list says of the group whose recordings anybody can get."
    manifest = json.loads((ROOT/'benchmarks'/'set'/'set.json').read_text(encoding='utf-8'))
    names = set(manifest['groups'][PUBLISHED_GROUP])
    def ours(sums): return {name: checksum for name, checksum in sums.items() if name in names}
    return {'truth': ours(manifest['truth']),
            'damaged': {scenario: ours(sums) for scenario, sums in manifest['damaged'].items()}}


def test_published_part_of_the_list():
    "The checksums by which strangers see that they have the same trials are those of the published list."
    part = published_part()
    assert fingerprint(part) == PUBLISHED_PART
    whole = {name: found for name, found in part['truth'].items() if 'disk' not in name}
    assert published_set._TRUTH == whole


def test_published_part_from_its_recordings(people, tmp_path):
    "Positions rounded as from AMC files give the published damage, and the figures of the published table."
    trials = {name: (people[name], 60.) for name in published_set._TRUTH}
    assert not other_trials(trials)
    groups = {PUBLISHED_GROUP: clean_trials(trials)}
    assert set_of(groups) == PUBLISHED_PART
    few = 'joints', 'gap60', 'disk'
    write_benchmark_set(tmp_path/'set', groups, few)
    scored = answer(tmp_path, lambda case: METHODS['linear'](case.damaged, case.visible, case.rate))
    table = {row['scenario']: row for row in table_of_methods()
             if row['group'] == PUBLISHED_GROUP and row['method'] == 'straight lines'}
    for scenario in few:
        for column in 'error_mm', 'error_low_mm', 'error_high_mm', 'filled_percent':
            assert scored[scenario][column] == pytest.approx(float(table[scenario][column]), rel=1e-4)


def test_published_part_by_the_command(motionfm, tmp_path):
    "From files as the database has them, made here: other people, which is said."
    for person in '07', '08', '35', '39':
        (tmp_path/'cmu'/person).mkdir(parents=True)
        (tmp_path/'cmu'/person/f'{person}.asf').write_text(asf())
        for number in 1, 2, 3:
            (tmp_path/'cmu'/person/f'{person}_{number:02}.amc').write_text(amc(angles(150)))
    code, printed = motionfm('score', '--make', tmp_path/'set', '--published', tmp_path/'cmu')
    assert code == 0 and f'{PUBLISHED_GROUP}: 12 trials' in printed
    assert 'other positions than the published ones: 07_01, 07_02' in printed
    cases = list(read_cases(tmp_path/'set', read_manifest(tmp_path/'set')))
    assert {case.name for case in cases} == set(published_part()['truth'])
    assert {case.scenario for case in cases} == set(published_part()['damaged'])
    first = cases[0]
    assert first.rate == 60 and first.truth.shape == (75, 20, 3)
    ends, _ = ends_of(angles(3)[2])
    assert np.abs(first.truth[1, JOINTS.index('RKnee')] - ends['rfemur']).max() < 5.1e-5
    (tmp_path/'cmu'/'39'/'39_02.amc').unlink()
    code, printed = motionfm('score', '--make', tmp_path/'other', '--published', tmp_path/'cmu')
    assert code and '1 recordings not found (39_02 …)' in printed


def test_methods_table():
    "Every line of the table of methods says how it came about."
    rows = table_of_methods()
    assert all(row['note'] and row['link'] and row['error_with_lines_mm'] for row in rows)
    assert any(row['method'].startswith('motionfm') for row in rows)


def test_joint_names(made):
    case = next(read_cases(made/'set', read_manifest(made/'set')))
    assert case.points == JOINTS and case.as_joints
