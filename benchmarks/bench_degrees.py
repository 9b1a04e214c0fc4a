"""What a repair is worth in degrees: OpenSim's joint angles of damaged and of repaired trials.

    pip install . opensim pose2sim     # an environment of its own, Python 3.12
    python benchmarks/bench_degrees.py ../shared/people [--report] [--squats ../shared/trc/squats.trc]

Each trial is cut to three seconds, damaged as `motionfm evaluate` damages it, and treated: gaps left as
they are, Pose2Sim's defaults (gaps under 20 frames linear, longer ones the last value, Butterworth at
6 Hz; its own functions), PCHIP and Butterworth, motionfm, motionfm with `fill_only`. Pose2Sim scales its
model to each result and OpenSim computes the angles, 20 times a second; the error is their distance from
the angles of the undamaged trial, in degrees, of the joints that 20 points determine. With --squats the
markers that OpenCap's enhancer (in Pose2Sim's wheel) adds to keypoints from video are compared as well,
in mm. The results go to `benchmarks/degrees.json`. By default the trials are of people for choosing;
--report takes those for reporting.
"""
import argparse
import contextlib
import io
import json
import logging
import os
import re
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np

from motionfm.basics import atomic_path
from motionfm.body.skeleton import JOINTS
from motionfm.evaluation.baselines import METHODS
from motionfm.evaluation.scenarios import damage_trial
from motionfm.io.files import read_trial, write_trial
from motionfm.io.trial import Trial
from motionfm.reconstruct.pipeline import load_network
from motionfm.reconstruct.trials import reconstruct_trial

os.environ['QT_QPA_PLATFORM'] = 'offscreen'
RESULTS = Path(__file__).with_name('degrees.json')
SCENARIOS = 'noise', 'joints', 'frames', 'everything'
CHOOSING = {
    'optical': ('ocx_walking2', 'HC032A_HC032A03', 'nick_squat', 'ocu_DJ1'), 'cmu': ('127_03', '06_09')}
REPORTING = {
    'optical': ('oc4_walking1', 'oc4_DJ1', 'HC044A_HC044A15', 'kirsten_DLS01'), 'cmu': ('07_05', '35_01')}
FRAMES, RATE, STEP = 180, 60., 3         # of a trial; every third frame gets angles
MODEL, HIP = 'HALPE_26', {'midHip': 'Hip'}   # Pose2Sim's marker set, and what it calls the middle of the hips
# angles that 20 points say nothing about, or hardly anything
UNDETERMINED = re.compile(r'time|.*_t[xyz]|mtp_.*|neck_.*|pro_sup_.*|wrist_.*|subtalar_.*')
LEGS = re.compile(r'(hip|knee|ankle)_.*')


class Pose2Sim:
    "What is needed of the real package."
    def __init__(self):
        import opensim
        import pandas
        with contextlib.redirect_stdout(io.StringIO()):
            from Pose2Sim import common, filtering, kinematics
        opensim.Logger.setLevelString('Off')
        opensim.Logger.removeFileSink()   # no opensim.log here
        logging.disable(logging.CRITICAL)
        self.frame, self.common = pandas.DataFrame, common
        self.filtering, self.kinematics = filtering, kinematics
        self.folder = Path(kinematics.__file__).parent

    def defaults(self, damaged: np.ndarray) -> np.ndarray:
        "Interpolate, repeat the last value, filter: (T, K, 3)."
        table = self.frame(damaged.reshape(len(damaged), -1))
        filled = table.apply(self.common.interpolate_zeros_nans, axis=0, args=[20, 'linear'])
        filled = filled.ffill().bfill()
        config = {'filtering': {'butterworth': {'order': 4, 'cut_off_frequency': 6}}}
        smooth = filled.apply(self.filtering.filter1d, axis=0, args=[config, 'butterworth', RATE])
        return smooth.to_numpy().reshape(damaged.shape)

    def angles(self, positions: np.ndarray, folder: Path, name: str) -> dict[str, np.ndarray] | None:
        "Angles in degrees of every third frame: NaN where too little is seen; None if OpenSim fails."
        positions = positions[::STEP]
        frames = np.flatnonzero(np.isfinite(positions).all(-1).sum(1) >= 4)   # it stops at an empty one
        names = [HIP.get(joint, joint) for joint in JOINTS]
        path = folder/f'{name}.trc'
        write_trial(path, Trial.from_array(positions[frames], names, RATE/STEP, units='m', up='y'))
        try:
            with contextlib.chdir(folder), quiet():
                setup = self.kinematics.get_opensim_setup_dir()
                self.kinematics.perform_scaling(path, MODEL, folder, setup, use_simple_model=True)
                self.kinematics.perform_IK(path, folder, setup, MODEL)
        except Exception as error:   # whatever the packages raise
            print(f'  {name}: no angles ({str(error)[:80]})', flush=True)
            return None
        head, _, rows = path.with_suffix('.mot').read_text().partition('endheader\n')[2].partition('\n')
        table = np.full((len(positions), len(head.split())), np.nan)
        table[frames] = np.loadtxt(io.StringIO(rows), ndmin=2)
        return dict(zip(head.split(), table.T))


@contextlib.contextmanager
def quiet():
    "Without what a library prints, whatever it is written in."
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try: yield
    finally:
        os.dup2(kept, 1)
        os.close(kept), os.close(nowhere)


def bridged(angles: np.ndarray) -> np.ndarray:
    "Frames without an angle, on the straight line between the others."
    known = np.isfinite(angles)
    return np.interp(np.arange(len(angles)), np.flatnonzero(known), angles[known])


def error(truth: dict, found: dict | None, wanted: re.Pattern | None = None) -> float | None:
    "Mean distance of angles in degrees; None where there are none."
    if found is None: return None
    names = [name for name in truth if not UNDETERMINED.fullmatch(name)]
    if wanted: names = [name for name in names if wanted.fullmatch(name)]
    away = [np.abs((bridged(found[name]) - truth[name] + 180)%360 - 180).mean() for name in names]
    return float(np.mean(away))


def repaired(damaged: np.ndarray, network, **options) -> np.ndarray:
    "(T, K, 3) as a user would have it repaired."
    trial = Trial.from_array(damaged, JOINTS, RATE, units='m', up='y')
    return reconstruct_trial(trial, network, **options).repaired.values


def methods(pose2sim: Pose2Sim, network) -> dict:
    "name -> (damaged, visible) -> (T, K, 3)"
    return {
        'gaps left': lambda damaged, visible: damaged,
        'Pose2Sim defaults': lambda damaged, visible: pose2sim.defaults(damaged),
        'PCHIP + Butterworth': lambda damaged, visible: METHODS['pchip_butterworth'](damaged, visible, RATE),
        'motionfm': lambda damaged, visible: repaired(damaged, network),
        'motionfm, fill only': lambda damaged, visible: repaired(damaged, network, fill_only=True)}


def trials_in(folder: Path, wanted: dict) -> dict[str, np.ndarray]:
    "Name: (T, 20, 3) metres, the middle three seconds."
    found = {}
    for file, names in wanted.items():
        with np.load(folder/f'{file}.npz') as people:
            for name in names:
                start = max((len(people[name]) - FRAMES)//2, 0)
                found[name] = people[name][start:start + FRAMES].astype(float)
    return found


def measure(trials: dict, pose2sim: Pose2Sim, network, scenarios) -> dict:
    "Errors in degrees: scenario -> method -> trial -> (all, legs)."
    rows: dict = {scenario: {} for scenario in scenarios}
    with tempfile.TemporaryDirectory() as place:
        for index, (name, truth) in enumerate(trials.items()):
            right = pose2sim.angles(truth, Path(place), 'truth')
            if right is None: continue
            for scenario in scenarios:
                seed = zlib.crc32(name.encode()) % 1000
                (_, damaged, visible, _), *_ = damage_trial(scenario, truth, RATE, seed, index)
                for method, treat in methods(pose2sim, network).items():
                    found = pose2sim.angles(treat(damaged, visible), Path(place), 'treated')
                    both = error(right, found), error(right, found, LEGS)
                    rows[scenario].setdefault(method, {})[name] = both
                    print(f'{name:16} {scenario:10} {method:20}', 'none' if both[0] is None else
                          f'{both[0]:6.2f} {both[1]:6.2f}', flush=True)
    return rows


def enhanced(pose2sim: Pose2Sim, positions: np.ndarray, height: float, mass: float = 70.) -> np.ndarray:
    "(T, 43, 3) metres: the markers that OpenCap's enhancer (version 0.3) adds to keypoints."
    from importlib import import_module

    import onnxruntime
    augmentation = import_module('Pose2Sim.markerAugmentation')
    hip, made = positions[:, JOINTS.index('midHip')], []
    parts = {'lower': augmentation.getOpenPoseMarkers_lowerExtremity2(),
             'upper': augmentation.getMarkers_upperExtremity_noPelvis2()}
    for part, (points, _) in parts.items():
        folder = pose2sim.folder/'MarkerAugmenter'/'LSTM'/f'v0.3_{part}'
        relative = positions[:, [JOINTS.index(point) for point in points]] - hip[:, None]
        body = np.tile([height, mass], (len(positions), 1))
        inputs = np.concatenate([relative.reshape(len(positions), -1)/height, body], 1)
        mean, deviation = (np.load(folder/f'{name}.npy', allow_pickle=True) for name in ('mean', 'std'))
        session = onnxruntime.InferenceSession(folder/'model.onnx')
        scaled = ((inputs - mean)/deviation)[None].astype(np.float32)
        output = session.run(['output_0'], {'inputs': scaled})[0][0]
        made.append(output.reshape(len(positions), -1, 3)*height + hip[:, None])
    return np.concatenate(made, 1)


def shifts(path: Path, pose2sim: Pose2Sim, network, height: float = 1.8) -> dict:
    "Mean shift in mm of the enhancer's markers, against those of the keypoints as they are."
    trial = read_trial(path)
    truth, found = trial.positions, {}
    right = enhanced(pose2sim, truth, height)
    chosen = {name: treat for name, treat in methods(pose2sim, network).items() if name != 'gaps left'}
    for scenario in 'as it is', 'joints', 'frames':
        part = (truth, truth, np.isfinite(truth).all(-1), RATE)
        if scenario != 'as it is': part = damage_trial(scenario, truth, trial.rate)[0]
        for method, treat in chosen.items():
            moved = enhanced(pose2sim, treat(part[1], part[2]), height)[:len(right)] - right
            distance = 1000*np.linalg.norm(moved, axis=-1)
            found.setdefault(scenario, {})[method] = float(distance.mean()), float(distance.max())
    return found


def table(rows: dict, part: int) -> str:
    "Means of trials as text: a line for each scenario, a column for each method."
    names = list(next(iter(rows.values())))
    lines = [f'{"":12}' + ''.join(f'{name:>22}' for name in names)]
    for scenario, by_method in rows.items():
        cells = []
        for name in names:
            known = [one[part] for one in by_method[name].values() if one[part] is not None]
            star = '*'*(len(known) < len(by_method[name]))
            cells.append(f'{np.mean(known):.2f}{star}' if known else 'none')
        lines.append(f'{scenario:12}' + ''.join(f'{cell:>22}' for cell in cells))
    return '\n'.join(lines)


def save(path: str, results: dict) -> None:
    with atomic_path(path) as temporary: temporary.write_text(json.dumps(results, indent=1) + '\n')


def main() -> None:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument('people', help='folder of optical.npz and cmu.npz')
    parser.add_argument('--report', action='store_true', help='the people for reporting')
    parser.add_argument('--squats', help='keypoints from video (TRC), for the marker enhancer')
    parser.add_argument('--trials', type=int, default=6, help='so many of the six')
    parser.add_argument('--scenario', default=','.join(SCENARIOS), help='separated by commas')
    parser.add_argument('--model-json'), parser.add_argument('--weights')
    parser.add_argument('--output', default=str(RESULTS))
    args = parser.parse_args()
    start, pose2sim = time.time(), Pose2Sim()
    files = [one for one in (args.model_json, args.weights) if one]
    network = load_network(*files)
    trials = trials_in(Path(args.people), REPORTING if args.report else CHOOSING)
    trials = dict(list(trials.items())[:args.trials])
    rows = measure(trials, pose2sim, network, args.scenario.split(',')) if trials else {}
    results = {'people': 'reporting' if args.report else 'choosing', 'trials': list(trials), 'degrees': rows}
    if args.squats: results['enhancer_mm'] = shifts(Path(args.squats), pose2sim, network)
    for part, name in enumerate(('all joints', 'hips, knees, ankles')):
        if not rows: break
        print(f'\nmean error in degrees, {name} (*: without trials for which OpenSim failed)')
        print(table(rows, part))
    for scenario, found in results.get('enhancer_mm', {}).items():
        for method, (mean, worst) in found.items():
            print(f"enhancer's markers, {scenario:9} {method:20} {mean:6.1f} mm, {worst:6.0f} at most")
    print(f'{time.time() - start:.0f} seconds')
    save(args.output, results)


if __name__ == '__main__': main()
