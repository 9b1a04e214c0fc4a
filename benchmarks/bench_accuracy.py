"""How far off motionfm and the classical methods are, on people whom the shipped weights have not seen.

`python benchmarks/bench_accuracy.py TRIALS.npz SQUATS.trc` with the whole trials of CMU subjects 7 and
8 (names that begin with 07_ and 08_) and a recording made with two cameras. Every method gets the same
damage. The results go to `benchmarks/accuracy.json`, which the notebook `706_results` reads; `--method`
measures only some methods and leaves the figures of the others as they are.
"""
import argparse
import json
from pathlib import Path

import numpy as np

from motionfm.basics import atomic_path
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.benchmark import evaluate_trials, format_table, network_methods, read_trials
from motionfm.evaluation.report import write_report
from motionfm.evaluation.scenarios import SCENARIOS
from motionfm.reconstruct.pipeline import load_network
from motionfm.view.player import player_frame
from motionfm.view.scene import make_scene

RESULTS = Path(__file__).with_name('accuracy.json')
PEOPLE = ('07_', '08_')


def rounded(value):
    "Numbers with five digits, so that the file stays small and its changes readable."
    if isinstance(value, float): return float(f'{value:.5g}')
    if isinstance(value, dict): return {key: rounded(part) for key, part in value.items() if key != 'each'}
    return [rounded(part) for part in value] if isinstance(value, (list, tuple)) else value


def merged(old: list[dict], new: list[dict]) -> list[dict]:
    "New lines in place of old ones of the same scenario and method, in the order of scenarios."
    lines = {(row['scenario'], row['method']): row for row in [*old, *new]}
    return sorted(lines.values(), key=lambda row: [*SCENARIOS].index(row['scenario']))


def player(truth, damaged, answer, rate, title) -> str:
    "Three skeletons that move."
    return player_frame(make_scene(truth, damaged, answer, rate=rate, title=title))


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument('trials'), parser.add_argument('squats')
parser.add_argument('--method', default='', help='methods, separated by commas; by default all')
parser.add_argument('--report', help='also write the page of `motionfm evaluate` here')
options = parser.parse_args()
methods = METHODS | network_methods(load_network())
methods = {name: methods[name] for name in options.method.split(',') if name} or methods
sets = {
    'CMU subjects 7 and 8': {
        name: trial for name, trial in read_trials(options.trials).items() if name.startswith(PEOPLE)
    },
    'squats from two cameras': read_trials(options.squats),
}
results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
for name, trials in sets.items():
    rows = evaluate_trials(
        trials,
        methods,
        progress=lambda row: print(
            row['scenario'],
            row['method'],
            np.round(row['metrics'].get('missing_mm') or row['metrics']['all_mm'], 1),
            flush=True,
        ),
    )
    results[name] = merged(results.get(name, []), rounded(rows))
    print(format_table(results[name]), flush=True)
    if options.report:
        write_report(
            Path(options.report).with_stem(Path(options.report).stem + '_' + name.split()[0]),
            rows,
            trials,
            methods,
            player,
            title=name,
        )
with atomic_path(RESULTS) as temporary:
    temporary.write_text(json.dumps(results, indent=0, separators=(',', ':')))
