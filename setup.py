"All that describes the package stands in settings.ini; this hands it to setuptools."
import re
from configparser import ConfigParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

settings = ConfigParser(delimiters=['='])
settings.read('settings.ini', encoding='utf-8')
cfg = settings['DEFAULT']


class build_with_docstrings(build_py):   # noqa: N801  as setuptools calls its commands
    "Docstrings of built modules describe all parameters, which stand beside themselves in the source."
    def build_module(self, module, module_file, package):
        written, copied = super().build_module(module, module_file, package)
        if not self.editable_mode:
            path = Path(written)
            path.write_text(with_docstrings(path.read_text(encoding='utf-8')), encoding='utf-8')
        return written, copied


def with_docstrings(source: str) -> str:
    "What `motionfm.docstrings` makes of a module; it is loaded by its path, as nothing is installed yet."
    found = spec_from_file_location('docstrings', Path('motionfm')/'docstrings.py')
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module.with_docstrings(source)


def readme_with_addresses() -> str:
    "README.md for the package index, where paths of the repository lead nowhere."
    text = Path('README.md').read_text(encoding='utf-8')
    text = re.sub(r'\]\((?=nbs/)', f"]({cfg['git_url']}/blob/{cfg['branch']}/", text)
    return re.sub(r'(?<=src=")(?=nbs/)|(?<=srcset=")(?=nbs/)', f"{cfg['git_url']}/raw/{cfg['branch']}/", text)


STATUS = {'3': '3 - Alpha', '4': '4 - Beta', '5': '5 - Production/Stable'}
EXTRAS = 'train', 'view', 'lab', 'onnx', 'cluster', 'all', 'dev'

setup(
    cmdclass={'build_py': build_with_docstrings},
    name=cfg['lib_name'],
    version=cfg['version'],
    description=cfg['description'],
    long_description=readme_with_addresses(),
    long_description_content_type='text/markdown',
    author=cfg['author'],
    url=cfg['git_url'],
    project_urls={
        'Documentation': cfg['doc_host'] + cfg['doc_baseurl'],
        'Source': cfg['git_url'],
        'Issues': cfg['git_url'] + '/issues',
        'Changelog': cfg['git_url'] + '/blob/main/CHANGELOG.md',
    },
    keywords=cfg['keywords'].split(),
    classifiers=[
        'Development Status :: ' + STATUS[cfg['status']],
        'Intended Audience :: ' + cfg['audience'],
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3 :: Only',
        *(f'Programming Language :: Python :: {version}' for version in cfg['pythons'].split()),
        'Topic :: Scientific/Engineering',
        'Typing :: Typed',
    ],
    python_requires='>=' + cfg['min_python'],
    packages=find_packages(include=[cfg['lib_name'], cfg['lib_name'] + '.*'])
    + [cfg['lib_name'] + '.weights'],
    package_data={
        cfg['lib_name']: ['py.typed'],
        cfg['lib_name'] + '.view': ['player.js', 'review.js'],
        cfg['lib_name'] + '.weights': ['*'],
    },  # a folder without code
    install_requires=cfg['requirements'].split(),
    extras_require={name: cfg[name + '_requirements'].split() for name in EXTRAS},
    entry_points={'console_scripts': cfg['console_scripts'].split()},
)
