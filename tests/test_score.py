"The benchmark set: the damage of `motionfm evaluate` as files, results in any format, the same metrics."
import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from motionfm.body.skeleton import JOINTS
from motionfm.body.synthetic import synthesize
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import evaluate_trials, main_error, MarkerSet
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


def test_methods_table():
    "Every line of the table of methods says how it came about."
    rows = table_of_methods()
    assert all(row['note'] and row['link'] and row['error_with_lines_mm'] for row in rows)
    assert any(row['method'].startswith('motionfm') for row in rows)


def test_joint_names(made):
    case = next(read_cases(made/'set', read_manifest(made/'set')))
    assert case.points == JOINTS and case.as_joints
