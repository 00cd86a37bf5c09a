"""Single changes to Python source: each mutant differs from its original in one place
and keeps the rest byte for byte.

    python scripts/notebooks/mutants.py nbs/models/02_vae.ipynb     # list them

What cannot change a result is left alone: docstrings, type hints, the text of errors
and printed lines, and the look of figures. `mutation_test.py` runs the tests on each
mutant.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from check_structure import is_exported

COSMETICS = set(
    (
        "alpha c cmap color desc description dpi figsize fontsize indent label layout "
        "linestyle"
    ).split()
)
COSMETICS |= set(
    (
        "linewidth loc lw ls marker markersize ncol pad rotation s style title unit "
        "xlabel ylabel zorder"
    ).split()
)
COMMUTATIVE = {
    "min",
    "max",
    "logaddexp",
    "minimum",
    "maximum",
    "test_eq",
    "isinstance",
    "hasattr",
    "getattr",
    "setattr",
}
RENAMED = {  # functions, methods and attributes, and what each is replaced by
    **{
        "min": "max",
        "max": "min",
        "sum": "mean",
        "mean": "sum",
        "amin": "amax",
        "amax": "amin",
    },
    **{
        "cos": "sin",
        "sin": "cos",
        "var": "std",
        "std": "var",
        "any": "all",
        "all": "any",
        "train": "eval",
    },
    **{
        "eval": "train",
        "softmax": "log_softmax",
        "log_softmax": "softmax",
        "rsample": "sample",
        "zeros": "ones",
    },
    **{
        "ones": "zeros",
        "rand": "randn",
        "randn": "rand",
        "argmax": "argmin",
        "floor": "ceil",
        "round_": "floor_",
    },
    **{
        "double": "float",
        "logsumexp": "sum",
        "square": "abs",
        "tanh": "sin",
        "argsort": "sort",
        "glob": "rglob",
    },
    **{
        "exp": "expm1",
        "expm1": "exp",
        "log": "log1p",
        "softplus": "relu",
        "is_dir": "exists",
        "is_file": "exists",
    },
}
DROPPED = {
    "detach",
    "sqrt",
    "abs",
    "clamp",
    "clamp_",
    "contiguous",
    "clone",
    "log",
    "exp",
    "square",
    "sigmoid",
    "float",
}
DROPPED |= {
    "double",
    "cpu",
    "flatten",
    "eval",
    "requires_grad_",
    "copy",
    "strip",
    "lower",
    "resolve",
    "nan_to_num",
}
# as attributes that are not called
SPLITS = {"train": "test", "validation": "test", "test": "validation"}
CONTEXTS = {"no_grad": "enable_grad", "inference_mode": "enable_grad"}
OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}
OPERATORS |= {ast.FloorDiv: ("//", "*"), ast.BitAnd: ("&", "|"), ast.Mod: ("%", "//")}
COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}
COMPARISONS |= {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
COMPARISONS |= {ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is")}


class Mutant(NamedTuple):
    "One change to a source text"

    kind: str  # of change
    where: str  # the definition that it stands in
    line: int  # in the text, from 1
    old: str  # the statement there, or the statements, before
    new: str  # and after
    source: str  # the whole text with the change


class _Finder(ast.NodeVisitor):
    """Collects changes as (kind, definition, start, end, replacement), positions in
    characters"""

    def __init__(self, source: str):
        self.source, self.found, self.place = source, [], []
        lines = source.splitlines(keepends=True)
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line))
        self.lines = [line.encode() for line in lines]

    def at(self, line: int, column: int) -> int:
        "Position of a node's line and column, which counts bytes"
        return self.starts[line - 1] + len(self.lines[line - 1][:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.at(node.lineno, node.col_offset), self.at(
            node.end_lineno, node.end_col_offset
        )

    def text(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.source[start:end]

    def add(self, kind: str, start: int, end: int, new: str) -> None:
        self.found.append((kind, ".".join(self.place) or "module", start, end, new))

    def between(
        self, kind: str, left: ast.AST, right: ast.AST, old: str, new: str
    ) -> None:
        "Replace the operator that stands between two operands"
        start, end = self.span(left)[1], self.span(right)[0]
        gap = re.sub(r"#.*", lambda m: " " * len(m[0]), self.source[start:end])
        found = re.search(
            rf"(?<!\w){re.escape(old)}(?!\w)" if old[0].isalpha() else re.escape(old),
            gap,
        )
        if found:
            self.add(kind, start + found.start(), start + found.end(), new)

    def visit_FunctionDef(self, node) -> None:
        self.place.append(node.name)
        for decorator in node.decorator_list:
            if re.fullmatch(
                r"torch\.(no_grad|inference_mode)\(\)|full_precision",
                self.text(decorator),
            ):
                start, end = self.span(decorator)
                self.add("decorator removed", start - 1, end, "")
        for default in [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]:
            self.visit(default)
        self.body(node.body)
        self.place.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node) -> None:
        self.place.append(node.name)
        self.body(node.body)
        self.place.pop()

    def body(self, statements: list[ast.stmt]) -> None:
        for i, statement in enumerate(statements):
            docstring = isinstance(statement, ast.Expr) and isinstance(
                statement.value, ast.Constant
            )
            if not docstring:
                if not (i == 0 and isinstance(statement, ast.Raise)):
                    self.delete(statement)
                self.visit(statement)

    def delete(self, node: ast.stmt) -> None:
        "A statement whose loss leaves valid code"
        guard = (
            isinstance(node, ast.If)
            and not node.orelse
            and all(isinstance(s, ast.Raise | ast.Return) for s in node.body)
        )
        call = (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and "super()" not in self.text(node)
        )
        stored = isinstance(node, ast.Assign) and isinstance(
            node.targets[0], ast.Attribute | ast.Subscript
        )
        if (
            guard or call or stored or isinstance(node, ast.AugAssign)
        ) and not self.text(node).startswith("print("):
            kind = "guard removed" if guard else "statement removed"
            self.add(kind, *self.span(node), "pass")

    def generic_visit(self, node) -> None:
        for _, value in ast.iter_fields(node):
            if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                self.body(value)
            elif isinstance(value, list):
                for child in value:
                    if isinstance(child, ast.AST):
                        self.visit(child)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def visit_AnnAssign(self, node) -> None:
        if node.value:
            self.visit(node.value)

    def visit_Raise(self, node) -> None:
        "The text of an error is not tried"

    def visit_JoinedStr(self, node) -> None:
        "Positions inside f-strings are not those of the source before Python 3.12"

    def visit_Lambda(self, node) -> None:
        self.visit(node.body)

    def visit_If(self, node) -> None:
        if (
            not all(isinstance(s, ast.Raise | ast.Return) for s in node.body)
            or node.orelse
        ):
            start, end = self.span(node.test)
            self.add("condition negated", start, end, f"not ({self.source[start:end]})")
        self.generic_visit(node)

    def visit_IfExp(self, node) -> None:
        start, end = self.span(node.test)
        self.add("condition negated", start, end, f"not ({self.source[start:end]})")
        self.generic_visit(node)

    def visit_BinOp(self, node) -> None:
        words = (ast.JoinedStr, ast.List, ast.Dict, ast.Set, ast.Tuple)
        literal = any(
            isinstance(side, words)
            or (isinstance(side, ast.Constant) and isinstance(side.value, str))
            for side in (node.left, node.right)
        )
        if type(node.op) in OPERATORS and not literal:
            old, new = OPERATORS[type(node.op)]
            self.between("operator", node.left, node.right, old, new)
        if isinstance(node.op, ast.Pow):
            self.add(
                "power removed",
                self.source.index("**", self.span(node.left)[1]),
                self.span(node)[1],
                "",
            )
        self.generic_visit(node)

    def visit_AugAssign(self, node) -> None:
        if type(node.op) in OPERATORS:
            old, new = OPERATORS[type(node.op)]
            self.between("operator", node.target, node.value, f"{old}=", f"{new}=")
        self.generic_visit(node)

    def visit_UnaryOp(self, node) -> None:
        constant = isinstance(node.operand, ast.Constant)
        if isinstance(node.op, ast.USub) and constant and node.operand.value == 1:
            self.add("number", *self.span(node), "0")
            return
        start = self.span(node)[0]
        if not isinstance(node.op, ast.UAdd):
            kind = "sign removed" if isinstance(node.op, ast.USub) else "not removed"
            self.add(
                kind,
                start,
                self.span(node.operand)[0],
                "(" * self.source[start : self.span(node.operand)[0]].count("("),
            )
        self.generic_visit(node)

    def visit_Compare(self, node) -> None:
        for left, op, right in zip(
            [node.left, *node.comparators], node.ops, node.comparators
        ):
            old, new = COMPARISONS[type(op)]
            self.between("comparison", left, right, old, new)
        self.generic_visit(node)

    def visit_BoolOp(self, node) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:]):
            self.between("and/or", left, right, old, new)
        self.generic_visit(node)

    def visit_Constant(self, node) -> None:
        value = node.value
        if isinstance(value, bool):
            self.add("true/false", *self.span(node), str(not value))
        elif isinstance(value, int):
            new = {0: 1, 1: 2}.get(value, value + 1)
            self.add("number", *self.span(node), str(new))
        elif isinstance(value, float):
            new = {0.0: 1.0, 1.0: 0.5}.get(value, 2 * value)
            self.add("number", *self.span(node), repr(new))

    def visit_Subscript(self, node) -> None:
        if isinstance(node.slice, ast.Slice):
            part, start = node.slice, self.span(node.slice)[0]
            if part.lower is None and part.step is None and part.upper is not None:
                self.add("slice", start, start, "1")
            if part.upper is not None and not isinstance(
                part.upper, ast.Constant | ast.UnaryOp
            ):
                self.add(
                    "slice", *self.span(part.upper), f"({self.text(part.upper)}) - 1"
                )
        self.generic_visit(node)

    def visit_Attribute(self, node) -> None:
        if node.attr in SPLITS:
            end = self.span(node)[1]
            self.add("split", end - len(node.attr), end, SPLITS[node.attr])
        if node.attr == "float64":
            end = self.span(node)[1]
            self.add("precision", end - len("float64"), end, "float32")
        self.generic_visit(node)

    def visit_Call(self, node) -> None:
        function = node.func
        name = (
            function.attr
            if isinstance(function, ast.Attribute)
            else getattr(function, "id", "")
        )
        if name in ("print", "warn", "super"):
            return
        if name in RENAMED | CONTEXTS and (
            isinstance(function, ast.Attribute) or name in ("min", "max", "any", "all")
        ):
            end = self.span(function)[1]
            self.add("function", end - len(name), end, (RENAMED | CONTEXTS)[name])
        if name in DROPPED and isinstance(function, ast.Attribute):
            on_module = isinstance(function.value, ast.Name) and function.value.id in (
                "torch",
                "math",
                "np",
                "F",
            )
            if not on_module:
                dot = self.source.rindex(".", 0, self.span(function)[1] - len(name))
                self.add("call removed", dot, self.span(node)[1], "")
            elif node.args and name in ("sqrt", "log", "exp", "abs"):
                self.add(
                    "call removed", *self.span(node), f"({self.text(node.args[0])})"
                )
        self.swap(node, name)
        if isinstance(function, ast.Attribute):
            self.visit(function.value)
        for argument in node.args:
            self.argument(argument, name)
        for keyword in node.keywords:
            if keyword.arg not in COSMETICS:
                self.argument(keyword.value, keyword.arg)

    def swap(self, node: ast.Call, name: str) -> None:
        "The first two arguments of a call"
        if (
            len(node.args) < 2
            or name in COMMUTATIVE
            or any(isinstance(a, ast.Starred) for a in node.args[:2])
        ):
            return
        a, b = node.args[:2]
        if self.text(a) != self.text(b) and not isinstance(
            b, ast.Constant | ast.JoinedStr | ast.UnaryOp
        ):
            (start, middle), (then, end) = self.span(a), self.span(b)
            self.add(
                "arguments swapped",
                start,
                end,
                self.text(b) + self.source[middle:then] + self.text(a),
            )

    def argument(self, node: ast.expr, name: str | None) -> None:
        "A number among the arguments: an axis moves to its neighbour"
        reduces = {
            "sum",
            "mean",
            "var",
            "std",
            "amin",
            "amax",
            "cat",
            "stack",
            "softmax",
            "log_softmax",
            "argmax",
            "dim",
        }
        if name in reduces | {
            "axis",
            "unsqueeze",
            "cumsum",
            "logsumexp",
            "flatten",
        } and isinstance(node, ast.Constant):
            if node.value in (0, 1) and not isinstance(node.value, bool):
                self.add("axis", *self.span(node), str(1 - node.value))
                return
        self.visit(node)


def mutants(source: str) -> Iterator[Mutant]:
    "Every single change of a source text that still parses and means something else"
    finder, before = _Finder(source), ast.dump(ast.parse(source))
    finder.body(ast.parse(source).body)
    seen = set()
    for kind, where, start, end, new in sorted(
        finder.found, key=lambda found: found[2:]
    ):
        text = source[:start] + new + source[end:]
        try:
            same = ast.dump(ast.parse(text)) == before
        except SyntaxError:
            continue
        if not same and text not in seen:
            seen.add(text)
            yield described(kind, where, source, start, end, new)


GAP = r"(?:\s+\#[^\n]*\n|\s)*"  # white space and comments
# statements
BETWEEN = (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
END = r"[ \t]*(?:\#[^\n]*)?(?:\n|\Z)"  # of a statement


def places(source: str, text: str) -> list[tuple[int, int]]:
    """Where a text of code stands in a source, as start and end, however the source
    breaks its lines"""
    pattern = r"(?m:^)\ *" if text.startswith("    ") else ""  # a whole line
    parts = re.findall(r"\s+|\w+|\W", text.lstrip() if pattern else text)
    for before, part in zip(["", *parts], parts):
        if part.isspace():
            pattern += END if "\n" in part else ""
            continue
        if before:
            pattern += r"\s*" if "\n" in before else GAP
        if part in ")]}" and before:
            pattern += f"(?:,{GAP})?"  # where each argument has a line of its own
        pattern += re.escape(part)
    return [found.span() for found in re.finditer(pattern, source)]


def as_one_line(text: str) -> str:
    "Code without its line breaks, which are no difference between two statements"
    for end in ("", " pass", "\npass", "\n pass"):  # the head of a block, a decorator
        try:
            return ast.unparse(ast.parse(text + end))
        except SyntaxError:
            pass
    return " ".join(text.split())


def statement_lines(source: str, start: int, end: int) -> tuple[int, int]:
    """Start and end of the whole lines of those statements, or heads of blocks, that a
    part of a source touches"""
    rows, first, opened = [0], None, None
    for line in source.splitlines(keepends=True):
        rows.append(rows[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NEWLINE:
            close, opened = (
                rows[token.start[0] - 1] + token.start[1],
                min(opened, start),
            )
            first = opened if first is None and close >= start else first
            if close >= end:
                return first, close
            opened = None
        elif opened is None and token.type not in BETWEEN:
            opened = rows[token.start[0] - 1]
    return start, end


def described(
    kind: str, where: str, source: str, start: int, end: int, new: str
) -> Mutant:
    "A change with the statements that it touches"
    first, last = statement_lines(source, start, end)
    after = source[first:start] + new + source[end:last]
    text = source[:start] + new + source[end:]
    return Mutant(
        kind,
        where,
        source.count("\n", 0, start) + 1,
        source[first:last].strip(),
        after.strip(),
        text,
    )


def by_hand(source: str, old: str, new: str, why: str) -> Mutant | None:
    "A change written down as text, if `old` stands in the source exactly once"
    if len(found := places(source, old)) != 1:
        return None
    ((start, end),) = found
    enclosing = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.lineno <= source.count("\n", 0, start) + 1 <= node.end_lineno
    ]
    enclosing.sort(key=lambda node: node.lineno)
    where = ".".join(node.name for node in enclosing) or "module"
    return described(f"by hand: {why}", where, source, start, end, new)


def main():
    for path in map(Path, sys.argv[1:]):
        for cell in filter(is_exported, nbformat.read(path, as_version=4).cells):
            for mutant in mutants(cell.source):
                print(
                    f"{path.stem} {cell.id}:{mutant.line} {mutant.where} "
                    f"{mutant.kind}\n- {mutant.old}\n+ {mutant.new}"
                )


if __name__ == "__main__":
    main()
