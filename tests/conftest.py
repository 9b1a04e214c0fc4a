"What the tests share: where things are."
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent

# Files whose tests share something costly: a site, a network, an environment; one worker takes all of a file.
_SHARING = 'commands docs evaluate marker_faults package pages_browser review scale'
TOGETHER = {f'test_{name}' for name in _SHARING.split()}
# The notebooks that take longest: these first, so that no worker is left with one at the end.
LONGEST = ('learn/309_recipe', 'learn/305_model', 'learn/308_train', 'tutorials/corruption', '01_front_door')


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in TOGETHER: item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=_turn)


def _turn(item) -> tuple[bool, bool]:
    "Notebooks first, as each worker has one JupyterLab for them; of these, those that take longest."
    return item.path.stem != 'test_notebooks', not any(f'[{name}]' in item.name for name in LONGEST)


@pytest.fixture(scope='session')
def shared() -> Path:
    "The folder of real recordings beside the repository."
    folder = ROOT.parent/'shared'
    if not folder.is_dir(): pytest.skip('no real recordings: ../shared is not here')
    return folder


@pytest.fixture(scope='session')
def people(shared) -> dict:
    "Whole trials of the CMU database by name, as 05_01: (T, 20, 3) metres, 60 Hz; not to be changed."
    with np.load(shared/'people'/'cmu.npz') as trials: return {name: trials[name] for name in trials}


@pytest.fixture
def motionfm(capsys):
    "Run a command in this process; its exit code and what it printed."
    from motionfm.cli import app, main  # main registers all commands
    assert main

    def run(*words) -> tuple[int, str]:
        try: app.run_app(app.app, [str(word) for word in words], 'motionfm')
        except SystemExit as exit: code = exit.code or 0
        printed = capsys.readouterr()
        return code, printed.out + printed.err
    return run
