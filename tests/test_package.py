"""What somebody meets who installs the wheel: few and light requirements, whole modules, commands and
Python far from the clone.
"""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from pathlib import Path

import pytest
from conftest import ROOT

HEAVY = 'tensorflow', 'keras', 'matplotlib', 'IPython', 'jupyterlab', 'pandas', 'xarray', 'torch'
SCRIPTS = ('motionfm', 'lstm_reconstruct_skeleton', 'dataset_metadata_viewer', 'visualize_features_meshcat',
           'visualize_features_noisy_meshcat', 'visualize_reconstruction')
PYTHONS = 'python3.11', 'python3.12', 'python3.13', 'python3.14'
MOST_MB = 400   # what `pip install .` may take


def run(program, *words, **kwargs):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, **kwargs)


def at_hand(python: str) -> bool:
    "Whether this version of Python can be run here, and make environments."
    return bool(shutil.which(python)) and run(python, '-c', 'import venv, ensurepip').returncode == 0


@pytest.mark.parametrize(
    'statement',
    [
        'import motionfm; dir(motionfm)',
        'import motionfm; motionfm.Trial, motionfm.read',
        'import motionfm.api, motionfm.reconstruct.pipeline',
        'from motionfm.cli.main import main; sys.argv = ["motionfm", "--help"]; main()',
    ],
)
def test_light_imports(statement):
    program = f'import sys\ntry:\n    exec({statement!r})\nexcept SystemExit: pass\n'
    program += f'print([name for name in {HEAVY} if name in sys.modules])'
    done = run(sys.executable, '-c', program, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == '[]', done.stdout + done.stderr


@pytest.mark.parametrize(
    'statement',
    [
        'from motionfm import Trial',
        'from motionfm import repair, read; from motionfm.io.trial import Trial',
        'from motionfm.io.files import read_trial, Trial',
    ],
)
def test_trials_of_arrays_and_tables(statement):
    "Through whichever door a trial comes, its methods know arrays, pandas and xarray."
    program = f"{statement}\ntrial = Trial.from_array([[[0, 1, 2]]]*3, ['Box'], 60, units='m', up='y')\n"
    program += "assert Trial.from_dataframe(trial.to_dataframe()).markers == ('Box',)"
    done = run(sys.executable, '-c', program, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope='module')
def wheel(tmp_path_factory) -> Path:
    "The wheel, built from what git knows, by way of the source archive that stands beside it."
    folder = tmp_path_factory.mktemp('wheel')
    copy = folder/'source'
    for name in run('git', 'ls-files', '--cached', '--others', '--exclude-standard', cwd=ROOT).stdout.split(
        '\n'
    ):
        if name and not name.startswith(('datasets/', 'nbs/', 'tests/')) and (ROOT/name).exists():
            (copy/name).parent.mkdir(parents=True, exist_ok=True)
            (copy/name).write_bytes((ROOT/name).read_bytes())
    done = run(sys.executable, '-m', 'build', '--no-isolation', '--outdir', folder, copy)
    assert done.returncode == 0, done.stderr[-2000:]
    return next(folder.glob('*.whl'))


def test_wheel_is_whole(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    kinds = '.py', '.js', '.typed', '.h5', '.json'
    modules = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / 'motionfm').rglob('*') if path.suffix in kinds
    }
    assert modules <= names
    assert not [name for name in names if not name.startswith(('motionfm/', 'motionfm-'))]
    assert wheel.stat().st_size < 25e6


def settings() -> dict:
    "What settings.ini says."
    parser = ConfigParser(delimiters=['='])
    parser.read(ROOT/'settings.ini', encoding='utf-8')
    return dict(parser['DEFAULT'])


def test_source_archive(wheel):
    "What the wheel is built from, and what it was trained on and changed; no notebooks, no tests."
    with tarfile.open(next(wheel.parent.glob('*.tar.gz'))) as archive: names = archive.getnames()
    names = {name.partition('/')[2] for name in names}
    assert {'settings.ini', 'setup.py', 'README.md', 'LICENSE', 'CHANGELOG.md', 'CITATION.cff'} <= names
    assert 'motionfm/weights/MODEL_CARD.md' in names
    elsewhere = 'nbs', 'tests', 'benchmarks', 'datasets', 'tools'
    assert not [name for name in names if name.startswith(elsewhere)]


def test_metadata(wheel):
    "What the package index and pip read."
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith('.dist-info/METADATA'))
        told = message_from_bytes(archive.read(name))
        assert any(name.endswith('licenses/LICENSE') for name in archive.namelist())
    set_here = settings()
    assert (told['Version'], told['Requires-Python']) == (set_here['version'], '>=3.11')
    assert told['License-Expression'] == 'Apache-2.0'
    versions = [one.split(' :: ')[-1] for one in told.get_all('Classifier') if ' :: 3.' in one]
    assert versions == set_here['pythons'].split()
    addresses = dict(one.split(', ') for one in told.get_all('Project-URL'))
    assert {'Documentation', 'Source', 'Issues', 'Changelog'} <= addresses.keys()
    assert set(told.get_all('Provides-Extra')) == {'train', 'view', 'lab', 'onnx', 'cluster', 'all', 'dev'}
    assert '](nbs/' not in told.get_payload() and '="nbs/' not in told.get_payload()


def test_release_agrees():
    "Versions, dates and how to install are the same in all texts; the workflow tries all that is promised."
    done = run(sys.executable, ROOT/'tools'/'release.py')
    assert done.returncode == 0 and not done.stdout.strip(), done.stdout + done.stderr
    workflow = (ROOT/'.github'/'workflows'/'test.yml').read_text(encoding='utf-8')
    row = ', '.join(f"'{version}'" for version in settings()['pythons'].split())
    assert f'python: [{row}]' in workflow and 'windows-latest' in workflow and 'macos-latest' in workflow


def test_release_of_another_version(tmp_path):
    "One command sets a version, a date, and how to install; another one takes the last back."
    for name in ('settings.ini', 'CITATION.cff', 'CHANGELOG.md', 'README.md', 'tools', 'nbs/guide',
                 'nbs/index.ipynb', 'nbs/01_front_door.ipynb', 'motionfm/__init__.py'):
        (tmp_path/name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT/name).is_dir() else shutil.copyfile
        copy(ROOT/name, tmp_path/name)
    release = lambda *words: run(sys.executable, tmp_path/'tools'/'release.py', *words)
    before = {path: path.read_bytes() for path in (tmp_path/'nbs').rglob('*') if path.is_file()}
    assert release('--on-index').returncode == 0
    assert 'pip install motionfm\n' in (tmp_path/'nbs'/'guide'/'install.md').read_text(encoding='utf-8')
    assert not release().stdout.strip() and release('--in-clone').returncode == 0
    assert {path: path.read_bytes() for path in before} == before
    assert release('9.8.7', '--released', '2031-02-03').returncode == 0
    assert release().stdout.startswith('versions differ')   # until nbdev_export
    init = tmp_path/'motionfm'/'__init__.py'
    init.write_text('__version__ = "9.8.7"\n', encoding='utf-8')
    assert not release().stdout.strip() and release('9.9').returncode == 1
    assert '## 9.8.7, 2031-02-03\n' in (tmp_path/'CHANGELOG.md').read_text(encoding='utf-8')
    assert 'date-released: 2031-02-03' in (tmp_path/'CITATION.cff').read_text(encoding='utf-8')


def test_docstrings_of_the_wheel_describe_parameters(wheel):
    """Who reads the installed files, as editors do, finds what stands beside the parameters in the
    docstring, too.
    """
    with zipfile.ZipFile(wheel) as archive: built = archive.read('motionfm/io/files.py').decode()
    source = (ROOT/'motionfm'/'io'/'files.py').read_text(encoding='utf-8')
    assert 'Parameters\n    ----------' in built and 'Parameters\n    ----------' not in source


@pytest.fixture(scope='module', params=[python for python in PYTHONS if at_hand(python)] or [sys.executable])
def base(request, wheel, tmp_path_factory) -> dict:
    """How to run commands in an environment that holds the wheel and what it requires, with an empty home
    and folder.
    """
    folder = tmp_path_factory.mktemp('environment')
    assert run(request.param, '-m', 'venv', folder).returncode == 0
    done = run(folder/'bin'/'python', '-m', 'pip', 'install', '--quiet', wheel)
    assert done.returncode == 0, done.stderr
    (folder/'home').mkdir()
    return {'cwd': folder/'home', 'env': {'HOME': str(folder/'home'), 'PATH': f'{folder}/bin:/usr/bin:/bin'}}


def test_base_is_light(base):
    packages = next(Path(base['cwd']).parent.glob('lib/python*/site-packages'))
    size = sum(
        path.stat().st_size for path in packages.rglob('*') if path.is_file() and not path.is_symlink()
    )
    assert size < MOST_MB*1e6
    found = run(
        'python',
        '-c',
        f'import importlib.util as u; print([name for name in {HEAVY} if u.find_spec(name)])',
        **base,
    )
    assert found.stdout == '[]\n'


def test_scripts(base):
    for script in SCRIPTS: assert run(script, '--help', **base).returncode == 0, script
    assert (
        run('python', '-m', 'motionfm', '--version', **base).stdout
        == run('motionfm', '--version', **base).stdout
    )


def test_demo_and_reconstruct(base):
    "The demo repairs, and names what training needs; then every format of recordings."
    done = run('motionfm', 'demo', **base)
    assert done.returncode == 0 and 'look at demo/report.html' in done.stdout, done.stdout + done.stderr
    assert 'pip install "motionfm[train]"' in done.stdout and not done.stderr
    page = (base['cwd']/'demo'/'report.html').read_text(encoding='utf-8')
    assert 'mfm' in page and 'src="http' not in page
    program = 'import motionfm\ntrial = motionfm.read("demo/reach.trc")\n'
    program += 'for ending in ("c3d", "csv", "npz"): motionfm.write(f"reach.{ending}", trial)'
    assert run('python', '-c', program, **base).returncode == 0
    for name in ('demo/reach.trc', 'reach.c3d', 'reach.csv', 'reach.npz'):
        done = run('motionfm', 'reconstruct', name, '-o', Path('out', Path(name).name), **base)
        assert done.returncode == 0 and '675 samples filled' in done.stdout, done.stdout + done.stderr
    done = run(
        'motionfm',
        'reconstruct',
        'demo/reach.trc',
        '-o',
        'again.trc',
        '--report',
        'page.html',
        '--table',
        'gaps.csv',
        **base,
    )
    assert (
        done.returncode == 0 and (base['cwd'] / 'page.html').exists() and (base['cwd'] / 'gaps.csv').exists()
    ), done.stderr


def test_bvh_from_the_base(base, shared):
    recording = sorted((shared/'bvh').glob('*.bvh'))[0]
    done = run('motionfm', 'reconstruct', recording, '-o', 'bvh.trc', **base)
    assert done.returncode == 0 and (base['cwd']/'bvh.trc').exists(), done.stderr


def test_datasets_and_evaluation_from_the_base(base):
    done = run('motionfm', 'synthesize', 'übung/dataset0', '--sequences', 20, '--subjects', 2, **base)
    assert done.returncode == 0, done.stderr
    assert (
        '"n_sequences": 20'
        in run('dataset_metadata_viewer', '--datasets_root', 'übung', '--json', **base).stdout
    )
    words = '--scenario', 'noise', '--method', 'linear,motionfm', '--most', 1
    done = run('motionfm', 'evaluate', 'übung/dataset0', *words, **base)
    assert done.returncode == 0 and 'look at report.html' in done.stdout, done.stdout + done.stderr
    (base['cwd']/'in').mkdir()
    program = (
        'import motionfm; from motionfm.body.skeleton import JOINTS\n'
        'walk = motionfm.synthesize("walk", n_frames=240)\n'
        'motionfm.write("in/walk.trc", motionfm.Trial.from_array(walk, JOINTS, 60))'
    )
    assert run('python', '-c', program, **base).returncode == 0
    done = run('motionfm', 'import', 'in', '-o', 'mine', **base)
    assert done.returncode == 0 and 'of 1 of 1 recordings added' in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    'words, extra',
    [
        (('train', '--datasets_root', 'übung'), 'train'),
        (('train', '--recipe', 'best'), 'train'),
        (('view', '--dataset-root', 'übung/dataset0'), 'view'),
        (('export',), 'onnx'),
    ],
)
def test_a_missing_extra_is_named(base, words, extra):
    "One line that says what to install, and no traceback."
    done = run('motionfm', *words, **base)
    assert done.returncode == 2 and done.stderr.count('\n') == 1, done.stdout + done.stderr
    assert f'motionfm[{extra}]' in done.stderr and 'pip install' in done.stderr, done.stderr


def test_python_from_the_base(base):
    "The front door: repair, save, evaluate, and one line where an extra is missing."
    program = '''import motionfm
trial, truth = motionfm.example_trial()
repaired = motionfm.repair(trial)
print(repaired.gaps, len(trial), repaired.save('front.trc').exists())
for name in 'show', 'explore', 'train', 'load_model', 'AccumModel':
    there = getattr(motionfm, name)   # help() and hasattr() must not fail
    try: there(trial)
    except motionfm.MotionfmError as error: print(name, error)'''
    done = run('python', '-c', program, **base)
    assert done.returncode == 0 and '360 True' in done.stdout, done.stdout + done.stderr
    lines = done.stdout.splitlines()[-5:]
    assert [line.split('motionfm[')[1].split(']')[0] for line in lines] == [
        'view',
        'view',
        'train',
        'train',
        'train',
    ], lines
