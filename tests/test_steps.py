"""Steps between two programs, as their users meet them: projects and sessions in odd states, tables."""

import csv
import os

import pytest
from conftest import ROOT  # noqa: F401  finds the package

import motionfm
from motionfm.basics import DataError, FileError
from motionfm.reconstruct.summary_table import Failure


@pytest.fixture(scope='module')
def trial(): return motionfm.example_trial()[0]


def files(folder): return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def put(path, trial, age=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    motionfm.write(path, trial)
    if age: os.utime(path, (age, age))
    return path


def test_newest_of_each_person(tmp_path, trial):
    poses = tmp_path/'walk'/'pose-3d'
    put(poses/'walk_P0_0-359.trc', trial, 10), put(poses/'walk_P0_0-359_filt_butterworth.trc', trial, 20)
    put(poses/'walk_P1_0-359.TRC', trial, 30), put(poses/'walk_P1_10-80_filt_LOESS.trc', trial, 20)
    put(poses/'walk_P1_0-359_filt_butterworth_LSTM.trc', trial, 90)
    before = files(tmp_path)
    done = motionfm.pose2sim.repair(tmp_path/'walk', fill_only=True)
    chosen = [one.source.rpartition('/')[2] for one in done]
    assert chosen == ['walk_P0_0-359_filt_butterworth.trc', 'walk_P1_0-359.TRC']
    assert {path: path.read_bytes() for path in before} == before
    assert len(files(tmp_path)) == len(before) + 2
    with pytest.raises(FileError, match='exists already'): motionfm.pose2sim.repair(tmp_path/'walk')


@pytest.mark.parametrize('config', [b'', b'[project\n', b'\xff\xfe\x00', b'project = 5\npose = []\n',
                                    b'[project]\nframe_rate = "fast"\nexclude_from_batch = 7\n',
                                    b'[pose]\npose_model = "X"\nX = {name = "a", children = 3}\n'])
def test_odd_configurations(tmp_path, trial, config):
    put(tmp_path/'pose-3d'/'walk_0-359.trc', trial)
    (tmp_path/'Config.toml').write_bytes(config)
    [done] = motionfm.pose2sim.repair(tmp_path/'Config.toml')
    assert done.n_filled and (tmp_path/'pose-3d'/'walk_0-359_filt_motionfm.trc').exists()


def test_one_person_fails(tmp_path, trial):
    put(tmp_path/'pose-3d'/'walk_P0_0-359.trc', trial)
    (tmp_path/'pose-3d'/'walk_P1_0-359.trc').write_text('PathFileType\t4\n')
    good, bad = motionfm.pose2sim.repair(tmp_path)
    assert isinstance(bad, Failure) and 'goes on without this person' in bad.error and good.n_frames == 360


def test_nothing_to_do(tmp_path):
    for folder in tmp_path, tmp_path/'nowhere':
        with pytest.raises(FileError): motionfm.pose2sim.repair(folder)
        with pytest.raises(FileError): motionfm.opencap.repair(folder)
    for name in 'pose-3d', 'MarkerData': (tmp_path/name).mkdir()
    with pytest.raises(FileError, match='run Pose2Sim.triangulation'): motionfm.pose2sim.repair(tmp_path)
    with pytest.raises(FileError, match='no TRC found'): motionfm.opencap.repair(tmp_path)


@pytest.mark.parametrize('metadata', [None, b'', b'\xff\xff', b'- a\n: :\nframerate: x\n', b'fps: 0\n'])
def test_sessions(tmp_path, trial, metadata):
    put(tmp_path/'MarkerData'/'walk.trc', trial)
    if metadata is not None: (tmp_path/'sessionMetadata.yaml').write_bytes(metadata)
    before = files(tmp_path)
    [done] = motionfm.opencap.repair(tmp_path, max_gap='0.5s')
    assert done.output.endswith('walk_motionfm.trc') and before.items() <= files(tmp_path).items()


def test_real_session(tmp_path, shared=ROOT.parent/'shared'/'trc'/'squats.trc'):
    "Keypoints as OpenCap's core writes them."
    if not shared.exists(): pytest.skip('no real recordings here')
    stage = tmp_path/'MarkerData'/'mmpose_0.8'/'2-cameras'/'PreAugmentation'
    stage.mkdir(parents=True)
    (stage/'squats.trc').write_bytes(shared.read_bytes())
    [done] = motionfm.opencap.repair(tmp_path, fill_only=True)
    assert done.n_frames == 581 and motionfm.read(stage/'squats_motionfm.trc').markers[0] == 'Neck'


def test_table_of_a_study(tmp_path, trial):
    from motionfm.cli.table import table
    for name in 'anna', 'ben': put(tmp_path/f'{name}.trc', trial)
    table([str(tmp_path)], str(tmp_path/'all.csv'), max_gap='0.5s')
    rows = list(csv.DictReader((tmp_path/'all.csv').open()))
    assert len(rows) == 2*360*len(trial.markers)
    assert {row['state'] for row in rows} == {'seen', 'moved', 'filled', 'blank'} or \
        {row['state'] for row in rows} == {'moved', 'filled', 'blank'}
    assert all(not row['x'] for row in rows if row['state'] == 'blank')
    with pytest.raises(DataError, match='expected .csv or .parquet'): table([str(tmp_path)], 'all.xlsx')
