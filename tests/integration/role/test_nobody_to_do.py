# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook that finds nothing to do, because something was typed wrongly, does not end as if all were done."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.tests.support.rollouts import Run, World, play

HOSTS = (
    "all:\n  children:\n    custom_domain:\n      hosts: {company-name.com: {}}\n    web:\n      hosts: {web1: {}}\n"
)


def rollout(folder: Path, inventory: str, *arguments: str, playbook: str = "postmaster.mail.rollout") -> Run:
    (folder / "companies.yml").write_text(inventory)
    return play(folder, playbook, *arguments)


@pytest.mark.parametrize("playbook", ["plan", "restore"])
def test_a_group_by_another_name_is_an_error_that_names_the_groups(tmp_path: Path, playbook: str) -> None:
    done = rollout(tmp_path, HOSTS, playbook=f"postmaster.mail.{playbook}")
    assert done.code != 0
    assert "No host of the inventory matches custom_domains, so there is nothing to do." in done.output
    assert "has the groups custom_domain, web: call the group custom_domains, or name another one" in done.output


@pytest.mark.parametrize(
    ("inventory", "arguments", "told"),
    [
        ("custom_domains:\n\thosts: {company-name.com: {}}\n", (), "has no hosts: name the file or directory with -i"),
        (
            HOSTS,
            ("-e", "custom_domain_hosts=custom_domian"),
            "matches custom_domian, so there is nothing to do. Did you",
        ),
        (
            HOSTS,
            ("-e", "custom_domain_hosts=custom_domain", "--limit", "web1"),
            "--limit web1 leaves none of the hosts company-name.com, so there is nothing to do.",
        ),
        (HOSTS, ("-e", "custom_domain_hosts=custom_domain", "-t", "dsn"), "There is no tag dsn. Did you mean dns?"),
        (
            HOSTS,
            ("-e", "custom_domain_hosts=all", "--skip-tags", "verfy"),
            "There is no tag verfy. Did you mean verify?",
        ),
    ],
    ids=["a tab in the YAML", "a group that there is not", "a limit that leaves no domain", "a tag", "a tag to skip"],
)
def test_what_is_typed_wrongly_is_an_error(
    tmp_path: Path, inventory: str, arguments: tuple[str, ...], told: str
) -> None:
    done = rollout(tmp_path, inventory, *arguments)
    assert done.code != 0
    assert told in done.output, done.output


def test_an_audit_with_a_tag_that_there_is_not_does_not_end_as_if_it_were_done(tmp_path: Path) -> None:
    done = rollout(tmp_path, HOSTS, "-t", "dsn", "-e", "custom_domain_audit=.", playbook="postmaster.mail.audit")
    assert done.code != 0 and "There is no tag dsn. Did you mean dns?" in done.output
    done = rollout(tmp_path, HOSTS, "-t", "dns", "-e", "custom_domain_audit=a", playbook="postmaster.mail.audit")
    assert done.code != 0 and "'a' is not a full domain name" in done.output


def test_as_a_part_of_another_playbook_it_has_the_tags_of_that(world: World) -> None:
    world.host("alpha.example")
    plays: list[dict[str, object]] = [
        {"hosts": "localhost", "tags": "web", "tasks": []},
        {"import_playbook": "postmaster.mail.rollout"},
    ]
    done = world.site(plays, "--tags", "web")
    assert done.code == 0, done.output


def test_the_syntax_is_checked_without_an_inventory(tmp_path: Path) -> None:
    assert rollout(tmp_path, "all: {}\n", "--syntax-check").code == 0
