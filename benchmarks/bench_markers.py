"""How far off the repairs of marker sets are: markers of any names, from several laboratories.

`python benchmarks/bench_markers.py [--report]` takes whole marker sets of ../shared/markers with the gaps
that they have, hides samples that were seen, and prints the mean over the trials of the error of these
samples in mm; for faults of the labelling, where nothing is missing, that of the samples which were seen in
a wrong place. Below it stands for how many per cent of the samples the uncertainty of motionfm held, by the
length of the gap. Without `--report` on trials that may be looked at, with it on those that are kept for
reporting. `--method` measures some methods again and takes the rest from `benchmarks/markers.json`, where the
tables go.
"""
import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from motionfm.basics import atomic_path
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import (
    align_columns,
    clean_trials,
    evaluate_trials,
    MarkerSet,
    network_methods,
)
from motionfm.io.conventions import find_up_by_names, to_y_up
from motionfm.io.gaps import GAP_BINS
from motionfm.reconstruct.pipeline import load_network

FOLDER = Path(__file__).parent.parent.parent/'shared'/'markers'
RESULTS = Path(__file__).with_name('markers.json')
CHOOSING = (   # from eight laboratories and more
    'female1_Female-Crouch-to-walk',                        # ACCAD
    'male1_Male1-Walk-to-hop-to-walk',
    'male1_Male2-Run-to-hop-to-walk',
    'HC031A-Turn-HC031A23-c3d',                             # McGill, biomechZoo
    'HC040A-Straight-HC040A14-c3d',
    '-kineticstoolkit-data-kinematics-racing-full-c3d',     # a wheelchair, Kinetics Toolkit
    'ticstoolkit-data-kinematics-walkingOptiTrack-c3d',
    'e-OpenSim-Sandbox-MatlabScripts-test-walking-c3d',     # OpenSim
    'plications-IK-tests-resources-constraintTest-trc',
    'im-OpenCapTest-subject3-MarkerData-Mocap-DJ2-trc',     # OpenCap
    'grf-OpenCapUnfiltered-MarkerData-DJ4-trc',
    'osim-IncompleteIK-MarkerData-markers-smpl-trc',        # nimblephysics
    'p-pyCGM-SampleData-Test-Files-Movement-trial-c3d',     # pyCGM
    'pyomeca-pyomeca-tests-data-markers-analogs-c3d',       # pyomeca
)
REPORTING = (   # looked at in the end only
    'grf-Subject4-MarkerData-DJ1-trc',
    'grf-Subject4-MarkerData-STS1-trc',
    'grf-Subject4-MarkerData-squatsAsym1-trc',
    'grf-Subject4-MarkerData-walking2-trc',
    'grf-Subject4-MarkerData-walkingTO2-trc',
    'HC044A-Straight-HC044A15-c3d',
    'HC044A-Turn-HC044A29-c3d',
    'osim-KirstenTest-DLS01-trc',
)
PARTS = 'X', 'names', 'rate'   # of a set, as they are stored
SCENARIOS = (
    'marker', 'gap_edges', 'cluster', 'quarter', 'blackout', 'exchange', 'relabel', 'flicker', 'held')
CHOSEN = 'linear', 'pchip', 'local_cubic', 'kalman_high', 'rigid_body', 'pattern', 'neighbour_regression'
COVERED = {'within_by_gap': '68 %', 'within2_by_gap': '95 %'}   # within the uncertainty, within twice that


def as_y_up(positions: np.ndarray, names: np.ndarray, rate: np.ndarray) -> MarkerSet:
    "Markers (T, M, 3) in metres, turned so that y points up where the names show what is up."
    labels, positions = tuple(map(str, names)), positions.astype(float)
    up, _ = find_up_by_names(positions, labels, 'm')
    return MarkerSet(to_y_up(positions, up or 'y'), float(rate), labels)


def read_sets(names: tuple[str, ...]) -> dict[str, MarkerSet]:
    "Marker sets by name."
    found = {}
    for path in FOLDER/'accad.npz', FOLDER/'labs.npz':
        with np.load(path) as stored:
            here = [name for name in names if f'{name}/X' in stored]
            for name in here: found[name] = as_y_up(*(stored[f'{name}/{part}'] for part in PARTS))
    return clean_trials({name: found[name] for name in names})


def error_of(row: dict) -> float | None:
    "Mean error in mm of what was missing, or was seen in a wrong place."
    found = row['metrics'].get('missing_mm') or row['metrics'].get('wrong_mm')
    return found and found[0]


def means_by_trial(rows: list[tuple[str, dict]], value: Callable) -> dict[str, float]:
    "Of each trial the mean over all seeds, where there is any."
    found = defaultdict(list)
    for name, row in rows:
        if value(row) is not None: found[name].append(value(row))
    return {name: float(np.mean(values)) for name, values in found.items()}


def coverage(rows: list[tuple[str, dict]], key: str) -> dict[str, float]:
    "Per cent of the samples within the uncertainty by length of the gap, mean over trials."
    held = {}
    for length in (*GAP_BINS, 'open'):
        each = means_by_trial(rows, lambda row: (row[key].get(length) or [None])[0])
        if each: held[length] = float(np.mean([*each.values()]))
    return held


def chosen_methods(names: str) -> dict[str, Callable]:
    "Methods, separated by commas, or all that are measured."
    ours = network_methods(load_network())['motionfm']
    methods = {name: METHODS[name] for name in CHOSEN} | {'motionfm': ours}
    return {name: methods[name] for name in names.split(',')} if names else methods


def measure(trials: dict[str, MarkerSet], n_seeds: int, methods: dict[str, Callable], known: dict) -> dict:
    "Errors and coverage of methods in all scenarios, those of other methods as they are known."
    rows = []   # of each trial and seed
    for number, (name, trial) in enumerate(trials.items()):
        for seed in range(n_seeds):
            found = evaluate_trials({name: trial}, methods, SCENARIOS, seed*len(trials) + number)
            rows += [(name, row) for row in found]
    errors, held = known.get('errors_mm', {}), known.get('coverage_percent', {})
    for scenario in SCENARIOS:
        here = {method: [(name, row) for name, row in rows
                         if (row['scenario'], row['method']) == (scenario, method)] for method in methods}
        found = {method: means_by_trial(each, error_of) for method, each in here.items()}
        errors[scenario] = errors.get(scenario, {}) | found
        if 'motionfm' in here:
            held[scenario] = {word: coverage(here['motionfm'], key) for key, word in COVERED.items()}
    failed = [line for _, row in rows for line in row['failed']]
    return {'errors_mm': errors, 'coverage_percent': held, 'failed': failed}


def print_tables(measured: dict) -> None:
    "A line for each scenario, and the coverage of the uncertainty."
    errors, held = measured['errors_mm'], measured['coverage_percent']
    methods = list(next(iter(errors.values())))
    table = [['mean over trials, mm', 'trials', *methods]]
    for scenario, by_method in errors.items():
        known = [[*by_method.get(name, {}).values()] for name in methods]
        means = [f'{np.mean(values):.2f}' if values else '' for values in known]
        table.append([scenario, str(len(next(iter(by_method.values())))), *means])
    print('\n'.join(align_columns(table)))
    known = {length for words in held.values() for each in words.values() for length in each}
    lengths = [length for length in (*GAP_BINS, 'open') if length in known]
    table = [['coverage by gap, frames', 'within', *lengths]]
    for scenario, words in held.items():
        for word, each in words.items():
            shares = [f'{each[at]:.0f} %' if at in each else '' for at in lengths]
            if each: table.append([scenario, word, *shares])
    print('\n' + '\n'.join(align_columns(table)))


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--report', action='store_true', help='measure the trials for reporting')
    parser.add_argument('--seeds', type=int, default=2, help='how often all trials are damaged')
    parser.add_argument('--method', default='', help='methods, separated by commas; by default all')
    given = parser.parse_args()
    which, begin = 'reporting' if given.report else 'choosing', perf_counter()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    trials = read_sets(REPORTING if given.report else CHOOSING)
    measured = measure(trials, given.seeds, chosen_methods(given.method), results.get(which, {}))
    print_tables(measured)
    print(f'\n{perf_counter() - begin:.0f} s', *measured['failed'], sep='\n')
    results[which] = json.loads(
        json.dumps(measured), parse_float=lambda number: float(f'{float(number):.4g}'))
    with atomic_path(RESULTS) as temporary: temporary.write_text(json.dumps(results, indent=1) + '\n')
