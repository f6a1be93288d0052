# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the collection as a whole."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__")
SHIPPED = sorted(
    path
    for folder in ("plugins", "roles", "playbooks")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)
TEST_WORLD = re.compile(r"simulat|\bmoto\b|\b127\.\d+\.\d+\.\d+|//localhost|\[::1\]|\btests/", re.IGNORECASE)
DOCUMENTATION = ("DOCUMENTATION", "EXAMPLES", "RETURN")


def _without_documentation(path: Path) -> str:
    """The code of a file without its documentation, which may name an address as an example."""
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        return ""
    if path.suffix != ".py":
        return re.sub(r"(?m)^\s*#.*$", "", text)
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        is_documentation = (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in DOCUMENTATION) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        )
        if is_documentation and isinstance(node, (ast.Assign, ast.Expr)):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return "\n".join(lines) if "doc_fragments" not in path.parts else ""


def _documented(path: Path, name: str) -> Any:
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    return None


def _action_groups() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = yaml.safe_load((ROOT / "meta/runtime.yml").read_text("utf-8"))["action_groups"]
    return groups


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_shipped_file_mentions_tests_or_loopback_addresses(path: Path) -> None:
    found = TEST_WORLD.findall(_without_documentation(path))
    assert not found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
class TestModule:
    def test_it_is_in_the_action_group_of_its_account(self, path: Path) -> None:
        """Only modules with an account: to the others, the group's defaults would be unknown options."""
        groups = _action_groups()
        without_account = ("custom_domain_host", "domain_info")
        prefix = path.stem.partition("_")[0]
        group = prefix if prefix in ("odoo", "sending") else "dns"
        wanted = [group] if path.stem not in without_account else []
        assert [name for name, members in groups.items() if path.stem in members] == wanted

    def test_it_has_examples_that_use_it_by_its_full_name(self, path: Path) -> None:
        examples = _documented(path, "EXAMPLES")
        assert any(f"postmaster.mail.{path.stem}" in task for task in examples)


def test_no_module_is_in_two_action_groups() -> None:
    members = [name for group in _action_groups().values() for name in group]
    assert len(members) == len(set(members))


def test_ansible_doc_shows_the_options_of_spf_record_before_those_of_the_providers() -> None:
    command = [str(Path(sys.executable).parent / "ansible-doc"), "postmaster.mail.spf_record"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert max(shown.index("`include'"), shown.index("`domain'")) < shown.index("access_key")


def test_sending_domain_and_sending_domains_document_the_same_return_values() -> None:
    """Ansible has no documentation fragments for return values, so both modules repeat them."""

    def returned(module: str) -> dict[str, Any]:
        text = (ROOT / "plugins" / "modules" / f"{module}.py").read_text("utf-8").replace("domains[].", "")
        found: dict[str, Any] = yaml.safe_load(text.partition('RETURN = r"""')[2].partition('"""')[0])
        return found

    one, many = returned("sending_domain"), returned("sending_domains")["domains"]["contains"]
    for name in one.keys() - {"api_calls"}:
        assert many[name]["description"] == one[name]["description"], name
        assert many[name]["type"] == one[name]["type"], name
