"What the tests share: where things are."
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def shared() -> Path:
    "The folder of real recordings beside the repository."
    folder = ROOT.parent/'shared'
    if not folder.is_dir(): pytest.skip('no real recordings: ../shared is not here')
    return folder


@pytest.fixture
def motionfm(capsys):
    "Run a command in this process; its exit code and what it printed."
    from motionfm import cli

    def run(*words) -> tuple[int, str]:
        try: cli._run(cli.app, [str(word) for word in words], 'motionfm')
        except SystemExit as exit: code = exit.code or 0
        printed = capsys.readouterr()
        return code, printed.out + printed.err
    return run
