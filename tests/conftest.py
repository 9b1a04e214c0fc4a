"What the tests share: where things are."
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_itemcollected(item) -> None:
    """The tests of a file share what is costly, so one worker runs them; slow ones go where there is time.

    pytest-xdist 3.8 takes no groups from pytest 9.2, which is why `dev_requirements` stop before it.
    """
    if not item.get_closest_marker('slow'): item.add_marker(pytest.mark.xdist_group(item.path.stem))


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
