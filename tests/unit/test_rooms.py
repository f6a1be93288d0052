# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which room may import which, and how long a file may be (docs/architecture.md)."""

from __future__ import annotations

import ast
import collections
import functools
import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "ansible_collections.postmaster.mail."
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "plugins").rglob("*.py"))
}
UTILS = "plugins.module_utils."

# Bottom to top: of its row, a room may import only the rooms before it.
FLOORS = (
    ("records", "zone", "intents"),
    ("records", "zone", "providers"),
    ("resolver", "receiver", "domain_check", "preflight"),
    ("odoo", "preflight"),
    ("records", "services", "domain_check", "preflight"),
    ("services", "odoo"),
    ("providers", "services"),
    ("resolver", "receiver", "services"),
)
# Rooms that only the listed ones may import.
PRIVATE = {
    "preflight": ("modules", "plugin_utils"),
    "dns_module": ("modules", "dns_batch_module", "dns_restore"),
    "dns_batch_module": ("modules",),
    "dns_restore": ("modules",),
}
LINES = 350
# Every run imports these first: they open no connection and load no package of a vendor.
PURE = ("records", "intents", "receiver", "preflight")
PURE_FILES = (
    "zone.plan",
    "zone.model",
    "zone.intent",
    "zone.rdata",
    "zone.master_file",
    "zone.master_reader",
    "services.model",
    "services.registry",
    "services.answers",
)
NOT_PURE = {
    "asyncio", "concurrent", "ftplib", "glob", "http", "imaplib", "multiprocessing", "os", "pathlib", "select",
    "shutil", "smtplib", "socket", "ssl", "subprocess", "tempfile", "threading", "xmlrpc",
}  # fmt: skip
ALWAYS_THERE = {"ansible", "ansible_collections", *sys.stdlib_module_names}


class Import(NamedTuple):
    target: str
    at_once: bool  # runs when the file is imported, not when a function is called or types are checked


@functools.cache
def imports(module: str) -> tuple[Import, ...]:
    """What a file imports: files of the collection by their name in FILES, everything else by its own name."""
    path = FILES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = []
    for node, at_once in _nodes(ast.parse(path.read_text("utf-8")), True):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, at_once) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: len(package.split(".")) - node.level + 1], base]).rstrip(".")
                base = PREFIX + base
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.append(Import(whole if whole.removeprefix(PREFIX) in FILES else base, at_once))
    return tuple(Import(target.removeprefix(PREFIX), at_once) for target, at_once in found)


def _nodes(tree: ast.AST, at_once: bool) -> Iterator[tuple[ast.AST, bool]]:
    for node in ast.iter_child_nodes(tree):
        yield node, at_once
        later = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        types_only = isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        yield from _nodes(node, at_once and not later and not types_only)


def room(module: str) -> str:
    """``records`` for plugins.module_utils.records.spf; outside module_utils, the folder below plugins."""
    parts = module.split(".")
    return parts[2] if module.startswith(UTILS) else parts[1] if len(parts) > 1 else ""


def own_imports(at_once_only: bool = False) -> Iterator[tuple[str, str]]:
    for module in FILES:
        for target, at_once in imports(module):
            if target in FILES and target != module and (at_once or not at_once_only):
                yield module, target


def test_every_room_and_file_named_here_exists() -> None:
    named = {*itertools.chain(*FLOORS), *PRIVATE, *itertools.chain(*PRIVATE.values()), *PURE}
    assert named <= {room(module) for module in FILES}
    assert {UTILS + name for name in PURE_FILES} <= FILES.keys()


@pytest.mark.parametrize("row", FLOORS, ids=" < ".join)
def test_no_import_runs_upwards(row: tuple[str, ...]) -> None:
    upwards = [
        f"{module} imports {target}"
        for lower, upper in itertools.combinations(row, 2)
        for module, target in own_imports()
        if (room(module), room(target)) == (lower, upper)
    ]
    assert not upwards


def test_providers_import_no_room_about_mail() -> None:
    there = ("intents", "records", "receiver", "domain_check", "preflight", "odoo")
    assert not [
        f"{module} imports {target}"
        for module, target in own_imports()
        if room(module) == "providers" and room(target) in there
    ]


def test_module_utils_import_no_other_plugins() -> None:
    assert not [pair for pair in own_imports() if pair[0].startswith(UTILS) and not pair[1].startswith(UTILS)]


@pytest.mark.parametrize("private", PRIVATE)
def test_a_room_at_the_top_is_imported_only_by_the_listed_ones(private: str) -> None:
    callers = {room(module) for module, target in own_imports() if room(target) == private} - {private}
    assert callers <= set(PRIVATE[private])


def test_no_imports_form_a_circle() -> None:
    """Imports inside functions count, too."""
    graph = collections.defaultdict(set)
    for module, target in own_imports():
        graph[module].add(target)
    circles = []

    def visit(module: str, path: tuple[str, ...], done: set[str]) -> None:
        if module in path:
            circles.append(" > ".join((*path[path.index(module) :], module)))
        elif module not in done:
            for target in sorted(graph[module]):
                visit(target, (*path, module), done)
            done.add(module)

    done: set[str] = set()
    for module in sorted(FILES):
        visit(module, (), done)
    assert not circles


def test_pure_rooms_do_no_io_and_load_no_package_of_others() -> None:
    impure = []
    for module in FILES:
        if not module.startswith(UTILS) or not (room(module) in PURE or module.removeprefix(UTILS) in PURE_FILES):
            continue
        for target, at_once in imports(module):
            top = target.split(".")[0]
            if top in NOT_PURE or (at_once and top not in ALWAYS_THERE and target not in FILES):
                impure.append(f"{module} imports {target}")
    assert not impure


def test_no_package_of_a_vendor_is_imported_before_it_is_needed() -> None:
    guarded = {"dns", "requests", "urllib3", "cryptography"}
    assert not [
        f"{module} imports {target}"
        for module in FILES
        if module.startswith(UTILS)
        for target, at_once in imports(module)
        if at_once and target not in FILES and target.split(".")[0] not in ALWAYS_THERE | guarded
    ]


def test_dnspython_is_imported_in_one_place() -> None:
    there = {
        module for module in FILES for target, at_once in imports(module) if at_once and target.split(".")[0] == "dns"
    }
    assert there == {"plugins.module_utils.libraries"}


def test_no_file_of_module_utils_is_too_long() -> None:
    names = {name.removeprefix(UTILS): path for name, path in FILES.items() if name.startswith(UTILS)}
    counts = {name: len(path.read_text("utf-8").splitlines()) for name, path in names.items()}
    assert not {name: lines for name, lines in counts.items() if lines > LINES}


def test_no_two_classes_have_the_same_name() -> None:
    places = collections.defaultdict(list)
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    named_by_ansible = {"ModuleDocFragment", "ActionModule", "InventoryModule", "FilterModule", "LookupModule"}
    assert not {name: there for name, there in places.items() if len(there) > 1 and name not in named_by_ansible}


def test_no_name_is_a_private_word() -> None:
    """Names say reported, desired or skipped: the words that a newcomer searches for."""
    private = re.compile(r"(^|_)(tells?|told|untold|wish(es|ed)?|forgoe?s?|forgone)(_|$)")
    found = set()
    for module, path in FILES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node, "name", getattr(node, "arg", getattr(node, "attr", getattr(node, "id", None))))
            if isinstance(name, str) and private.search(name) and not _is_of_a_library(node):
                found.add(f"{module}: {name}")
    assert not found


def _is_of_a_library(node: ast.AST) -> bool:
    """For example ``file.tell()``."""
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
