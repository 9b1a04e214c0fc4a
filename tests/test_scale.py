"""What breaks at scale: kills, full disks, files that change, processes that die, and several that work
together.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest
from bulk_work import copy
from conftest import ROOT

from motionfm.basics import DataError, FileError
from motionfm.data.writer import synthesize_dataset
from motionfm.learn.checkpoint import output_paths
from motionfm.learn.config import TrainConfig
from motionfm.learn.train import PairBatches, train
from motionfm.reconstruct.batch import run_all, unfinished

FINDS_US = {**os.environ, 'PYTHONPATH': os.pathsep.join((str(ROOT), str(ROOT/'tests')))}
START = 'import sys; from motionfm.learn.train import _work; _work(*sys.argv[1:])'


@pytest.fixture(scope='module')
def config(tmp_path_factory) -> TrainConfig:
    "A very small run on data that is read from disk."
    root = tmp_path_factory.mktemp('data')
    synthesize_dataset(
        root / 'dataset0', 60, 2, layout='interleaved'
    )  # 30 of each person: two workers can share every batch evenly
    return TrainConfig(
        datasets_root=str(root),
        layout='interleaved',
        n_features=62,
        epochs=3,
        batch_size=8,
        hidden=4,
        layers=1,
        dropout=0.0,
        memory_gb=0.0,
        cache=str(root / 'cache'),
        val_fraction=0.5,
        save_prefix=str(root / 'whole'),
    )


@pytest.fixture(scope='module')
def whole(config):
    "The uninterrupted run."
    return train(config, 0)


def started(config, **kwargs) -> subprocess.Popen:
    "A run in a process of its own."
    return subprocess.Popen(
        [sys.executable, '-c', START, json.dumps(asdict(config)), '0'],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **kwargs,
    )


def until(condition, ended, seconds=900):
    "Wait for a condition while something runs."
    deadline = time.monotonic() + seconds
    while not condition() and not ended() and time.monotonic() < deadline: time.sleep(.02)


def test_killed_and_resumed(config, whole, tmp_path):
    killed = replace(config, epochs=2000, save_prefix=str(tmp_path/'net'))
    process = started(killed)
    until(output_paths(killed.save_prefix)['history'].exists, lambda: process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    reached = len(output_paths(killed.save_prefix)['history'].read_text().splitlines()) - 1
    resumed = train(replace(killed, epochs=max(3, reached + 2), resume=True), 0)
    assert resumed.history[:3] == whole.history and len(resumed.history) == max(3, reached + 2)


def test_full_disk(config, whole, tmp_path):
    """Files of more than 60 kB can't be written any more: the state of epoch 1 is kept, and nothing half-
    written is left.
    """
    import resource
    network = replace(config, hidden=24, save_prefix=str(tmp_path/'net'), epochs=1)
    train(network, 0)
    kept = lambda: {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    before = kept()
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
    process = started(replace(network, epochs=3, resume=True), preexec_fn=limit)
    said = process.communicate()[1].strip().splitlines()[-1]
    assert process.returncode == 2 and 'could not be written' in said and 'net' in said, said
    assert kept().keys() == before.keys() and [name for name in before if kept()[name] != before[name]] == []
    assert len(train(replace(network, epochs=2, resume=True), 0).history) == 2


def test_full_disk_for_the_cache(config, tmp_path):
    code = (
        'import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n'
        'from motionfm.data.cache import cache_dataset; from motionfm.data.dataset import open_dataset\n'
        'from motionfm.basics import FileError\n'
        'try: cache_dataset(open_dataset(sys.argv[1]), sys.argv[2])\n'
        'except FileError as error: print(error)'
    )
    said = subprocess.run(
        [sys.executable, '-c', code, Path(config.datasets_root) / 'dataset0', tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert 'could not be written' in said.stdout and said.stdout.count('\n') == 1, said
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_prepared_data_cut_short_during_training(config, whole, tmp_path, monkeypatch):
    network = replace(config, save_prefix=str(tmp_path/'net'), cache=str(tmp_path/'cache'))
    original = PairBatches.start_epoch
    def cut(self, epoch):
        original(self, epoch)
        if epoch == 2 and not self.fixed: os.truncate(next(tmp_path.glob('cache/*/joints.f32')), 5000)
    monkeypatch.setattr(PairBatches, 'start_epoch', cut)
    with pytest.raises(FileError, match='joints.f32: ends before window .* go on with resume=True'):
        train(network, 0)
    monkeypatch.setattr(PairBatches, 'start_epoch', original)
    assert train(replace(network, resume=True), 0).history == whole.history


def test_source_vanishes_during_training(config, whole, tmp_path, monkeypatch):
    "What is prepared stays; the run ends as if nothing had happened."
    import shutil
    shutil.copytree(Path(config.datasets_root)/'dataset0', tmp_path/'data'/'dataset0')
    original = PairBatches.start_epoch
    def vanish(self, epoch):
        original(self, epoch)
        if epoch == 2:
            shutil.rmtree(tmp_path / 'data', ignore_errors=True)
            shutil.rmtree(tmp_path / 'cache', ignore_errors=True)

    monkeypatch.setattr(PairBatches, 'start_epoch', vanish)
    network = replace(
        config,
        datasets_root=str(tmp_path / 'data'),
        cache=str(tmp_path / 'cache'),
        save_prefix=str(tmp_path / 'net'),
    )
    assert train(network, 0).history == whole.history


def test_two_processes_prepare_at_once(config, tmp_path):
    code = (
        'import sys; from motionfm.learn.pairs import load_sequences; from zlib import crc32\n'
        's = load_sequences([sys.argv[1]], memory_gb=0, cache=sys.argv[2])\n'
        'print(s.checksum, crc32(s.joints[:]))'
    )
    both = [
        subprocess.Popen(
            [sys.executable, '-c', code, Path(config.datasets_root) / 'dataset0', tmp_path],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    told = [process.communicate()[0] for process in both]
    assert told[0] == told[1] and told[0].count(' ') == 1
    assert len(list(tmp_path.glob('*/joints.f32'))) == 1 and not list(tmp_path.glob('.tmp*'))


# Recordings

@pytest.fixture
def plan(tmp_path):
    names = ['a', 'broken', 'b', 'deadly', *'cdef']
    for name in names: (tmp_path/f'{name}.trc').write_text(name)
    return [(tmp_path/f'{name}.trc', tmp_path/f'{name}.out') for name in names]


def test_all_but_the_broken_are_done(plan):
    told = {source.stem: str(result) for (source, _), result in run_all(plan, copy, jobs=2)}
    assert told.keys() == {source.stem for source, _ in plan}
    assert (
        told['broken'].endswith('broken.trc: ValueError: two lines')
        and 'deadly.trc: the process that worked on it died' in told['deadly']
    )
    assert {name: said for name, said in told.items() if name not in ('broken', 'deadly')} == {
        name: name for name in 'abcdef'
    }
    assert [source.stem for source, _ in unfinished(plan)] == ['broken', 'deadly']


@pytest.mark.skipif(find_spec('distributed') is None, reason='needs Dask')
def test_the_same_on_a_cluster(plan):
    from distributed import LocalCluster
    plan = [job for job in plan if job[0].stem != 'deadly']
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        host='127.0.0.1',
        dashboard_address='127.0.0.1:0',
        processes=False,
        protocol='tcp',
    ) as cluster:
        told = {
            source.stem: str(result)
            for (source, _), result in run_all(plan, copy, cluster=cluster.scheduler_address)
        }
    assert told['broken'].endswith('ValueError: two lines') and told['f'] == 'f' and len(told) == 7


@pytest.mark.skipif(find_spec('distributed') is None, reason='needs Dask')
def test_a_scheduler_that_is_killed(plan, tmp_path):
    told = tmp_path/'where.json'
    scheduler = subprocess.Popen(
        [
            sys.executable,
            '-m',
            'distributed.cli.dask_scheduler',
            '--host',
            '127.0.0.1',
            '--port',
            '0',
            '--no-dashboard',
            '--scheduler-file',
            told,
        ],
        stderr=subprocess.DEVNULL,
        env=FINDS_US,
    )
    try:
        until(lambda: told.exists() and told.read_text().endswith('}'), lambda: scheduler.poll() is not None)
        with ThreadPoolExecutor() as pool:
            running = pool.submit(list, run_all(plan, copy, cluster=json.loads(told.read_text())['address']))
            until(
                lambda: any(
                    one.status == 'ESTABLISHED' for one in psutil.Process(scheduler.pid).net_connections()
                ),
                running.done,
            )
            time.sleep(1)   # nobody works here, so all wait
            scheduler.kill()
            with pytest.raises(
                FileError, match='the scheduler is gone; what was done is kept; go on with resume=True'
            ):
                running.result()
    finally: scheduler.kill(); scheduler.wait()


def test_nobody_stays_behind(tmp_path):
    "Processes that repair recordings end when the one that started them is killed."
    code = (
        'import sys; from pathlib import Path; from bulk_work import endless\n'
        'from motionfm.reconstruct.batch import run_all\n'
        "folder = Path(sys.argv[1]); plan = [(folder/f'{n}.in', folder/f'{n}.out') for n in 'ab']\n"
        "if __name__ == '__main__': list(run_all(plan, endless, jobs=2))"
    )
    (tmp_path/'chief.py').write_text(code)
    chief = subprocess.Popen([sys.executable, tmp_path/'chief.py', tmp_path], env=FINDS_US)
    until(lambda: len(list(tmp_path.glob('*.out'))) == 2, lambda: chief.poll() is not None)
    helpers = psutil.Process(chief.pid).children(recursive=True)
    chief.kill()
    assert chief.wait() == -signal.SIGKILL and len(helpers) >= 2
    assert psutil.wait_procs(helpers, timeout=120)[1] == []


# Several processes that train one network

@pytest.mark.skipif(find_spec('jax') is None, reason='needs JAX')
def test_two_workers_are_as_good_as_one(config, tmp_path):
    "The same weights as one process with the same batches; one worker is killed on the way."
    several = replace(config, workers=2, epochs=400, save_prefix=str(tmp_path/'two'))
    history = output_paths(several.save_prefix)['history']
    with ThreadPoolExecutor() as pool:
        running = pool.submit(train, several, 0)
        until(history.exists, running.done)
        workers = [child for child in psutil.Process().children() if START in child.cmdline()]
        assert len(workers) == 2
        workers[1].kill()
        with pytest.raises(
            DataError, match=r'worker 1 stopped \(SIGKILL\); what was reached is kept; go on with resume=True'
        ):
            running.result()
    assert not any(worker.is_running() for worker in workers)
    epochs = len(history.read_text().splitlines()) + 1
    two = train(replace(several, epochs=epochs, resume=True), 0)
    alone = replace(config, epochs=epochs, save_prefix=str(tmp_path/'one'))
    process = started(alone, env={**os.environ, 'KERAS_BACKEND': 'jax'})
    assert process.wait() == 0
    assert len(two.history) == epochs
    def weights(prefix):
        found = {}
        with h5py.File(f'{prefix}.weights.h5') as file:
            file.visititems(
                lambda name, node: found.update({name: node[()]}) if isinstance(node, h5py.Dataset) else None
            )
        return found
    one, both = weights(tmp_path/'one'), weights(tmp_path/'two')
    assert one.keys() == both.keys() and len(one) >= 8
    for name in one: np.testing.assert_allclose(both[name], one[name], atol=1e-5)


def test_reconstruct_a_folder_on_two_processes(tmp_path, motionfm):
    "A broken recording is told, the others are done; what is done is left out when the run goes on."
    from motionfm.cli.demo import example_trial
    from motionfm.io.files import write_trial
    from motionfm.learn.model import build_model, save_architecture, save_weights
    network, trial = build_model(hidden=4, layers=1), example_trial()[0]
    save_architecture(network, tmp_path/'net.json'); save_weights(network, tmp_path/'net.weights.h5')
    (tmp_path/'in').mkdir()
    for name in 'ab': write_trial(tmp_path/'in'/f'{name}.trc', trial)
    (tmp_path/'in'/'broken.trc').write_text('no recording')
    words = [
        'reconstruct',
        tmp_path / 'in',
        '-o',
        tmp_path / 'out',
        '--model-json',
        tmp_path / 'net.json',
        '--weights',
        tmp_path / 'net.weights.h5',
        '--jobs',
        2,
    ]
    code, told = motionfm(*words)
    assert code == 2 and '1 of 3 recordings could not be repaired: broken.trc' in told, told
    def in_table() -> list[str]:
        with open(tmp_path/'out'/'summary.csv', encoding='utf-8', newline='') as file:
            return [Path(row['recording']).name for row in csv.DictReader(file)]
    names = 'a.trc', 'b.trc', 'broken.trc'
    lines = [line.split()[0] for line in told.splitlines() if line.startswith(names)]
    assert in_table() == lines[:3] == [*names], 'whichever was done first'
    before = {name: (tmp_path/'out'/f'{name}.trc').stat().st_mtime_ns for name in 'ab'}
    write_trial(tmp_path/'in'/'broken.trc', trial)
    code, told = motionfm(*words, '--resume')
    assert code == 0 and '2 of 3 recordings have a result already' in told, told
    assert {name: (tmp_path / 'out' / f'{name}.trc').stat().st_mtime_ns for name in 'ab'} == before and (
        tmp_path / 'out' / 'broken.trc'
    ).exists()
    assert in_table() == ['a.trc', 'b.trc', 'broken.trc', 'broken.trc']
    code, told = motionfm(*words, '--resume')
    assert code == 0 and 'nothing is left to do' in told and 'longest gap' not in told, told
