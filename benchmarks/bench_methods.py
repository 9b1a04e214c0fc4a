"""How far off methods of other packages are on the benchmark set, beside the classical ones and motionfm.

    python benchmarks/bench_methods.py trials TRIALS                # people kept for reporting, by group
    motionfm score --make SET TRIALS/*.npz                          # the damaged trials, as files
    python benchmarks/bench_methods.py run SET RESULTS              # in each environment that has a package
    python benchmarks/bench_methods.py score SET RESULTS            # -> benchmarks/methods.csv

`run` repairs the damaged trials by every method whose package is installed where it runs, with the settings
that the package comes with, and passes over the others; `--method NAME,…` takes some, `--list` names them.
Methods of Pose2Sim need `pip install pose2sim`, those of movement `pip install movement`, FreeMoCap's recipe
`pip install scipy pandas rich` and `pip install --no-deps skellyforge`, gapfill `pip install scipy gapfill`;
none of these needs motionfm beside it. `score` needs motionfm. `trials` writes the trials of
`bench_people.py --report`, which it takes from ../shared; what was done to them lies in `benchmarks/set`,
without the recordings. `motionfm score --make SET --published FOLDER` makes the group of adults from files
of the CMU database, which everybody can get; `motionfm score --make SET` alone makes the set of synthetic
motion.
"""
import argparse
import json
import logging
import warnings
from collections.abc import Callable
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).parent
TABLE = HERE/'methods.csv'


class Method(NamedTuple):
    "What a package makes of a damaged trial."
    title: str          # with {} for the version of the package
    package: str
    link: str
    note: str           # settings
    function: Callable  # (positions (T, K, 3) metres with NaN, Hz) -> positions, NaN where blank


METHODS: dict[str, Method] = {}


def method(name: str, *about: str) -> Callable:
    "Register a function as a method."
    def register(function: Callable) -> Callable:
        METHODS[name] = Method(*about, function)
        return function
    return register


# Pose2Sim: what follows triangulation (interpolation, last value in longer gaps), then filtering

POSE2SIM = 'https://github.com/perfanalytics/pose2sim'
FILTERS = ('butterworth', 'gaussian', 'median', 'gcv_spline', 'loess', 'one_euro', 'acc_minimizing',
           'butterworth_on_speed', 'kalman')


@lru_cache(300)   # for all filters
def before_filter(n_frames: int, positions: bytes):
    "A table of coordinates, gaps filled and outliers replaced, and the settings that did it."
    import pandas
    import Pose2Sim
    import rtoml
    from Pose2Sim.common import interpolate_zeros_nans
    from Pose2Sim.filtering import hampel_filter
    settings = rtoml.load(Path(Pose2Sim.__file__).parent/'Demo_SinglePerson'/'Config.toml')
    gaps = settings['triangulation']
    table = pandas.DataFrame(np.frombuffer(positions).reshape(n_frames, -1).copy())
    kinds = [gaps['interp_if_gap_smaller_than'], gaps['interpolation']]
    table = table.apply(interpolate_zeros_nans, axis=0, args=kinds)
    if gaps['fill_large_gaps_with'] == 'last_value': table = table.ffill().bfill()
    if settings['filtering']['reject_outliers']: table = table.apply(hampel_filter, raw=True)   # faster
    return table, settings


def pose2sim(filter_type: str, positions: np.ndarray, rate: float) -> np.ndarray:
    "What the package makes of triangulated points, with one of its filters."
    from Pose2Sim.filtering import filter1d
    logging.disable(logging.WARNING)   # gcv_spline has a line for each column
    table, settings = before_filter(positions.shape[0], positions.tobytes())
    return table.apply(filter1d, axis=0, args=[settings, filter_type, round(rate)]).to_numpy()


for kind in FILTERS:
    METHODS[f'pose2sim_{kind}'] = Method(
        f'Pose2Sim {{}}, {kind}', 'pose2sim', POSE2SIM,
        'settings of its demonstration project: linear over gaps of up to 20 frames, the last value in '
        f'others, Hampel filter, {kind}', partial(pose2sim, kind))


# movement

MOVEMENT = 'https://github.com/neuroinformatics-unit/movement'


def movement(positions: np.ndarray, rate: float, filtered: Callable) -> np.ndarray:
    "Its interpolation over time, and one of its filters."
    import xarray
    from movement.filtering import interpolate_over_time
    data = xarray.DataArray(positions, dims=('time', 'keypoints', 'space'),
                            coords={'time': np.arange(len(positions))/rate}, attrs={'fps': rate})
    return filtered(interpolate_over_time(data)).transpose('time', 'keypoints', 'space').to_numpy()


@method('movement_median', 'movement {}, median', 'movement', MOVEMENT,
        'interpolate_over_time, rolling_filter over 0.1 s, min_periods 1')
def movement_median(positions, rate):
    from movement.filtering import rolling_filter
    return movement(positions, rate, lambda data: rolling_filter(data, max(round(.1*rate), 3), min_periods=1))


@method('movement_savgol', 'movement {}, Savitzky-Golay', 'movement', MOVEMENT,
        'interpolate_over_time, savgol_filter over 0.2 s, order 2, mode nearest')
def movement_savgol(positions, rate):
    from movement.filtering import savgol_filter
    window = max(round(.2*rate), 3)   # its usual mode refuses blanks at the ends
    return movement(positions, rate, lambda data: savgol_filter(data, window, mode='nearest'))


# FreeMoCap: the two steps of its post-processing, from the package that it calls

@method('freemocap', 'FreeMoCap recipe, skellyforge {}', 'skellyforge', 'https://github.com/freemocap/freemocap',
        'defaults of freemocap 1.8.2: linear interpolation, zero-phase Butterworth of order 4 at 7 Hz')
def freemocap(positions, rate):
    from skellyforge.freemocap_utils.postprocessing_widgets.postprocessing_functions import (
        filter_data,
        interpolate_data,
    )
    for module in filter_data, interpolate_data: module.track = lambda steps, **_: steps   # no progress bars
    filled = interpolate_data.interpolate_skeleton_data(positions)
    if 2*7 >= rate or len(filled) <= 15: return filled   # its filter refuses these
    return filter_data.filter_skeleton_data(filled, 4, 7, rate)


# gapfill

@method('gapfill', 'gapfill {}', 'gapfill', 'https://pypi.org/project/gapfill',
        'pattern fill with the nearest marker as donor, then its spline; np.int, which it needs, restored')
def gapfill(positions, rate):
    import gapfill.gapfill as package
    np.int = int
    filled = positions.copy()
    for point in range(filled.shape[1]):
        if np.isfinite(positions[:, point]).all() or not np.isfinite(positions[:, point]).any(): continue
        distance = np.nanmedian(np.linalg.norm(positions - positions[:, [point]], axis=-1), 0)
        distance[point] = np.inf
        target = np.ascontiguousarray(filled[:, point])
        package.fill_marker_gap_pattern(target, positions[:, np.nanargmin(distance)].copy())
        package.fill_marker_gap_interp(target)
        filled[:, point] = target
    return filled


# motionfm and the classical methods that it brings

OURS = 'https://github.com/motionfm/motionfm'


def classical(name: str, positions: np.ndarray, rate: float) -> np.ndarray:
    "A method of `motionfm.evaluation.baselines`."
    from motionfm.evaluation.baselines import METHODS
    return METHODS[name](positions, np.isfinite(positions).all(-1), rate)


def repair(options: dict, path: Path, target: Path) -> None:
    "What `motionfm reconstruct` does."
    from motionfm.io.files import read_trial, write_trial
    from motionfm.reconstruct.trials import reconstruct_trial
    write_trial(target, reconstruct_trial(read_trial(path), network(), **options).repaired)


def network():
    "The network that ships, loaded once."
    from motionfm.reconstruct.pipeline import load_network
    if not hasattr(network, 'loaded'): network.loaded = load_network()
    return network.loaded


CLASSICAL = {
    'linear': 'straight lines', 'pchip': 'PCHIP', 'cubic': 'cubic spline',
    'pchip_butterworth': 'PCHIP, Butterworth at 6 Hz',
    'pchip_savitzky_golay': 'PCHIP, Savitzky-Golay', 'median_butterworth': 'PCHIP, median, Butterworth',
    'local_cubic': 'local cubic', 'pattern': 'pattern fill', 'rigid_body': 'rigid body fill',
    'neighbour_regression': 'regression on neighbours', 'kalman_likelihood': 'Kalman smoother',
    'low_rank': 'low-rank completion', 'low_rank_smooth': 'Kalman smoother, low-rank completion',
    'kalman_subspace': 'low-rank completion, subspace Kalman smoother'}
for name, title in CLASSICAL.items():
    METHODS[name] = Method(title, 'motionfm', OURS, f'`{name}` of motionfm {{}}', partial(classical, name))
for name, options in {'motionfm': {}, 'motionfm_fill': {'fill_only': True}}.items():
    flag = ' --fill-only'*bool(options)
    METHODS[name] = Method(f'motionfm {{}}{flag}', 'motionfm', OURS,
                           f'motionfm reconstruct{flag}, shipped weights', partial(repair, options))
FILES = 'motionfm', 'motionfm_fill'   # take and write files, not arrays


# files: TRC as the set has them, read and written without motionfm

def read_trc(path: Path) -> tuple[list[str], np.ndarray, float]:
    "Lines of the header, the rows of numbers, Hz."
    lines = path.read_text(encoding='utf-8').split('\n')
    width = 2 + 3*int(lines[2].split('\t')[3])
    cells = [line.split('\t')[:width] for line in lines[6:] if line]   # the last cell, blank, ends in a tab
    rows = np.array([[float(cell or 'nan') for cell in row] for row in cells])
    return lines[:6], rows, float(lines[2].split('\t')[0])


def write_trc(path: Path, head: list[str], rows: np.ndarray) -> None:
    "Rows with blanks for NaN."
    def cells(row: np.ndarray) -> list[str]:
        return ['' if value != value else repr(value) for value in row.tolist()]
    lines = ['\t'.join([str(int(row[0])), *cells(row[1:])]) for row in rows]
    path.write_text('\n'.join([*head, *lines, '']), encoding='utf-8')


def repair_file(name: str, path: Path, target: Path) -> None:
    "One damaged trial by one method."
    if name in FILES: return METHODS[name].function(path, target)
    head, rows, rate = read_trc(path)
    positions = rows[:, 2:].reshape(len(rows), -1, 3)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        answer = METHODS[name].function(positions, rate)
    write_trc(target, head, np.column_stack([rows[:, :2], np.asarray(answer).reshape(len(rows), -1)]))


def run(name: str, source: Path, results: Path) -> None:
    "All damaged trials by one method; what it can't do is said and left out."
    one = METHODS[name]
    try: installed = version(one.package)
    except PackageNotFoundError: return print(f'{name}: {one.package} is not installed here')
    failed = []
    for path in sorted((source/'damaged').rglob('*.trc')):
        target = results/name/path.relative_to(source/'damaged')
        target.parent.mkdir(parents=True, exist_ok=True)
        try: repair_file(name, path, target)
        except Exception as error: failed.append(f'{path.parent.name}/{path.stem}: {error!r:.100}')
    about = {'method': one.title.format(installed), 'note': one.note.format(installed), 'link': one.link}
    (results/name/'method.json').write_text(json.dumps(about, indent=1))
    print(f'{name}: done', *failed, sep='\n  ', flush=True)


def score(names: list[str], source: Path, results: Path, table: Path) -> None:
    "Enter the scores of all methods that have run."
    from motionfm import __version__
    from motionfm.evaluation.benchmark_set import (
        add_lines,
        ALL_GROUPS,
        read_cases,
        read_manifest,
        score_cases,
    )
    manifest = read_manifest(source)
    cases = list(read_cases(source, manifest))
    for name in names:
        if not (results/name/'method.json').exists(): continue
        about = json.loads((results/name/'method.json').read_text())
        rows, remarks = score_cases(cases, manifest, results/name)
        add_lines(table, rows, about | {'set': manifest['fingerprint'], 'motionfm': __version__})
        shown = [f'{row["scenario"]} {row["error_with_lines_mm"]:.1f} ({row["filled_percent"]:.0f} %)'
                 for row in rows if row['group'] == ALL_GROUPS]
        print(f'{about["method"]}: {", ".join(shown)}', *remarks[:3], sep='\n  ', flush=True)


def write_trials(folder: Path) -> None:
    "The trials of `bench_people.py --report` as one file for each group."
    from bench_people import groups
    folder.mkdir(parents=True, exist_ok=True)
    for group, trials in groups(True).items():
        arrays = {name.removesuffix('.trc'): np.asarray(positions, np.float32)
                  for name, (positions, _) in trials.items()}
        np.savez_compressed(folder/f'{group}.npz', **arrays)
        print(group, len(arrays))


if __name__ == '__main__':
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument('step', choices=['run', 'score', 'trials'])
    parser.add_argument('folders', nargs='*', type=Path, metavar='FOLDER')
    parser.add_argument('--method', default='', help='methods, separated by commas; by default all')
    parser.add_argument('--list', action='store_true', help='name the methods')
    parser.add_argument('--table', type=Path, default=TABLE, help='where the scores go')
    options = parser.parse_args()
    chosen = [name for name in options.method.split(',') if name] or list(METHODS)
    if options.list: print(*METHODS, sep='\n')
    elif options.step == 'trials' and len(options.folders) == 1: write_trials(options.folders[0])
    elif len(options.folders) != 2: parser.error('give TRIALS, or SET and RESULTS')
    elif options.step == 'score': score(chosen, *options.folders, options.table)
    else:
        for name in chosen: run(name, *options.folders)
