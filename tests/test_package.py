"What somebody meets who installs the wheel: light imports, all files, commands that work away from the repository."
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT

HEAVY = ('tensorflow', 'keras', 'matplotlib', 'IPython', 'jupyterlab')


def run(program, *words, **kwargs):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, **kwargs)


@pytest.mark.parametrize('statement', ['import motionfm', 'from motionfm.cli import app, main; import sys; sys.argv = ["motionfm", "--help"]; main()'])
def test_light_imports(statement):
    program = f'import sys\ntry:\n    exec({statement!r})\nexcept SystemExit: pass\nprint([name for name in {HEAVY} if name in sys.modules])'
    done = run(sys.executable, '-c', program, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == '[]', done.stdout + done.stderr


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('wheel')
    copy = folder/'source'
    files = run('git', 'ls-files', '--cached', '--others', '--exclude-standard', cwd=ROOT).stdout.split('\n')
    for name in files:
        if name and not name.startswith(('datasets/', 'nbs/', 'tests/')) and (ROOT/name).exists():
            (copy/name).parent.mkdir(parents=True, exist_ok=True)
            (copy/name).write_bytes((ROOT/name).read_bytes())
    done = run(sys.executable, '-m', 'build', '--wheel', '--no-isolation', '--outdir', folder, copy)
    assert done.returncode == 0, done.stderr[-2000:]
    return next(folder.glob('*.whl'))


def test_wheel_is_whole(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {f'motionfm/{path.name}' for path in (ROOT/'motionfm').iterdir() if path.suffix in ('.py', '.js', '.typed')}
    assert modules <= names
    assert not [name for name in names if not name.startswith(('motionfm/', 'motionfm-'))]
    assert wheel.stat().st_size < 25e6


def test_wheel_works_in_an_empty_folder(wheel, tmp_path):
    site, away = tmp_path/'site', tmp_path/'a folder, away'
    away.mkdir()
    done = run(sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--target', site, wheel)
    assert done.returncode == 0, done.stderr
    alone = {'cwd': away, 'env': os.environ | {'PYTHONPATH': str(site), 'MPLCONFIGDIR': str(tmp_path)}}
    assert run(sys.executable, '-c', 'import motionfm; print(motionfm.__file__)', **alone).stdout.startswith(str(site))
    for script in ('motionfm', 'lstm_reconstruct_skeleton', 'dataset_metadata_viewer', 'visualize_features_meshcat',
                   'visualize_features_noisy_meshcat', 'visualize_reconstruction'):
        assert run(site/'bin'/script, '--help', **alone).returncode == 0, script
    made = run(site/'bin'/'motionfm', 'synthesize', 'übung/dataset0', '--sequences', 20, '--subjects', 2, **alone)
    assert made.returncode == 0, made.stderr
    listed = run(site/'bin'/'dataset_metadata_viewer', '--datasets_root', 'übung', '--json', **alone)
    assert '"n_sequences": 20' in listed.stdout, listed.stderr
