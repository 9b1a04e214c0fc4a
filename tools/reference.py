"The reference: a page for each name of the front door, one for the commands, and one for each wing."
from collections.abc import Callable
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

import typer
from api import as_html, brackets, Name, Notebook, notebooks

import motionfm
from motionfm.cli.main import app

ERRORS = 'MotionfmError', 'DataError', 'FileError'   # share a page
GROUPS = {
    'Repair': ('repair', 'read', 'write', 'Trial', 'example_trial', 'load_network'),
    'Look': ('show', 'explore', 'review'),
    'Judge': ('evaluate',),
    'Train': ('train', 'TrainConfig', 'open_dataset', 'synthesize', 'Corruptor', 'load_model', 'AccumModel'),
    'Errors': ERRORS,
}
WINGS = {
    'body': 'joints, bones, people made by forward kinematics', 'io': 'recordings in and out',
    'data': 'datasets: layout, opening, writing, caching', 'estimate': 'estimates without Keras',
    'learn': 'corruption, model, training', 'reconstruct': 'whole recordings: repair and report',
    'evaluation': 'damage with known truth, methods, metrics', 'view': 'skeletons to scrub and to send',
    'cli': 'the commands', 'others': 'what stands beside the wings'}
Link = Callable[..., str]   # words, page, names of own parameters -> HTML


def front(title: str, subtitle: str) -> list[str]:
    "The head of a page."
    return ['---', f"title: '{title}'", f"subtitle: '{subtitle}'", '---', '']


@cache
def described_names() -> dict[str, tuple[Notebook, Name]]:
    "Names of the front door -> the notebook that tells it, and what it takes and gives."
    found = {(notebook.module, name.name): (notebook, name)
             for notebook in notebooks() for name in notebook.names}
    return {public: found[home] for public, home in motionfm._HOMES.items() if home in found}


def groups() -> dict[str, list[str]]:
    "The names of the front door by what they are for."
    known = {title: [name for name in names if name in motionfm._HOMES] for title, names in GROUPS.items()}
    grouped = {name for names in known.values() for name in names}
    return known | {'Further': [name for name in motionfm._HOMES if name not in grouped]}


def page_of_name(public: str) -> str: return 'errors' if public in ERRORS else public


def name_section(public: str, link: Link) -> list[str]:
    "What a name takes and gives, an example, and the chapter that tells it."
    notebook, name = described_names()[public]
    own = frozenset(one.name for one in name.parameters)
    html = as_html(name, lambda words: link(words, page='reference/names/page', own=own))
    example = motionfm._EXAMPLES[public].strip()
    return [f'### motionfm.{public}{brackets(name)} {{#{public} .name}}', '', html, '',
            '```python', 'import motionfm', '', example, '```', '',
            f'[{notebook.head[0]}](../../{notebook.page}.html#{name.name}) tells how it works.', '']


def name_pages(link: Link) -> dict[str, str]:
    "Pages of the front door: file -> text."
    pages, names = {}, described_names()
    for page, members in groupby(sorted(names, key=page_of_name), page_of_name):
        members = list(members)
        title, subtitle = 'Errors', 'What motionfm raises when something is wrong.'
        if page != 'errors': title, subtitle = f'motionfm.{page}', names[page][1].words
        lines = front(title, subtitle.replace("'", "''"))
        for public in members: lines += name_section(public, link)
        pages[f'reference/names/{page}.md'] = '\n'.join(lines)
    return pages


@cache
def commands() -> dict:
    "The commands, in the order of the help: name -> command."
    return typer.main.get_command(app).commands


def kind_of(option) -> str:
    "What is written behind a flag: a word for the type, nothing where the flag stands alone."
    if getattr(option, 'is_flag', False): return ''
    annotation = getattr(getattr(option, 'type_descriptor', None), 'annotation', None)
    return annotation.__name__ if isinstance(annotation, type) else getattr(option.type, 'name', '')


def option_row(command: str, option) -> str:
    "A flag or an argument as a row."
    words = ' '.join((getattr(option, 'help', '') or '').split())
    if not option.opts[0].startswith('-'):
        named = option.metavar or option.name.upper()
        return f'<dt><code>{escape(named)}</code></dt><dd>{escape(words)}</dd>'
    flags, given = ', '.join([*option.opts, *option.secondary_opts]), option.default
    typed = f' <span class="type">{escape(kind_of(option))}</span>' if kind_of(option) else ''
    plain = isinstance(given, int | float | str) and given is not False and given != ''
    shown = f' <span class="default">= {escape(str(given))}</span>' if plain else ''
    place = escape(command + option.opts[-1])
    return f'<dt id="{place}"><code>{escape(flags)}</code>{typed}{shown}</dt><dd>{escape(words)}</dd>'


def commands_page() -> str:
    "Every command with every flag."
    lines = front('Commands', 'Every command with every flag, as motionfm COMMAND --help prints them.')
    for command, about in commands().items():
        words = ' '.join((about.help or '').split())
        rows = ''.join(option_row(command, option) for option in about.params if option.name != 'help')
        lines += [f'## motionfm {command} {{#{command.replace("-", "_")} .name}}', '',
                  f'<div class="api"><p class="words">{escape(words)}</p><dl>{rows}</dl></div>', '']
    return '\n'.join(lines)


def wing_of(notebook: Notebook) -> str:
    wing = notebook.module.split('.')[0]
    return wing if wing in WINGS else 'others'


def wing_page(wing: str, members: list[Notebook], link: Link) -> str:
    "Every public name of a wing, by module."
    lines = front(f'motionfm.{wing}' if wing != 'others' else 'Beside the wings', WINGS[wing])
    for notebook in members:
        module = f'motionfm.{notebook.module}'.removesuffix('.__init__')
        title, subtitle = notebook.head
        at = f'../../{notebook.page}.html'
        lines += [f'## {module}', '', f'[{title}]({at}): {subtitle}', '', '<dl class="reference">']
        values = [name for name in notebook.names if name.kind == 'constant' and not name.words]
        for name in [name for name in notebook.names if name not in values]:
            code = f'<a href="{at}#{name.name}"><code>{name.name}</code></a>'
            lines.append(f'<dt>{code}<span class="type">{escape(brackets(name))}</span></dt>'
                         f'<dd>{link(name.words, page="reference/modules/page")}</dd>')
        lines += ['</dl>', '']
        shown = ', '.join(f'[`{name.name}`]({at}#{name.name})' for name in values)
        if values: lines += [f'Further values: {shown}', '']
    return '\n'.join(lines)


def overview(link: Link) -> str:
    "What users type, then the modules."
    lines = front('Reference', 'What you type, in Python and on the command line; below it every module.')
    lines += ['## In Python', '', '```python', 'import motionfm', '```', '']
    names = described_names()
    for title, members in groups().items():
        if members: lines += [f'### {title}', '', '<dl class="reference">']
        for public in members:
            at = f'reference/names/{page_of_name(public)}.html#{public}'
            name = names[public][1]
            lines.append(f'<dt><a href="{at}"><code>motionfm.{public}</code></a>'
                         f'<span class="type">{escape(brackets(name))}</span></dt>'
                         f'<dd>{link(name.words, page="reference")}</dd>')
        if members: lines += ['</dl>', '']
    lines += ['## On the command line', '', '<dl class="reference">']
    for command, about in commands().items():
        at = f'reference/commands.html#{command.replace("-", "_")}'
        lines.append(f'<dt><a href="{at}"><code>motionfm {command}</code></a></dt>'
                     f'<dd>{escape(" ".join((about.help or "").split()))}</dd>')
    lines += ['</dl>', '', '## All modules', '',
              'For those who change motionfm, or need a part of it alone.', '', '<dl class="reference">']
    for wing, words in WINGS.items():
        title = f'motionfm.{wing}' if wing != 'others' else 'beside the wings'
        lines.append(f'<dt><a href="reference/modules/{wing}.html">{title}</a></dt><dd>{escape(words)}</dd>')
    return '\n'.join([*lines, '</dl>', ''])


def write_reference(target: Path, link: Link) -> None:
    "Write all pages of the reference."
    pages = {'reference.md': overview(link), 'reference/commands.md': commands_page()} | name_pages(link)
    members = [notebook for notebook in notebooks() if notebook.names]
    for wing in WINGS:
        inside = [notebook for notebook in members if wing_of(notebook) == wing]
        pages[f'reference/modules/{wing}.md'] = wing_page(wing, inside, link)
    for name, text in pages.items():
        (target/name).parent.mkdir(parents=True, exist_ok=True)
        (target/name).write_text(text, encoding='utf-8')
