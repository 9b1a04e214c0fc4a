"What somebody meets who installs the wheel: light imports, all files, commands that work away from the repository."
import os
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from conftest import ROOT

NEEDLESS = ('jupyterlab', 'notebook', 'nbdev', 'pytest', 'playwright', 'smalldocs', 'ezc3d', 'torch')   # nobody who only uses motionfm has them
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


def needed(requirements: list[str]) -> dict[str, Distribution]:
    "The distributions that these requirements bring along, extras left out; those of this environment."
    found, todo = {}, [Requirement(text) for text in requirements]
    while todo:
        asked = todo.pop()
        if asked.marker and not any(asked.marker.evaluate({'extra': extra}) for extra in asked.extras or {''}): continue
        if asked.name.lower() in found: continue
        found[asked.name.lower()] = distribution(asked.name)
        todo += [Requirement(text) for text in found[asked.name.lower()].requires or [] if 'extra ==' not in text]
    return found


@pytest.fixture(scope='module')
def empty(wheel, tmp_path_factory) -> dict:
    "How to run commands in an environment that holds the wheel and what it says it needs, nothing else: an empty home, an empty folder."
    folder = tmp_path_factory.mktemp('environment')
    run(sys.executable, '-m', 'venv', '--without-pip', folder)
    packages = next(folder.glob('lib/python*/site-packages'))
    metadata = zipfile.ZipFile(wheel).read(next(name for name in zipfile.ZipFile(wheel).namelist() if name.endswith('METADATA'))).decode()
    for found in needed([line.split(': ', 1)[1] for line in metadata.split('\n') if line.startswith('Requires-Dist') and 'extra ==' not in line]).values():
        for top in {file.parts[0] for file in found.files if file.parts[0] not in ('..', '__pycache__')}:
            if not (packages/top).exists(): (packages/top).symlink_to(found.locate_file(top))
    done = run(sys.executable, '-m', 'pip', '--python', folder/'bin'/'python', 'install', '--quiet', '--no-deps', '--no-index', wheel)
    assert done.returncode == 0, done.stderr
    (folder/'home').mkdir()
    return {'cwd': folder/'home', 'env': {'HOME': str(folder/'home'), 'PATH': f'{folder}/bin:/usr/bin:/bin', 'CUDA_VISIBLE_DEVICES': ''}}


def test_no_needless_package_is_asked_for(empty):
    there = run('python', '-c', f'import importlib.util as u, motionfm; print(motionfm.__file__, [n for n in {NEEDLESS} if u.find_spec(n)])', **empty)
    assert there.stdout.strip().endswith('motionfm/__init__.py []') and str(ROOT) not in there.stdout, there.stdout + there.stderr


def test_demo_and_reconstruct_from_the_wheel(empty):
    done = run('motionfm', 'demo', '--epochs', 1, **empty)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'Warning' not in done.stderr and 'look at demo/report.html' in done.stdout, done.stderr
    report = (empty['cwd']/'demo'/'report.html').read_text(encoding='utf-8')
    assert 'mfm' in report and 'src="http' not in report
    done = run('motionfm', 'reconstruct', 'demo/reach.trc', '-o', 'whole.trc', '--weights', 'demo/model_best.weights.h5', '--model-json', 'demo/model.json', **empty)
    assert done.returncode == 0 and '675 samples filled' in done.stdout, done.stdout + done.stderr


def test_a_missing_extra_is_named(empty):
    "Who opens a C3D file without the library for it reads what to install."
    (empty['cwd']/'lab.c3d').write_bytes(b'\x02\x50' + bytes(1022))
    program = 'from motionfm.formats import read_trial; read_trial("lab.c3d")'
    done = run('python', '-c', program, **empty)
    assert 'pip install "motionfm[c3d]"' in done.stderr, done.stderr
