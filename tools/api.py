"What the exported cells of the notebooks offer: names, parameters, words; read from the source."
import ast
import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from html import escape
from pathlib import Path

from motionfm.docstrings import (
    comments_in,
    fields_of,
    Parameter,
    parameters_of,
    returned_by,
    with_parents,
    words_in,
)

ROOT = Path(__file__).resolve().parent.parent
EXPORTED = ('#| export', '#| exporti', '#| exports')


@dataclass
class Name:
    "A public function, class or constant."
    name: str
    kind: str                # 'function', 'class', 'constant', 'command', 'property'
    words: str = ''          # the docstring
    parameters: list[Parameter] = field(default_factory=list)
    returns: Parameter | None = None
    methods: list['Name'] = field(default_factory=list)
    is_registered: bool = False   # a scenario or a method: its name is a word of the field first


@dataclass
class Cell:
    "An exported cell."
    id: str
    source: str
    is_public: bool = True   # its names are in `__all__`
    module: 'Cell | None' = None   # all exported cells of its notebook as one

    @cached_property
    def lines(self) -> list[str]: return self.source.split('\n')

    @cached_property
    def tree(self) -> ast.Module: return ast.parse(self.source)

    @cached_property
    def comments(self) -> dict[int, str]:
        "Line number -> comment."
        return comments_in(self.source)

    @property
    def is_imports(self) -> bool: return all(map(_is_import, self.tree.body))

    def text_of(self, node: ast.AST) -> str:
        "The lines of a statement, as they were written."
        return '\n'.join(self.lines[node.lineno - 1:node.end_lineno])

    @cached_property
    def names(self) -> list[Name]:
        "The public names that the cell defines."
        found = [name for node in self.tree.body for name in _names_in(self, node)]
        public = [name for name in found if self.is_public and not name.name.startswith('_')]
        return [name for name in found if name.kind == 'command' or name in public]

    @cached_property
    def private(self) -> list[str]:
        "Functions and classes for use inside the package."
        kinds = (ast.FunctionDef, ast.ClassDef)
        public = {name.name for name in self.names}
        return [node.name for node in self.tree.body if isinstance(node, kinds) and node.name not in public]

    @cached_property
    def are_options(self) -> bool:
        "Whether the cell holds nothing but options of commands."
        return all(_is_option(node) for node in self.tree.body)

    @cached_property
    def constants(self) -> str:
        "The statements that make public constants, as they were written."
        return '\n'.join(map(self.text_of, self._shown))

    @cached_property
    def rest(self) -> str:
        "The cell without these statements."
        shown = {line for node in self._shown for line in range(node.lineno, node.end_lineno + 1)}
        left = '\n'.join(line for number, line in enumerate(self.lines, 1) if number not in shown)
        return re.sub(r'\n{3,}', '\n\n', left).strip('\n')

    @cached_property
    def _shown(self) -> list[ast.stmt]:
        others = ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom
        kept = [node for node in self.tree.body if not isinstance(node, others)]
        public = self.is_public and any(not name.startswith('_') for node in kept for name in _targets(node))
        return [node for node in kept if public and not _is_option(node)]

    @cached_property
    def length(self) -> int:
        "Lines without blank ones."
        return sum(bool(line.strip()) for line in self.lines)


def _targets(node: ast.stmt) -> list[str]:
    "Names that a statement assigns."
    if isinstance(node, ast.Assign): targets = node.targets
    else: targets = [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign)) else []
    names = [part for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def _is_import(node: ast.stmt) -> bool:
    "Whether a statement imports, or tries to."
    if isinstance(node, ast.Try): return all(map(_is_import, node.body))
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _is_option(node: ast.stmt) -> bool:
    "Whether a statement names an option of a command, which is described with the command."
    return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith('Annotated[')


def _names_in(cell: Cell, node: ast.stmt) -> list[Name]:
    if isinstance(node, ast.FunctionDef): return [_function(cell, node)]
    if isinstance(node, ast.ClassDef): return [_class(cell, node)]
    if isinstance(node, ast.AugAssign) or _is_option(node): return []
    names, comment = _targets(node), cell.comments.get(node.end_lineno, '')
    parts = [part.strip() for part in comment.split(';')]
    if not len(parts) == len(names) > 1: parts = [comment]*len(names)
    return [Name(name, 'constant', words) for name, words in zip(names, parts)]


def _words(node) -> str: return ' '.join((ast.get_docstring(node) or '').split())


@cache
def _statements() -> list[ast.stmt]:
    "What stands at the top of all exported cells."
    return [node for notebook in notebooks() for cell in notebook.cells for node in cell.tree.body]


@cache
def _options() -> dict[str, str]:
    "Options that several commands share: name -> annotation."
    options = filter(_is_option, _statements())
    return {name: ast.unparse(node.value) for node in options for name in _targets(node)}


def _annotated(text: str, comment: str) -> tuple[str, str]:
    "Type and words of a command's option, which stand in its annotation."
    text = _options().get(text, text)
    if not text.startswith('Annotated['): return text, comment
    kind, option = ast.parse(text, mode='eval').body.slice.elts[:2]
    flags = [value.value for value in option.args if isinstance(value, ast.Constant)]
    given = {keyword.arg: keyword.value for keyword in option.keywords}
    help = _text(given['help']) if 'help' in given else ''
    return ast.unparse(kind), ' '.join([*(f'`{flag}`' for flag in flags if str(flag).startswith('-')), help])


_SETTINGS = 'the fields of `TrainConfig` that belong to it'


def _function(cell: Cell, node: ast.FunctionDef) -> Name:
    "A function with its parameters."
    parameters = []
    for one in parameters_of(node, cell.comments):
        if one.type == 'typer.Context': continue
        type, words = _annotated(one.type, one.words)
        parameters.append(one._replace(type=type, words=words))
    returns = returned_by(node, cell.comments, cell.lines)
    decorators = [ast.unparse(decorator).split('(')[0] for decorator in node.decorator_list]
    command = any('command' in decorator for decorator in decorators)
    if command: parameters = [one._replace(words=one.words or _SETTINGS) for one in parameters]
    kind = 'property' if {'property', 'cached_property'} & {*decorators} else 'function'
    if command: kind = 'command'
    return Name(node.name, kind, _words(node), parameters, returns,
                is_registered=bool({'scenario', 'method'} & {*decorators}))


@cache
def _literals() -> dict[str, object]:
    "Constants that stand in the source as they are: name -> value."
    found = {}
    for node in _statements():
        if not isinstance(node, ast.Assign) or len(_targets(node)) != 1: continue
        with suppress(ValueError): found[_targets(node)[0]] = ast.literal_eval(node.value)
    return found


def _text(node: ast.expr) -> str:
    "A text, as far as it stands in the source."
    if isinstance(node, ast.JoinedStr): return ''.join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and not node.format_spec:
        with suppress(Exception):   # as ' or '.join(RECIPES)
            return str(eval(ast.unparse(node.value), {'__builtins__': {}}, _literals()))
    return words_in(node)


def _class(cell: Cell, node: ast.ClassDef) -> Name:
    "A class with its fields, or what makes it, and its public methods, inherited ones of its module too."
    module = cell.module or cell
    node = next(one for one in module.tree.body if isinstance(one, ast.ClassDef) and one.name == node.name)
    own = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    made = next((_function(module, part).parameters for part in own if part.name == '__init__'), None)
    fields = fields_of(node, module.comments, module.tree, _text) if made is None else made
    parts = [part for one in with_parents(node, module.tree) for part in one.body]
    functions = [part for part in parts if isinstance(part, ast.FunctionDef)]
    shown = [part for part in functions if part.name[0] != '_' or part.name == '__call__']
    return Name(node.name, 'class', _words(node), fields, None, [_function(module, part) for part in shown])


@dataclass
class Notebook:
    "A notebook and the page it becomes."
    path: Path

    @cached_property
    def raw(self) -> dict: return json.loads(self.path.read_text(encoding='utf-8'))

    @cached_property
    def module(self) -> str:
        "The module that it becomes, as 'io.trial'; of others the page."
        first = [''.join(cell['source']) for cell in self.raw['cells'][:6]]
        found = [re.search(r'^#\| default_exp (\S+)', source) for source in first]
        return next((match[1] for match in found if match), self.page)

    @property
    def number(self) -> int:
        "Its place in the book; those without a number come first."
        return int(found[0]) if (found := re.match(r'\d+', self.path.stem)) else -1

    @property
    def page(self) -> str:
        "The page that it becomes: its place below the site, without number and ending."
        place = self.path.relative_to(ROOT/'nbs')
        return place.with_name(re.sub(r'^\d+_', '', place.stem)).as_posix()

    @cached_property
    def cells(self) -> list[Cell]:
        "The exported cells."
        code = [cell for cell in self.raw['cells'] if cell['cell_type'] == 'code']
        sources = [(cell['id'], ''.join(cell['source'])) for cell in code]
        exported = [(id, source) for id, source in sources if source.startswith(EXPORTED) and '\n' in source]
        module = Cell('module', '\n'.join(source for _, source in exported))
        return [Cell(id, source.split('\n', 1)[1], not source.startswith('#| exporti'), module)
                for id, source in exported]

    @property
    def names(self) -> list[Name]: return [name for cell in self.cells for name in cell.names]

    @property
    def head(self) -> tuple[str, str]:
        "Title and subtitle."
        lines = ''.join(self.raw['cells'][0]['source']).split('\n')
        return lines[0].lstrip('# '), ' '.join(line.lstrip('> ') for line in lines if line.startswith('>'))


@cache
def notebooks() -> list[Notebook]:
    "All notebooks that become modules, in their order."
    found = [page for page in pages() if page.number >= 0 and page.cells]
    return sorted(found, key=lambda notebook: notebook.number)


@cache
def pages() -> list[Notebook]:
    "All notebooks, each of which becomes a page."
    paths = sorted((ROOT/'nbs').rglob('*.ipynb'))
    return [Notebook(path) for path in paths if '.ipynb_checkpoints' not in path.parts]


@cache
def index() -> dict[str, list[str]]:
    "Public name -> the pages that tell it, in their order."
    found: dict[str, list[str]] = {}
    for notebook in notebooks():
        for name in notebook.names: found.setdefault(name.name, []).append(notebook.page)
    return found


def _row(parameter: Parameter, link) -> str:
    type = f' <span class="type">{escape(parameter.type)}</span>' if parameter.type else ''
    default = f' <span class="default">= {escape(parameter.default)}</span>' if parameter.default else ''
    return f'<dt><code>{escape(parameter.name)}</code>{type}{default}</dt><dd>{link(parameter.words)}</dd>'


def brackets(name: Name) -> str:
    "What stands behind the name where it is called; nothing where it isn't."
    if name.kind in ('constant', 'class', 'property'): return ''
    return f'({", ".join(one.name for one in name.parameters)})'


def _returned(one: Parameter, link) -> str:
    "What comes back, as a row."
    type = f'<span class="type">{escape(one.type)}</span>'
    if one.words: return f'<dt class="returns">returns {type}</dt><dd>{link(one.words)}</dd>'
    plain = one.type == 'Iterator[None]'   # the name of a context manager says it
    return '' if plain else f'<dt class="returns all">returns {link(f"`{one.type}`")}</dt>'


def _method(one: Name, link) -> str:
    "A method, as a row."
    code = escape(one.name + brackets(one))
    return f'<dt class="method"><code>.{code}</code></dt><dd>{link(one.words)}</dd>'


def as_html(name: Name, link) -> str:
    "What a name takes and gives; `link` makes HTML of words."
    described = any(one.words or one.type for one in name.parameters)   # else at the decorator
    names = escape(', '.join(one.name for one in name.parameters))
    rows = [_row(one, link) for one in name.parameters] if described else []
    if name.parameters and not described: rows = [f'<dt class="all"><code>({names})</code></dt>']
    if name.returns: rows.append(_returned(name.returns, link))
    rows += [_method(one, link) for one in name.methods if one.words]
    return f'<div class="api"><p class="words">{link(name.words)}</p><dl>{"".join(rows)}</dl></div>'
