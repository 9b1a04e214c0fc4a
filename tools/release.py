"""What a release changes, in one place: `python tools/release.py 0.3.0`, `--released DAY`, `--on-index`.

A version sets it everywhere it stands; `--released 2026-12-01` dates changelog and citation; `--on-index`
lets the texts say how to install from the package index instead of from a clone, `--in-clone` takes that
back. Then `nbdev_export` and `python tools/readme.py`. `--notes` prints the newest section of the changelog,
as a release on GitHub shows it. With none of these it prints what does not agree, and fails if something
does not.
"""
import argparse
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = {   # file: what stands around the version there
    'settings.ini': r'(?<=^version = )\S+',
    'nbs/01_front_door.ipynb': r'(?<=^__version__ = ")[^"]+',
    'CITATION.cff': r'(?<=^version: )\S+',
    'CHANGELOG.md': r'(?<=^## )\d[^,\s]*',
}
EXPORTED = {'motionfm/__init__.py': r'(?<=^__version__ = ")[^"]+'}
CLONE = 'git clone https://github.com/motionfm/motionfm'
INSTALL = {   # file: what it says of a clone, and what of the package index
    'nbs/index.ipynb': [
        (f'{CLONE} && cd motionfm\npython3 -m venv .motion && . .motion/bin/activate\npip install .\n',
         'python3 -m venv .motion && . .motion/bin/activate\npip install motionfm\n')],
    'nbs/guide/install.md': [
        ('motionfm needs Python 3.11 to 3.14 and `git`.', 'motionfm needs Python 3.11 to 3.14.'),
        (f'{CLONE} && cd motionfm\npython3 -m venv .motion && . .motion/bin/activate\npip install .\n',
         'python3 -m venv .motion && . .motion/bin/activate\npip install motionfm\n'),
        (f'{CLONE}\ncd motionfm\npy -m venv .motion\n.motion\\Scripts\\Activate.ps1\npip install .\n',
         'py -m venv .motion\n.motion\\Scripts\\Activate.ps1\npip install motionfm\n'),
        ('`pip install /path/to/motionfm` works in', '`pip install motionfm` works in'),
        ('Tests have run on Linux only so far. What they', 'All tests run on Linux, and on macOS and Windows '
         'those of the base install. What they')],
}
FROM_INDEX = re.compile(r'pip install (?:[\w-]+ )*motionfm(?![\w/])')   # what no text may say before that


def read(name: str) -> list[str]:
    "The text of a file, of a notebook that of each cell."
    text = (ROOT/name).read_text(encoding='utf-8')
    if not name.endswith('.ipynb'): return [text]
    return [''.join(cell['source']) for cell in json.loads(text)['cells']]


def write(name: str, texts: list[str]) -> None:
    "Put texts back where `read` found them."
    if name.endswith('.ipynb'):
        notebook = json.loads((ROOT/name).read_text(encoding='utf-8'))
        for cell, text in zip(notebook['cells'], texts, strict=True):
            cell['source'] = text.splitlines(keepends=True)
        texts = [json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + '\n']
    (ROOT/name).write_text(texts[0], encoding='utf-8', newline='\n')


def found(name: str, pattern: str) -> str:
    "The first match in a file, '' if there is none."
    matches = (re.search(pattern, text, re.MULTILINE) for text in read(name))
    return next((match[0] for match in matches if match), '')


def replace(name: str, pattern: str, new: str) -> None:
    "Put `new` in the place of the first match in a file."
    texts, done = read(name), False
    for number, text in enumerate(texts):
        if done or not re.search(pattern, text, re.MULTILINE): continue
        texts[number], done = re.sub(pattern, lambda _: new, text, count=1, flags=re.MULTILINE), True
    if not done: raise SystemExit(f'{name}: nothing like {pattern} found')
    write(name, texts)


def on_index() -> bool:
    "Whether the texts say that motionfm is on the package index."
    return found('settings.ini', r'(?<=^on_index = )\w+') == 'yes'


def say_install(from_index: bool) -> None:
    "Let all texts say how to install: from the package index, or from a clone."
    for name, pairs in INSTALL.items():
        for pair in pairs: replace(name, re.escape(pair[not from_index]), pair[from_index])
    replace('settings.ini', r'(?<=^on_index = )\w+', 'yes' if from_index else 'no')


def release_date() -> str:
    "When the newest version was released, '' if it is not yet."
    return found('CHANGELOG.md', r'(?<=, )\d{4}-\d\d-\d\d$|not yet released$').replace('not yet released', '')


def set_date(day: str) -> None:
    "Date the newest version."
    if not re.fullmatch(r'\d{4}-\d\d-\d\d', day): raise SystemExit(f'{day}: expected a day, as 2026-12-01')
    replace('CHANGELOG.md', r'(?<=, )(not yet released|\d{4}-\d\d-\d\d)$', day)
    version = found('CITATION.cff', r'^version: .*')
    replace('CITATION.cff', r'^version: .*(\ndate-released: .*)?', f'{version}\ndate-released: {day}')


def set_version(version: str) -> None:
    "Set the version; a new one is not yet released, and has a section of its own in the changelog."
    if not re.fullmatch(r'\d+\.\d+\.\d+(rc\d+)?', version):
        raise SystemExit(f'{version}: expected a version, as 0.3.0')
    if found('CHANGELOG.md', VERSION['CHANGELOG.md']) != version:
        replace('CHANGELOG.md', r'^## ', f'## {version}, not yet released\n\n## ')
        replace('CITATION.cff', r'^version: .*(\ndate-released: .*)?', f'version: {version}')
    for name in VERSION: replace(name, VERSION[name], version)


def notes() -> str:
    "The newest section of the changelog, without its heading."
    section = re.split(r'^## .*\n', read('CHANGELOG.md')[0], flags=re.MULTILINE)[1]
    return section.strip() + '\n'


def disagreements() -> list[str]:
    "What does not agree, a line each."
    versions = {name: found(name, pattern) for name, pattern in (VERSION | EXPORTED).items()}
    faults = [] if len(set(versions.values())) == 1 else [f'versions differ: {versions}']
    cited = found('CITATION.cff', r'(?<=^date-released: ).*')
    if cited.strip('"\'') != release_date():
        faults.append(f'CITATION.cff dates {cited!r}, CHANGELOG.md {release_date()!r}')
    for name, pairs in INSTALL.items():
        text, wanted = '\n'.join(read(name)), [pair[on_index()] for pair in pairs]
        faults += [f'{name}: {one[:60]!r} is missing' for one in wanted if one not in text]
    if on_index(): return faults
    texts = [path.relative_to(ROOT).as_posix() for path in (ROOT/'nbs').rglob('*.md')]
    texts = {'README.md', *texts, 'nbs/index.ipynb'} - set(INSTALL) | {'nbs/guide/install.md'}
    return faults + [f'{name}: {match[0]!r}, but motionfm is not on the package index'
                     for name in sorted(texts) for text in read(name)
                     for match in FROM_INDEX.finditer(text)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('version', nargs='?', help='the new version, as 0.3.0')
    parser.add_argument('--released', metavar='DAY', help='the day of the release, as 2026-12-01')
    parser.add_argument('--on-index', action='store_true', help='motionfm is on the package index')
    parser.add_argument('--in-clone', action='store_true', help='it is not')
    parser.add_argument('--notes', action='store_true', help='print what the newest version changes')
    args = parser.parse_args()
    if args.version: set_version(args.version)
    if args.released: set_date(args.released)
    if args.on_index != on_index() and (args.on_index or args.in_clone): say_install(args.on_index)
    if args.notes: print(notes(), end='')
    elif not (args.version or args.released or args.on_index or args.in_clone):
        print(*disagreements(), sep='\n')
        raise SystemExit(bool(disagreements()))


if __name__ == '__main__': main()
