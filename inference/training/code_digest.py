"""Whether code is still the code that made what lies in a cache."""

from __future__ import annotations

import ast
import hashlib
from importlib.resources import files
from typing import Final

CHARACTERS: Final = 8


def code_digest(package: str, module: str) -> str:
    """Short digest of a module and of all modules of its package that it needs.

    Comments, docstrings and layout do not count, nor do modules that it does not import.

    Args:
        package: an importable one, without subpackages.
        module: the name of one of its modules.
    """
    folder, waiting = files(package), [module]
    digests: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        path = folder / f"{name}.py"
        if name in digests or not path.is_file():
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        waiting += _siblings(tree, package)
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                node.body = [each for each in node.body if not _is_text(each)]
        digests[name] = ast.dump(tree)
    return hashlib.sha256(repr(sorted(digests.items())).encode()).hexdigest()[:CHARACTERS]


def _siblings(tree: ast.Module, package: str) -> list[str]:
    """Names that may be modules of the package, imported from it or from which is imported."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            if node.module == package:
                names += [each.name for each in node.names]
            else:
                names.append(node.module.removeprefix(f"{package}."))
    return names


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
