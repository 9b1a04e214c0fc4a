"All that describes the package stands in settings.ini; this hands it to setuptools."
from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

settings = ConfigParser(delimiters=['='])
settings.read('settings.ini', encoding='utf-8')
cfg = settings['DEFAULT']

setup(
    name=cfg['lib_name'],
    version=cfg['version'],
    description=cfg['description'],
    long_description=Path('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author=cfg['author'],
    url=cfg['git_url'],
    project_urls={'Documentation': cfg['doc_host'] + cfg['doc_baseurl'], 'Changes': cfg['git_url'] + '/blob/main/CHANGELOG.md'},
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords=cfg['keywords'].split(),
    classifiers=['Intended Audience :: ' + cfg['audience'], 'Topic :: Scientific/Engineering',
                 'Programming Language :: Python :: 3 :: Only', 'Typing :: Typed'],
    python_requires='>=' + cfg['min_python'],
    packages=[cfg['lib_name'], cfg['lib_name'] + '.weights'],   # the second holds no code
    package_data={cfg['lib_name']: ['py.typed', 'player.js'], cfg['lib_name'] + '.weights': ['*']},
    install_requires=cfg['requirements'].split(),
    extras_require={name: cfg[name + '_requirements'].split() for name in ('lab', 'c3d', 'onnx', 'cluster', 'dev')},
    entry_points={'console_scripts': cfg['console_scripts'].split()},
)
