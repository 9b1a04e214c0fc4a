"""Without a browser every notebook runs from top to bottom here; with one, in JupyterLab, in `test_lab.py`.

Each has a process of its own, forked from one that has loaded the libraries which all of them need.
"""
import io
import multiprocessing
import os
import sys

import pytest
from conftest import ROOT
from test_lab import HAS_BROWSER, NAMES

LOADED = ['nbdev.test', 'fastcore.test', 'numpy', 'scipy.interpolate', 'scipy.optimize', 'scipy.signal']


@pytest.fixture(scope='module')
def processes():
    "Where processes are made."
    ways = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context('forkserver' if 'forkserver' in ways else 'spawn')
    if 'forkserver' in ways: context.set_forkserver_preload(LOADED)
    return context


def run(name: str, result) -> None:
    "Run a notebook as `nbdev_test` does, and send what it says of an error."
    from nbdev.test import test_nb
    multiprocessing.process._parent_process = None   # a notebook is not at work for somebody else
    os.chdir(ROOT)
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    passed, _ = test_nb(ROOT/'nbs'/f'{name}.ipynb', basepath=ROOT)
    result.send('' if passed else sys.stderr.getvalue()[-3000:] or 'failed')


@pytest.mark.parametrize('name', [] if HAS_BROWSER else NAMES)
def test_notebook(processes, name):
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=run, args=(name, theirs))
    process.start()
    theirs.close()
    try: said = ours.recv()
    except EOFError: said = 'ended without a word'
    process.join()
    assert not said
