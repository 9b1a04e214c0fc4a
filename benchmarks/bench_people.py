"""How far off motionfm and the classical methods are on people of many kinds: adults, children, laboratories.

`python benchmarks/bench_people.py [--report] [--method motionfm]` takes whole trials of ../shared/people that
the weights have not seen, damages them, and prints for each group of people and each scenario the mean error
of motionfm beside that of the best classical method, which is chosen for each cell afterwards, in mm (missing
samples; all samples where there is only noise), the share of these samples within the uncertainty and within
twice that, and the mean error of the acceleration. Without `--report` on people who were left out while
settings were chosen, with it on those who are kept for reporting, and on video. `--method` measures some
methods again and takes the rest from `benchmarks/people.json`, where all of it goes. `--people nick` looks
at all trials of some people alone, and `--output` writes what is found to another file, under a name of its
own (`--called`): so weights are compared (`--weights`) on somebody whom none of them has seen, as in
`benchmarks/longer.json`.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from motionfm.basics import atomic_path
from motionfm.body.skeleton import RATE
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import align_columns, evaluate_trials, network_methods, read_trials
from motionfm.evaluation.scenarios import scenario
from motionfm.reconstruct.pipeline import load_network

SHARED = Path(__file__).parent.parent.parent/'shared'
RESULTS = Path(__file__).with_name('people.json')
CHOOSING = {   # group -> people
    'adults': ('12', '26', '32', '49', '131', 'dm139'),
    'children': ('HC031A', 'HC033A'),
    'laboratories': ('ocx', 'nick'),
}
REPORTING = {
    'adults': ('07', '08', '35', '39'),
    'children': ('HC044A',),
    'laboratories': ('oc4', 'kirsten', 'cmu39'),
    'video': (),
}
VIDEO = SHARED/'trc'/'squats.trc'
MAIN = 'noise', 'joints', 'frames', 'everything'   # in which methods are compared
MOST_TRIALS, MOST_FRAMES = 3, 600   # of a person; of a trial


def all_seen(truth: np.ndarray) -> np.ndarray: return np.ones(truth.shape[:2], bool)


@scenario
def noise5(truth, rng, rate):
    "5 mm of noise on every coordinate"
    return truth + rng.normal(0, .005, truth.shape), all_seen(truth)


@scenario
def noise40(truth, rng, rate):
    "4 cm of noise on every coordinate"
    return truth + rng.normal(0, .04, truth.shape), all_seen(truth)


def trials_of(
    people: tuple[str, ...], most: float = MOST_TRIALS, frames: int | None = MOST_FRAMES,
) -> dict[str, tuple[np.ndarray, float]]:
    "The first trials of each person, so many and so long at most."
    found, count = {}, dict.fromkeys(people, 0)
    for path in sorted((SHARED/'people').glob('*.npz')):
        with np.load(path) as stored:
            for name in stored.files:
                person = name.split('_')[0]
                if count.get(person, most) >= most: continue
                count[person] += 1
                found[name] = stored[name][:frames], RATE
    return found


def groups(report: bool, people: str = '') -> dict[str, dict]:
    "Trials of each group of people, or of some people."
    if people: return {people: trials_of(tuple(people.split(',')), np.inf, None)}
    found = {name: trials_of(people) for name, people in (REPORTING if report else CHOOSING).items()}
    if report: found['video'] = {name: (trial[:MOST_FRAMES], rate)
                                 for name, (trial, rate) in read_trials(VIDEO).items()}
    return found


def cell_of(row: dict) -> dict[str, float]:
    "What is kept of a line: mean over trials, not over samples, so that long trials count no more."
    errors = [value[0]/value[1] for name, *value in row['each'] if value[1]]
    metrics = {name: row['metrics'].get(name) for name in ('within', 'within2', 'acceleration')}
    kept = {name: float(np.ravel(value)[0]) for name, value in metrics.items() if value is not None}
    return {'mm': float(np.mean(errors)), **kept}


def measure(trials: dict, methods: dict, scenarios: list[str], known: dict) -> dict:
    "Cells of all methods in all scenarios, those of other methods as they are known."
    cells = {name: dict(known.get(name, {})) for name in scenarios}
    for row in evaluate_trials(trials, methods, scenarios):
        cells[row['scenario']][row['method']] = cell_of(row)
    return cells


def print_table(found: dict) -> float:
    "A line for each group and scenario; the geometric mean of the ratios in the main scenarios."
    ratios: list[float] = []
    table = [['people', 'scenario', 'motionfm', 'best other', 'which', 'ratio', 'within %', 'twice %',
              'm/s²', 'other m/s²']]
    for group, cells in found.items():
        for name, by_method in cells.items():
            if 'motionfm' not in by_method: continue
            ours = by_method['motionfm']
            others = {method: cell for method, cell in by_method.items() if method in METHODS}
            if not others: continue
            best = min(others, key=lambda method: others[method]['mm'])
            ratio = ours['mm']/others[best]['mm']
            if name in MAIN: ratios.append(ratio)
            figures = [f'{cell.get(key, np.nan):.{digits}f}' for cell, key, digits in (
                (ours, 'mm', 1), (others[best], 'mm', 1), (ours, 'within', 0), (ours, 'within2', 0),
                (ours, 'acceleration', 1), (others[best], 'acceleration', 1))]
            table.append([group, name, *figures[:2], best, f'{ratio:.2f}', *figures[2:]])
    print('\n'.join(align_columns(table)))
    together = float(np.exp(np.mean(np.log(ratios)))) if ratios else np.nan
    print(f'geometric mean of {len(ratios)} ratios: {together:.3f}', flush=True)
    return together


if __name__ == '__main__':
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument('--report', action='store_true', help='people who are kept for reporting')
    parser.add_argument('--method', default='', help='methods, separated by commas; by default all')
    parser.add_argument('--weights', nargs=2, metavar=('JSON', 'H5'), help='others than those that ship')
    parser.add_argument('--people', default='', help='some people, separated by commas, all of their trials')
    parser.add_argument('--output', type=Path, default=RESULTS, help='where results are kept')
    parser.add_argument('--called', default='', help='name of the results there')
    args = parser.parse_args()
    if args.people and args.output == RESULTS: parser.error('--people found, expected --output beside it')
    methods = METHODS | network_methods(load_network(*args.weights or ()))
    methods = {name: methods[name] for name in args.method.split(',') if name} or methods
    which = args.called or ('reporting' if args.report else 'choosing')
    scenarios = [*MAIN, 'noise5', 'noise40', 'jitter']
    results = json.loads(args.output.read_text()) if args.output.exists() else {}
    known = results.setdefault(which, {})
    for name, trials in groups(args.report, args.people).items():
        known[name] = measure(trials, methods, scenarios, known.get(name, {}))
        print(name, flush=True)
    print_table(known)
    with atomic_path(args.output) as temporary: temporary.write_text(json.dumps(results, indent=0))
