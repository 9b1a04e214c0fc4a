"""Kernels forked from one process that has loaded the libraries of others, as `test_notebooks.py` forks too.

Each is as fresh as any, and loads for itself what is here of motionfm; but none waits for SciPy and Keras.
With the number of a socket this is that process. With the name of the socket and a connection file it is what
JupyterLab starts in place of a kernel, and ends: the kernel lives for as long as it does.
"""
import json
import os
import socket
import sys
from contextlib import suppress

LOADED = (
    'ipykernel.kernelapp', 'numpy', 'scipy.interpolate', 'scipy.ndimage', 'scipy.optimize', 'scipy.signal',
    'scipy.spatial', 'h5py', 'pandas', 'matplotlib.pyplot', 'fastcore.test', 'rich.progress', 'typer',
    'keras')


def stand_for(name: str, connection_file: str) -> None:
    "Ask for a kernel, and wait until it has ended."
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(name)
        line.sendall(json.dumps([connection_file, os.getcwd(), dict(os.environ)]).encode() + b'\n')
        line.recv(1)


def be_kernel(line: socket.socket, connection_file: str, folder: str, environment: dict[str, str]) -> None:
    "What happens in the fork."
    import threading

    from ipykernel.kernelapp import IPKernelApp
    def watch():
        with suppress(OSError): line.recv(1)     # nothing comes, but an end
        os._exit(1)
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ['ipykernel_launcher.py', '-f', connection_file]
    threading.Thread(target=watch, daemon=True).start()
    IPKernelApp.launch_instance()


def serve(number: str) -> None:
    "Load the libraries, then fork a kernel for each that asks."
    import gc
    import signal
    from importlib import import_module
    os.environ['MPLBACKEND'] = 'module://matplotlib_inline.backend_inline'    # as a kernel does
    for name in LOADED:
        with suppress(ImportError): import_module(name)
    del sys.path[0]      # this folder
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)      # nobody waits for them
    with socket.socket(fileno=int(number)) as door:
        while True:
            line, _ = door.accept()
            with line, line.makefile('rb') as asked:
                words = json.loads(asked.readline())
                if os.fork(): continue
                door.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return be_kernel(line, *words)


if __name__ == '__main__': (serve if len(sys.argv) == 2 else stand_for)(*sys.argv[1:])
