"""What no module of the product may be written with: SQL put together from texts, and anything that makes objects or code of data.

In: source texts. Out: findings with file and line. Not here: what happens when it runs (`statements`, `unpickling`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.attacks.measure import ROOT

ROOMS = ("engine", "adapters", "cli")
_EXECUTING = frozenset(
    {"text", "execute", "executemany", "executescript", "exec_driver_sql", "scalar", "scalars", "literal_column", "DDL"}
)
_FORMATTING = frozenset({"format", "format_map", "join", "replace", "__mod__"})
_SEALED_MODULES = frozenset(
    {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle", "pickletools"}
)
_SEALED_CALLS = frozenset({"eval", "exec", "compile", "__import__", "execfile"})
_SEALED_METHODS = frozenset(
    {"read_pickle", "to_pickle", "unsafe_load", "full_load", "unsafe_load_all", "load_module", "exec_module"}
)
_OUR_OWN = frozenset({
    "engine/store/dialects.py: connection.execute(f'PRAGMA {pragma}')",
    """engine/store/dialects.py: connection.exec_driver_sql(f'SELECT coalesce(max("{number.name}"), 0) FROM "{table.name}"')""",
})  # fmt: skip
"""SQL put together from names of our own tables and constants only; each was read by a person."""

Found = ast.expr | ast.stmt
Check = Callable[[ast.AST], Iterator[Found]]


def modules() -> list[Path]:
    """Every module of the product."""
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def found(check: Check, source: str, name: str) -> list[str]:
    """Findings of a check in a source, but for those that a person has read."""
    nodes = [(node, ast.unparse(node)) for node in check(ast.parse(source))]
    return [f"{name}:{node.lineno}: {text[:80]}" for node, text in nodes if f"{name}: {text}" not in _OUR_OWN]


def row(check: Check) -> tuple[int, list[str]]:
    """A check over every module."""
    named = [(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()) for path in modules()]
    return len(named), [one for source, name in named for one in found(check, source, name)]


def formatted_sql(tree: ast.AST) -> Iterator[Found]:
    """Calls that execute a text which was put together: written in place, or a name that got such a text."""
    for scope in ast.walk(tree):
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
            yield from _in_scope(scope)


def _in_scope(scope: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module) -> Iterator[Found]:
    own = list(_own(scope))
    loose = {
        target.id
        for node in own
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign))
        and node.value is not None
        and _put_together(node.value, set())
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in own:
        if (
            isinstance(node, ast.Call)
            and _called(node) in _EXECUTING
            and node.args
            and _put_together(node.args[0], loose)
        ):
            yield node


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of functions inside it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            yield from _own(node)


def _put_together(node: ast.expr, loose: set[str]) -> bool:
    """Whether an expression is an f-string with a value, `%`, `+` or format over texts, or a name that holds one."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.IfExp):
        return _put_together(node.body, loose) or _put_together(node.orelse, loose)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return (
            _texty(node.left)
            or _texty(node.right)
            or _put_together(node.left, loose)
            or _put_together(node.right, loose)
        )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FORMATTING:
        return _texty(node.func.value) or _put_together(node.func.value, loose)
    return isinstance(node, ast.Name) and node.id in loose


def _texty(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def making_of_data(tree: ast.AST) -> Iterator[Found]:
    """Imports and calls by which data become objects or code."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, (ast.expr, ast.stmt)) and (
            any(map(_sealed, names)) or (isinstance(node, ast.Call) and _makes(node))
        ):
            yield node


def _sealed(module: str) -> bool:
    return module.partition(".")[0] in _SEALED_MODULES


def _makes(node: ast.Call) -> bool:
    name = _called(node)
    if isinstance(node.func, ast.Name) and name in _SEALED_CALLS:
        return True
    unsafe = {word.arg: ast.unparse(word.value) for word in node.keywords}
    if name == "YAML":
        return unsafe.get("typ", "'rt'") not in ("'safe'", "'rt'")
    if (
        name == "load"
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func.value) in ("yaml", "np", "numpy")
    ):
        return "Safe" not in unsafe.get("Loader", "") and not _a_reader(node)
    return name in _SEALED_METHODS or unsafe.get("allow_pickle") == "True"


def _a_reader(node: ast.Call) -> bool:
    """`yaml.load(text)` on a local `yaml = YAML()` of ruamel reads plainly: it takes no Loader and makes no objects."""
    return len(node.args) == 1 and not node.keywords


BAD_SQL: Sequence[str] = (
    'connection.execute(f"INSERT INTO {name}" if there else "SELECT 1")',
    'connection.execute(text(f"SELECT * FROM {name}"))',
    'connection.execute("SELECT * FROM " + name)',
    'connection.exec_driver_sql("SELECT * FROM %s" % name)',
    'text("SELECT * FROM {}".format(name))',
    'sql = f"DELETE FROM {name}"\nconnection.execute(sql)',
    'def f():\n    sql = "DELETE FROM " + name\n    return text(sql)',
    'cursor.executescript(" ".join(parts))',
)
GOOD_SQL: Sequence[str] = (
    'connection.execute(text("SELECT * FROM a WHERE b = :b"), {"b": name})',
    "connection.execute(select(table).where(table.c.a == name))",
    'connection.exec_driver_sql("PRAGMA query_only = ON")',
)
BAD_MAKING: Sequence[str] = (
    "import pickle", "from marshal import loads", "import shelve as s", "import cloudpickle.x", "eval(text)", "exec(text)",
    "compile(text, '', 'exec')", "__import__(name)", "yaml.load(text, Loader=yaml.Loader)", "YAML(typ='unsafe').load(text)", "yaml.unsafe_load(text)",
    "pandas.read_pickle(path)", "numpy.load(path, allow_pickle=True)", "YAML(typ='base')",
)  # fmt: skip
GOOD_MAKING: Sequence[str] = (
    "YAML(typ='safe', pure=True).load(text)",
    "re.compile(text)",
    "json.loads(text)",
    "filter.Compile()",
)
