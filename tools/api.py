"What the exported cells of the notebooks offer: names, parameters, words; read from the source, so that nothing needs to run."
import ast
import io
import json
import re
import tokenize
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORTED = ('#| export', '#| exporti', '#| exports')


@dataclass(frozen=True)
class Parameter:
    "One parameter of a function, one field of a class, or what comes back."
    name: str
    type: str = ''
    default: str = ''
    words: str = ''   # shape, unit, range


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

    @cached_property
    def lines(self) -> list[str]: return self.source.split('\n')

    @cached_property
    def tree(self) -> ast.Module: return ast.parse(self.source)

    @cached_property
    def comments(self) -> dict[int, str]:
        "Line number -> comment."
        tokens = tokenize.generate_tokens(io.StringIO(self.source).readline)
        return {token.start[0]: token.string.lstrip('# ').strip() for token in tokens if token.type == tokenize.COMMENT}

    @property
    def is_imports(self) -> bool: return all(map(_is_import, self.tree.body))

    def text_of(self, node: ast.AST) -> str:
        "The lines of a statement, as they were written."
        return '\n'.join(self.lines[node.lineno - 1:node.end_lineno])

    @cached_property
    def names(self) -> list[Name]:
        "The public names that the cell defines."
        return [name for node in self.tree.body for name in _names_in(self, node) if not name.name.startswith('_')]

    @cached_property
    def private(self) -> list[str]:
        "Functions and classes for use inside the package."
        kinds = (ast.FunctionDef, ast.ClassDef)
        return [node.name for node in self.tree.body if isinstance(node, kinds) and node.name.startswith('_')]

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
        return re.sub(r'\n{3,}', '\n\n', '\n'.join(line for number, line in enumerate(self.lines, 1) if number not in shown)).strip('\n')

    @cached_property
    def _shown(self) -> list[ast.stmt]:
        kept = [node for node in self.tree.body if not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))]
        public = any(not name.startswith('_') for node in kept for name in _targets(node))
        return [node for node in kept if public and not _is_option(node)]

    @cached_property
    def length(self) -> int:
        "Lines without blank ones."
        return sum(bool(line.strip()) for line in self.lines)


def _targets(node: ast.stmt) -> list[str]:
    "Names that a statement assigns."
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, (ast.AnnAssign, ast.AugAssign)) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _is_import(node: ast.stmt) -> bool:
    "Whether a statement imports, or tries to."
    return isinstance(node, (ast.Import, ast.ImportFrom)) or isinstance(node, ast.Try) and all(map(_is_import, node.body))


def _is_option(node: ast.stmt) -> bool:
    "Whether a statement names an option of a command, which is told with the command."
    return isinstance(node, ast.Assign) and ast.unparse(node.value).startswith('Annotated[')


def _names_in(cell: Cell, node: ast.stmt) -> list[Name]:
    if isinstance(node, ast.FunctionDef): return [_function(cell, node)]
    if isinstance(node, ast.ClassDef): return [_class(cell, node)]
    if isinstance(node, ast.AugAssign) or _is_option(node): return []
    names, comment = _targets(node), cell.comments.get(node.end_lineno, '')
    parts = [part.strip() for part in comment.split(';')]
    return [Name(name, 'constant', words) for name, words in zip(names, parts if len(parts) == len(names) > 1 else [comment]*len(names))]


def _words(node) -> str: return ' '.join((ast.get_docstring(node) or '').split())


@cache
def _options() -> dict[str, str]:
    "Options that several commands share: name -> annotation."
    statements = [node for notebook in notebooks() for cell in notebook.cells for node in cell.tree.body if _is_option(node)]
    return {name: ast.unparse(node.value) for node in statements for name in _targets(node)}


def _annotated(text: str, comment: str) -> tuple[str, str]:
    "Type and words of a command's option, which stand in its annotation."
    text = _options().get(text, text)
    if not text.startswith('Annotated['): return text, comment
    kind, option = ast.parse(text, mode='eval').body.slice.elts[:2]
    flags = [value.value for value in option.args if isinstance(value, ast.Constant)]
    told = {keyword.arg: keyword.value for keyword in option.keywords}
    help = _text(told['help']) if 'help' in told else ''
    return ast.unparse(kind), ' '.join([*(f'`{flag}`' for flag in flags if str(flag).startswith('-')), help])


def _function(cell: Cell, node: ast.FunctionDef) -> Name:
    "A function with its parameters."
    arguments = node.args
    placed = [*arguments.posonlyargs, *arguments.args]
    defaults = [None]*(len(placed) - len(arguments.defaults)) + list(arguments.defaults)
    rows = [(argument.arg, argument, default) for argument, default in zip(placed, defaults)]
    if arguments.vararg: rows.append(('*' + arguments.vararg.arg, arguments.vararg, None))
    rows += [(argument.arg, argument, default) for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults)]
    if arguments.kwarg: rows.append(('**' + arguments.kwarg.arg, arguments.kwarg, None))
    parameters = []
    for name, argument, default in rows:
        if name in ('self', 'cls') or argument.annotation and ast.unparse(argument.annotation) == 'typer.Context': continue
        last = (default or argument).end_lineno
        type, words = _annotated(ast.unparse(argument.annotation) if argument.annotation else '', cell.comments.get(last, ''))
        parameters.append(Parameter(name, type, ast.unparse(default) if default else '', words))
    first = node.body[0].lineno
    after = [cell.comments[line] for line in range(max([node.lineno, *(argument.end_lineno for _, argument, _ in rows)]), first) if line in cell.comments
             and cell.lines[line - 1].lstrip().startswith(')')]
    returns = Parameter('returns', ast.unparse(node.returns) if node.returns else '', '', after[0] if after else '')
    decorators = [ast.unparse(decorator).split('(')[0] for decorator in node.decorator_list]
    command = any('command' in decorator for decorator in decorators)
    if command: parameters = [replace(one, words=one.words or 'the fields of `TrainConfig` that belong to it') for one in parameters]
    kind = 'command' if command else 'property' if {'property', 'cached_property'} & {*decorators} else 'function'
    return Name(node.name, kind, _words(node), parameters, returns if returns.type not in ('', 'None') or returns.words else None,
                is_registered=bool({'scenario', 'method'} & {*decorators}))


@cache
def _literals() -> dict[str, object]:
    "Constants that stand in the source as they are: name -> value."
    found = {}
    for node in (node for notebook in notebooks() for cell in notebook.cells for node in cell.tree.body if isinstance(node, ast.Assign)):
        with suppress(ValueError): found |= {name: ast.literal_eval(node.value) for name in _targets(node) if len(_targets(node)) == 1}
    return found


def _text(node: ast.expr) -> str:
    "A text, as far as it stands in the source."
    if isinstance(node, ast.JoinedStr): return ''.join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and not node.format_spec:
        with suppress(Exception): return str(eval(ast.unparse(node.value), {'__builtins__': {}}, _literals()))   # ' or '.join(RECIPES)
    return str(node.value) if isinstance(node, ast.Constant) else ', '.join(f'`{part.id}`' for part in ast.walk(node) if isinstance(part, ast.Name))


def _field(cell: Cell, node: ast.AnnAssign) -> Parameter:
    "A field of a class; settings of a run keep their words beside the default."
    default, words = ast.unparse(node.value) if node.value else '', cell.comments.get(node.end_lineno, '')
    if isinstance(node.value, ast.Call) and default.startswith('_setting('): default, words = ast.unparse(node.value.args[0]), _text(node.value.args[1])
    return Parameter(node.target.id, ast.unparse(node.annotation), default, words)


@cache
def _private_classes() -> dict[str, tuple[Cell, ast.ClassDef]]:
    "Classes for use inside the package, from which public ones are made."
    found = ((cell, node) for notebook in notebooks() for cell in notebook.cells for node in cell.tree.body)
    return {node.name: (cell, node) for cell, node in found if isinstance(node, ast.ClassDef) and node.name.startswith('_')}


def _with_private_parents(cell: Cell, node: ast.ClassDef) -> list[tuple[Cell, ast.ClassDef]]:
    "A class, and before it what it takes over from private ones, in the order of its fields."
    parents = [_private_classes()[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in _private_classes()]
    return [one for parent in parents for one in _with_private_parents(*parent)] + [(cell, node)]


def _class(cell: Cell, node: ast.ClassDef) -> Name:
    "A class with its fields, or what makes it, and its public methods."
    family = _with_private_parents(cell, node)
    made = next((_function(cell, part).parameters for part in node.body if isinstance(part, ast.FunctionDef) and part.name == '__init__'), None)
    fields = [_field(home, part) for home, one in family for part in one.body if isinstance(part, ast.AnnAssign)]
    methods = [_function(home, part) for home, one in family for part in one.body
               if isinstance(part, ast.FunctionDef) and (not part.name.startswith('_') or part.name == '__call__')]
    return Name(node.name, 'class', _words(node), fields if made is None else made, None, methods)


@dataclass
class Notebook:
    "A notebook and the page it becomes."
    path: Path

    @cached_property
    def raw(self) -> dict: return json.loads(self.path.read_text(encoding='utf-8'))

    @property
    def module(self) -> str: return self.path.stem.split('_', 1)[-1] if self.path.stem[:2].isdigit() else self.path.stem

    @cached_property
    def cells(self) -> list[Cell]:
        "The exported cells."
        sources = [(cell['id'], ''.join(cell['source'])) for cell in self.raw['cells'] if cell['cell_type'] == 'code']
        return [Cell(id, source.split('\n', 1)[1]) for id, source in sources if source.startswith(EXPORTED)]

    @property
    def names(self) -> list[Name]: return [name for cell in self.cells for name in cell.names]

    @property
    def head(self) -> tuple[str, str]:
        "Title and subtitle."
        lines = ''.join(self.raw['cells'][0]['source']).split('\n')
        return lines[0].lstrip('# '), ' '.join(line.lstrip('> ') for line in lines if line.startswith('>'))


def notebooks() -> list[Notebook]:
    "All notebooks that become modules, in their order."
    return [notebook for path in sorted((ROOT/'nbs').glob('[0-9]*.ipynb')) if (notebook := Notebook(path)).cells]


@cache
def index() -> dict[str, list[str]]:
    "Public name -> the modules that define it, in their order."
    found: dict[str, list[str]] = {}
    for notebook in notebooks():
        for name in notebook.names: found.setdefault(name.name, []).append(notebook.module)
    return found


def _row(parameter: Parameter, link) -> str:
    type = f' <span class="type">{escape(parameter.type)}</span>' if parameter.type else ''
    default = f' <span class="default">= {escape(parameter.default)}</span>' if parameter.default else ''
    return f'<dt><code>{escape(parameter.name)}</code>{type}{default}</dt><dd>{link(parameter.words)}</dd>'


def brackets(name: Name) -> str:
    "What stands behind the name where it is called; nothing where it isn't."
    return '' if name.kind in ('constant', 'class', 'property') else f'({", ".join(one.name for one in name.parameters)})'


def as_html(name: Name, link) -> str:
    "What a name takes and gives; `link` makes HTML of words."
    plain = name.parameters and not any(parameter.words or parameter.type for parameter in name.parameters)   # told where such functions are registered
    rows = [] if plain else [_row(parameter, link) for parameter in name.parameters]
    if plain: rows = [f'<dt class="all"><code>({escape(", ".join(parameter.name for parameter in name.parameters))})</code></dt>']
    if name.returns and name.returns.words: rows.append(f'<dt class="returns">returns <span class="type">{escape(name.returns.type)}</span></dt><dd>{link(name.returns.words)}</dd>')
    elif name.returns and name.returns.type != 'Iterator[None]': rows.append(f'<dt class="returns all">returns {link(f"`{name.returns.type}`")}</dt>')   # its name says it
    methods = ''.join(f'<dt class="method"><code>.{escape(method.name + brackets(method))}</code></dt><dd>{link(method.words)}</dd>'
                      for method in name.methods if method.words)
    return f'<div class="api"><p class="words">{link(name.words)}</p><dl>{"".join(rows)}{methods}</dl></div>'
