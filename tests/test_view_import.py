"""What the viewer loads, and what it needs on the disk."""
import subprocess
import sys


def test_viewer_loads_neither_keras_nor_matplotlib():
    code = ('import sys, motionfm.view as view; view.player_html; '
            'heavy = {"keras", "tensorflow", "matplotlib", "torch"} & set(sys.modules); sys.exit(" ".join(heavy) or 0)')
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_package_import_stays_light():
    code = 'import sys, motionfm; sys.exit(" ".join({"anywidget", "ipywidgets", "numpy"} & set(sys.modules)) or 0)'
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
