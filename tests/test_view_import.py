"""What the viewer loads, and what it needs on the disk."""
import subprocess
import sys

import pytest

HIDE = 'import sys; sys.modules |= dict.fromkeys({names!r}.split()); '   # as if they were not installed


def python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)


def test_viewer_loads_neither_keras_nor_matplotlib():
    code = (
        'import sys, motionfm.view.player, motionfm.view.widgets, motionfm.view.viewers; '
        'heavy = {"keras", "tensorflow", "matplotlib", "torch"} & set(sys.modules); '
        'sys.exit(" ".join(heavy) or 0)'
    )
    run = python(code)
    assert run.returncode == 0, run.stderr


def test_package_import_stays_light():
    code = ('import sys, motionfm; heavy = {"anywidget", "ipywidgets", "numpy"}\n'
            'sys.exit(" ".join(heavy & set(sys.modules)) or 0)')
    run = python(code)
    assert run.returncode == 0, run.stderr


def test_pages_need_the_base_installation_only():
    code = HIDE.format(
        names='matplotlib PIL ipywidgets anywidget traitlets meshcat umsgpack IPython keras'
    ) + (
        'import numpy as np; from motionfm.view.player import player_frame; '
        'from motionfm.view.scene import make_scene; '
        'print(player_frame(make_scene(np.random.default_rng(0).random((60, 20, 3))))[:7])'
    )
    run = python(code)
    assert run.stdout == '<iframe\n', run.stderr


@pytest.mark.parametrize(
    'module, absent',
    [
        ('widgets', 'ipywidgets'),
        ('widgets', 'anywidget'),
        ('meshcat', 'meshcat'),
        ('server', 'meshcat'),
        ('viewers', 'meshcat'),
    ],
)
def test_missing_extra_is_named(module, absent):
    code = HIDE.format(names=absent) + (
        f'from motionfm.basics import MotionfmError\ntry: import motionfm.view.{module}\n'
        'except MotionfmError as error: print(error)')
    run = python(code)
    assert 'run: pip install "motionfm[view]"' in run.stdout and run.stdout.count('\n') == 1, run.stderr
