"""Many recordings: `python benchmarks/bench_folder.py [--files N] [--trials N] [--copies N] [--hours N ...]`.

Three measurements of `motionfm reconstruct`, with marker sets whose names tell nothing: a folder on the
cores of this machine, which is killed (SIGKILL) when half is done and goes on with `--resume`; trials on a
Dask cluster of two workers; and a folder of very many files that are only copied, for what planning,
handing out and resuming cost by themselves. One of `motionfm train --recipe best --recordings`: very short
training on so many hours, made by repetition of synthetic people. Memory is the largest sum over all
processes of a run, and the largest of the process that hands out the work. Writes benchmarks/folder.json
after each; `--only` chooses.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from bench_scale import processor

RESULT = Path(__file__).resolve().parent/'folder.json'
ROOT = RESULT.parent.parent
PARTS = 'folder', 'cluster', 'copies', 'recordings'
ENVIRONMENT = {**os.environ, 'PYTHONPATH': os.pathsep.join((str(ROOT), str(ROOT/'benchmarks')))}
COPYING = '''import sys, time
from pathlib import Path
from shutil import copyfile
from motionfm.reconstruct.batch import run_all, unfinished
from motionfm.reconstruct.outputs import plan_outputs
if __name__ == '__main__':
    begin = time.time()
    plan = plan_outputs(sys.argv[1], sys.argv[2], True)
    left, known = unfinished(plan), time.time()
    for job, result in run_all(left, copyfile, 2): assert Path(result) == job[1], result
    print(len(plan), len(left), known - begin, time.time() - known)
'''
TRAINING = '''import resource, sys, time
from dataclasses import replace
from motionfm.learn import recipe
few = dict(batches_per_epoch=4, prior_crops=320, synthetic=2, group=8, first_groups=2, n_judged=2)
recipe.SETTINGS = replace(recipe.SETTINGS, **few)
begin = time.process_time()
recipe.train_recipe(recordings=sys.argv[1], save_prefix=sys.argv[2], cache=sys.argv[3], epochs=1, hidden=8,
                    layers=1, overwrite=True)
print(time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1e3)
'''


def make(folder: Path, number: int, frames: int, points: int) -> None:
    "So many recordings of markers with a gap: a piece of a synthetic walk each, and a marker on each joint."
    import motionfm
    rng, names = np.random.default_rng(0), [f'M{point:02}' for point in range(points)]
    people = [motionfm.synthesize('walk', seed=seed, n_frames=600) for seed in range(4)]
    folder.mkdir(parents=True)
    for one in range(number):
        begin = rng.integers(600 - frames)
        joints = people[one % len(people)][begin:begin + frames, rng.permutation(20)[:points]].astype(float)
        positions = joints + rng.normal(0, .03, (points, 3)) + rng.normal(0, .0002, joints.shape)
        gap = rng.integers(frames//3, frames//2)
        positions[gap:gap + 6, rng.integers(points)] = np.nan
        motionfm.write(folder/f'trial{one:05}.trc', motionfm.Trial.from_array(positions, names, 60))


class Watch:
    "Memory and processor time of a process and all that it started."
    def __init__(self, *pids: int):
        self.processes = [psutil.Process(pid) for pid in pids]
        self.peak = self.chief = 0.
        self.spent: dict[psutil.Process, float] = {}   # by pid and start: numbers are given out again

    def look(self) -> None:
        memory = []
        for process in self.processes:
            for one in [process, *self._children(process)]:
                try: memory.append(one.memory_info().rss/1e6); times = one.cpu_times()
                except psutil.Error: memory.append(0.); continue
                self.spent[one] = times.user + times.system
        self.peak, self.chief = max(self.peak, sum(memory)), max(self.chief, memory[0])

    def _children(self, process) -> list:
        try: return process.children(recursive=True)
        except psutil.Error: return []

    def usage(self) -> dict:
        return {'peak_mb': round(self.peak), 'chief_mb': round(self.chief),
                'cpu_s': round(sum(self.spent.values()), 1)}


def watched(words: list, others=(), until=lambda: False) -> tuple[subprocess.Popen, Watch, float]:
    "Run a command, look at it all the time, kill it when `until` holds; how long it ran."
    begin, printed = time.monotonic(), tempfile.TemporaryFile('w+')   # noqa: SIM115  a pipe would be full
    process = subprocess.Popen([sys.executable, *map(str, words)], stdout=printed,
                               stderr=subprocess.STDOUT, env=ENVIRONMENT)
    watch = Watch(process.pid, *others)
    while process.poll() is None:
        watch.look()
        if until(): process.send_signal(signal.SIGKILL)
        time.sleep(.25)
    seconds = time.monotonic() - begin
    printed.seek(0)
    process.stdout = printed
    return process, watch, seconds


def done_in(folder: Path) -> list[Path]:
    "Results, without what is half written at the moment."
    return [path for path in folder.glob('*.trc') if not path.name.startswith('.')]


def on_cores(root: Path, args) -> dict:
    "A folder on two processes, killed when half of it is done, and gone on with."
    make(root/'in', args.files, args.frames, args.points)
    words = ['-m', 'motionfm', 'reconstruct', root/'in', '-o', root/'out', '--jobs', 2]
    killed, before, first_s = watched(words, until=lambda: len(done_in(root/'out')) >= args.files//2)
    assert not psutil.wait_procs(before.spent, 60)[1], 'a helper has stayed behind'
    kept = {path.name: path.stat().st_mtime_ns for path in done_in(root/'out')}
    assert killed.returncode == -signal.SIGKILL and len(kept) >= args.files//2, killed.stdout.read()
    half_written = len(list((root/'out').glob('.tmp*')))
    resumed, after, second_s = watched([*words, '--resume'])
    assert resumed.returncode == 0, resumed.stdout.read()[-2000:]
    untouched = sum((root/'out'/name).stat().st_mtime_ns == time_ns for name, time_ns in kept.items())
    assert untouched == len(kept) and len(done_in(root/'out')) == args.files
    seconds, cpu = first_s + second_s, before.usage()['cpu_s'] + after.usage()['cpu_s']
    return {'files': args.files, 'frames': args.frames, 'points': args.points, 'jobs': 2,
            'wall_s': round(seconds, 1), 'cpu_s': round(cpu, 1), 'files_per_cpu_s': round(args.files/cpu, 2),
            'peak_mb': max(before.usage()['peak_mb'], after.usage()['peak_mb']),
            'chief_mb': max(before.usage()['chief_mb'], after.usage()['chief_mb']),
            'killed_after': len(kept), 'temporary_left': half_written,
            'resumed': args.files - len(kept), 'untouched': untouched}


def on_cluster(root: Path, args) -> dict:
    "Trials on a Dask cluster of two workers of one thread each."
    make(root/'in', args.trials, args.frames, args.points)
    dask = [sys.executable, '-m', 'distributed.cli.dask_scheduler', '--host', '127.0.0.1', '--port', '0',
            '--no-dashboard', '--scheduler-file', root/'where.json']
    quiet = {'stderr': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL, 'env': ENVIRONMENT}
    cluster = [subprocess.Popen([str(word) for word in dask], **quiet)]
    try:
        while not (root/'where.json').exists(): time.sleep(.2)
        for _ in range(2):
            words = ['-m', 'distributed.cli.dask_worker', '--scheduler-file', root/'where.json',
                     '--nworkers', 1, '--nthreads', 1, '--no-dashboard', '--local-directory', root/'dask']
            cluster.append(subprocess.Popen([sys.executable, *map(str, words)], **quiet))
        time.sleep(1)
        address = json.loads((root/'where.json').read_text())['address']
        words = ['-m', 'motionfm', 'reconstruct', root/'in', '-o', root/'out', '--cluster', address]
        process, watch, seconds = watched(words, [one.pid for one in cluster])
    finally:
        for one in reversed(cluster): one.terminate(); one.wait()
    assert process.returncode == 0 and len(done_in(root/'out')) == args.trials, process.stdout.read()[-2000:]
    used = watch.usage()
    return {'trials': args.trials, 'frames': args.frames, 'points': args.points, 'workers': 2,
            'wall_s': round(seconds, 1), 'trials_per_cpu_s': round(args.trials/used['cpu_s'], 2), **used}


def copied(root: Path, args) -> dict:
    "Very many files that are only copied, and then a run that finds nothing to do."
    (root/'in').mkdir(parents=True)
    for one in range(args.copies): (root/'in'/f'trial{one:05}.trc').write_text('a recording\n')
    (root/'copying.py').write_text(COPYING)
    rows = [watched([root/'copying.py', root/'in', root/'out']) for _ in range(2)]
    first, again = ([float(word) for word in process.stdout.read().split()[-4:]] for process, *_ in rows)
    assert first[:2] == [args.copies]*2 and again[:2] == [args.copies, 0.], (first, again)
    return {'files': args.copies, 'plan_s': round(first[2], 2), 'hand_out_s': round(first[3], 1),
            'nothing_to_do_s': round(again[2], 2), **rows[0][1].usage()}


def make_hours(folder: Path, hours: int) -> None:
    "So many files of an hour each: four that differ, and further names of these."
    import motionfm
    folder.mkdir(parents=True)
    for one in range(hours):
        target = folder/f'people{one:03}.npz'
        if one >= 4: os.link(folder/f'people{one % 4:03}.npz', target); continue
        rng, trials = np.random.default_rng(one), {}
        for part, activity in enumerate(('walk', 'run', 'squat', 'reach', 'kick', 'jump')):
            motion = np.tile(motionfm.synthesize(activity, seed=one, n_frames=600), (60, 1, 1))
            noise = rng.normal(0, .001, motion.shape).astype(np.float32)
            trials[f'{"AB"[part % 2]}_{activity}'] = motion + noise
        np.savez(target, **trials)


def learned_from(root: Path, args) -> list[dict]:
    "Memory and processor time of a very short training on hours of recordings."
    rows = []
    for hours in args.hours:
        make_hours(root/f'{hours}', hours)
        (root/'training.py').write_text(TRAINING)
        process, watch, seconds = watched([root/'training.py', root/f'{hours}', root/'net', root/'cache'])
        printed = process.stdout.read()
        assert process.returncode == 0, printed[-2000:]
        cpu_s, peak_mb = map(float, printed.split()[-2:])
        rows.append({'hours': hours, 'motion_mb': round(hours*3600*60*240/1e6), 'cpu_s': round(cpu_s, 1),
                     'wall_s': round(seconds, 1), 'peak_mb': round(peak_mb),
                     'left_in_cache': len(list((root/'cache').glob('*')))})
        print(rows[-1], flush=True)
        shutil.rmtree(root/f'{hours}')
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--files', type=int, default=10_000, help='in the folder that is repaired')
    parser.add_argument('--trials', type=int, default=1_000, help='for the cluster')
    parser.add_argument('--copies', type=int, default=10_000, help='files that are only copied')
    parser.add_argument('--hours', type=int, nargs='+', default=[1, 10, 100], help='to learn from')
    parser.add_argument('--frames', type=int, default=60, help='of each recording')
    parser.add_argument('--points', type=int, default=8, help='of each recording')
    parser.add_argument('--folder', default=None, help='where to put the data meanwhile')
    parser.add_argument('--only', choices=PARTS, action='append', help='measure only this')
    args = parser.parse_args()
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    results['machine'] = processor()
    for name, measure in zip(PARTS, (on_cores, on_cluster, copied, learned_from)):
        if args.only and name not in args.only: continue
        root = Path(tempfile.mkdtemp(dir=args.folder))
        try: results[name] = measure(root, args)
        finally: shutil.rmtree(root)
        print(name, results[name], flush=True)
        RESULT.write_text(json.dumps(results, indent=1) + '\n')


if __name__ == '__main__': main()
