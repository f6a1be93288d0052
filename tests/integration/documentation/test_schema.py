# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of the variables is that of the role, takes what we show, and names what is wrong."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.tests.tools import document_schema

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "README.md", ROOT / "roles" / "custom_domain" / "README.md")
CHECKER = Path(sys.executable).parent / "check-jsonschema"
SHOWN = [
    block
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    if re.match(r"(#.*\n)*custom_domain", block) and not block.lstrip().startswith("- ")
]


def checked(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(CHECKER), "--schemafile", str(document_schema.SCHEMA), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def written(folder: Path, texts: Sequence[str]) -> list[Path]:
    files = [folder / f"{number}.yml" for number, dummy in enumerate(texts)]
    for file, text in zip(files, texts):
        file.write_text(text, "utf-8")
    return files


def test_it_is_up_to_date() -> None:
    assert document_schema.SCHEMA.read_text("utf-8") == document_schema.text(), "run tests/tools/document_role.py"


def test_no_mark_of_ansibles_documentation_is_in_a_text_of_an_editor() -> None:
    found = re.findall(r'"description": "((?:[^"\\]|\\.)*)"', document_schema.text())
    assert len(found) > 200 and not [text for text in found if re.search(r"\b(?:R?V|O|C|M|P|U)\(", text)]


def test_it_takes_each_inventory_and_each_file_of_variables_that_we_show(tmp_path: Path) -> None:
    assert len(SHOWN) >= 5
    done = checked(*written(tmp_path, SHOWN))
    assert done.returncode == 0, done.stdout


def test_a_template_stands_for_any_value_and_is_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    text = f"""custom_domain_ttl: "{{{{ lookup('pipe', 'touch {mark}') }}}}"
custom_domain_dns: "{{{{ accounts[provider] }}}}"
custom_domain_senders: ["{{{{ relay }}}}"]
custom_domain_gate: "{{{{ gate }}}}"
"""
    assert checked(*written(tmp_path, [text])).returncode == 0
    assert not mark.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "custom_domain_gate: enforced\n",
            "$.custom_domain_gate: 'enforced' is not one of ['enforce', 'warn', 'ignore']",
        ),
        ("custom_domain_companie: [A]\n", "$.custom_domain_companie: ['A'] should not be valid"),
        (
            "custom_domain_dmarc: {policy: none, pct: 5}\n",
            "$.custom_domain_dmarc: Additional properties are not allowed",
        ),
        ("custom_domain_dns: {directory: zones}\n", "$.custom_domain_dns: 'provider' is a required property"),
        ("custom_domain_ttl: soon\n", "$.custom_domain_ttl"),
        ("custom_domain_senders: [{host: a, port: smtp}]\n", "$.custom_domain_senders[0].port"),
        (
            "custom_domains: {children: {ours: {hosts: {a.example: {custom_domain_mx: {exchange: b}}}}}}\n",
            "$.custom_domains.children.ours.hosts['a.example'].custom_domain_mx",
        ),
        ("$ANSIBLE_VAULT;1.1;AES256\n3830\n", "is not of type 'object'"),
    ],
    ids=["choice", "name", "option", "required", "number", "element", "group", "vault"],
)
def test_it_names_what_is_wrong_and_where(text: str, message: str, tmp_path: Path) -> None:
    done = checked(*written(tmp_path, [text]))
    assert done.returncode == 1 and message in done.stdout


def test_the_command_of_the_readme_checks_its_inventory(tmp_path: Path) -> None:
    readme = PAGES[0].read_text("utf-8")
    (command,) = [line for line in readme.splitlines() if line.startswith("check-jsonschema ")]
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    inventory = next(block for block in SHOWN if "custom_domain_odoo:" in block)
    (tmp_path / "companies.yml").write_text(inventory, "utf-8")
    parts = [str(CHECKER), *command.split()[1:]]
    assert subprocess.run(parts, cwd=tmp_path, timeout=60, check=False).returncode == 0
    assert document_schema.ADDRESS in readme
