"""Whether feet stand still, and above the floor, after repair: `python benchmarks/bench_feet.py [--report]`.

People and damage are those of `bench_people.py`. For each group and scenario: how far heels and toes slide
while they stand, in the mean over contacts, as recorded before the damage and after the repair, each in its
own contacts; the largest such mean of a trial; and how far at most a foot that was hidden comes to lie under
the lowest place where one was seen. All in mm. Without `--report` people who were left out while settings
were chosen, with it those who are kept for reporting.
"""
import argparse

import numpy as np
from bench_people import groups, MAIN

from motionfm.body.skeleton import JOINT_COUNTS
from motionfm.estimate.feet import find_contacts, FOOT_JOINTS, foot_slide
from motionfm.evaluation.benchmark import align_columns, network_methods
from motionfm.evaluation.scenarios import SCENARIOS
from motionfm.reconstruct.pipeline import load_network


def slide_mm(positions: np.ndarray, rate: float) -> float:
    "How far standing feet slide, in the mean over contacts."
    return 1000*foot_slide(positions, find_contacts(positions, rate), rate)[0]


def sunk_mm(repaired: np.ndarray, visible: np.ndarray) -> float:
    "How far at most a hidden heel or toe is under the lowest place where one was seen."
    heights, seen = repaired[:, FOOT_JOINTS, 1], visible[:, FOOT_JOINTS]
    floor = np.tile(np.where(seen, heights, np.inf).min(0).reshape(2, -1).min(0), 2)
    return 1000*float(np.where(seen | np.isinf(floor), 0, floor - heights).clip(0).max())


def main():
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument('--report', action='store_true', help='people who are kept for reporting')
    options = parser.parse_args()
    repair = network_methods(load_network())['motionfm']
    table = [['people', 'scenario', 'recorded', 'repaired', 'largest of a trial', 'under the floor']]
    for group, trials in groups(options.report).items():
        for scenario in MAIN:
            found = []
            for number, (truth, rate) in enumerate(trials.values()):
                if truth.shape[1] not in JOINT_COUNTS: continue
                damaged = SCENARIOS[scenario].damage(truth, np.random.default_rng(number), rate)
                if damaged is None: continue
                repaired = repair(*damaged, rate)
                repaired = repaired[0] if isinstance(repaired, tuple) else repaired
                found.append((slide_mm(truth, rate), slide_mm(repaired, rate), sunk_mm(repaired, damaged[1])))
            recorded, slides, sunk = zip(*found)
            figures = np.mean(recorded), np.mean(slides), max(slides), max(sunk)
            table.append([group, scenario, *(f'{figure:.1f}' for figure in figures)])
    print('\n'.join(align_columns(table)))


if __name__ == '__main__': main()
