"Work for `run_all` that other processes can find by its name, and that loads no network."
import os
import signal
import time
from pathlib import Path


def copy(source: Path, target: Path) -> str:
    "Copies; breaks on 'broken', and takes its process with it on 'deadly'."
    if source.stem == 'deadly': os.kill(os.getpid(), signal.SIGKILL)
    if source.stem == 'broken': raise ValueError('two\nlines')
    target.write_text(source.read_text())
    return source.stem


def endless(source: Path, target: Path) -> None:
    "Begins, and is never done."
    target.write_text('begun')
    time.sleep(600)
