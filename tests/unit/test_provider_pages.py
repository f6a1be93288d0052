# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each provider has a page whose examples use its options."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.plugins.module_utils.providers.options import OPTIONS
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import dns_options

PAGES = Path(__file__).resolve().parents[2] / "docs" / "providers"
COMMON = {"provider", *dns_options()["options"]} - {name for chosen in OPTIONS.values() for name in chosen.options}


def examples(page: Path) -> list[Any]:
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)]


def dns_of(content: Any) -> Iterator[dict[str, Any]]:
    """Each ``dns`` option anywhere in the content."""
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    if isinstance(content, dict) and isinstance(content.get("dns"), dict):
        yield content["dns"]
    for part in parts:
        yield from dns_of(part)


@pytest.mark.parametrize("provider", OPTIONS)
def test_the_page_of_a_provider_has_examples_with_its_options(provider: str) -> None:
    found = list(dns_of(examples(PAGES / f"{provider}.md")))
    assert found, "the page has no example with dns"
    chosen = OPTIONS[provider]
    for dns in found:
        assert dns["provider"] == provider
        assert set(dns) <= COMMON | set(chosen.options)
        from_elsewhere = set(chosen.environment)
        assert set(chosen.required) - from_elsewhere <= set(dns)


@pytest.mark.parametrize("provider", OPTIONS)
def test_the_index_has_a_line_for_each_provider(provider: str) -> None:
    assert (PAGES / "README.md").read_text("utf-8").count(f"\n| [`{provider}`]({provider}.md) |") == 1


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_each_page_belongs_to_a_provider(page: Path) -> None:
    assert page.stem in {*OPTIONS, "README"}


def test_the_readme_and_the_requirements_files_name_the_same_packages() -> None:
    root = PAGES.parents[1]
    readme = (root / "README.md").read_text("utf-8")
    commands = [line for line in re.findall(r"`pip install ([^`]+)`", readme) if "check-jsonschema" not in line]
    files = [(root / name).read_text("utf-8") for name in ("requirements.txt", "requirements-all.txt")]
    listed = {line.partition(">=")[0] for file in files for line in file.splitlines() if line[:1].isalpha()}
    named = {name for command in commands for name in shlex.split(command)}
    assert named and named <= listed
    assert {name for name in listed if name not in readme} == set()
