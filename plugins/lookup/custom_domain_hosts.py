# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: custom_domain_hosts
author:
  - postmaster.mail contributors (@postmaster-mail)
short_description: The hosts of a play, if there are any
version_added: 1.0.0
description:
  - Returns the pattern that it is given, for the keyword C(hosts) of a play, and fails if no host of the inventory
    matches it. Ansible itself ends such a run with success, as if everything had been done.
  - The playbooks of this collection use it. Run on their own, they also fail if C(--limit) leaves no host, or if
    C(--tags) or C(--skip-tags) names a tag that they do not have.
options:
  _terms:
    description: The pattern, such as the name of a group.
    type: list
    elements: str
    required: true
  readable:
    description:
      - Whether to fail also if a file with variables of the hosts is encrypted as a whole and no Ansible Vault password
        is given. Ansible itself then says only that it has no password.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Roll out the email domains
  hosts: "{{ lookup('postmaster.mail.custom_domain_hosts', 'custom_domains') }}"
  gather_facts: false
  tasks:
    - name: Set up each domain in DNS and Odoo
      ansible.builtin.import_role:
        name: postmaster.mail.custom_domain
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: str
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ansible import context
from ansible.constants import LOCALHOST
from ansible.errors import AnsibleLookupError
from ansible.parsing.vault import is_encrypted
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

from ansible_collections.postmaster.mail.plugins.module_utils.argument_faults import near
from ansible_collections.postmaster.mail.plugins.plugin_utils.parts import NAMES

_OF_ANSIBLE = ("all", "always", "never", "tagged", "untagged")
_MOST_SHOWN = 8
_PLAYBOOKS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))), "playbooks")


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        known: Mapping[str, Any] = variables or {}
        if any(context.CLIARGS.get(one) for one in ("syntax", "listhosts", "listtasks", "listtags")):
            return terms
        groups: Mapping[str, Iterable[str]] = known.get("groups") or {}
        found = {host for term in terms for host in _matching(groups, term)}
        sources = [str(one) for one in known.get("ansible_inventory_sources") or ()]
        if self.get_option("readable") and not self._loader._vault.secrets:
            self._refuse_vaults(sources, _names_of(groups, found))
        if not found:
            raise AnsibleLookupError(_nobody(terms, groups, sources))
        if all(_is_ours(playbook) for playbook in context.CLIARGS.get("args") or ("",)):
            # within another playbook, that one's limit and tags apply
            self._check_call(terms, found, groups, known)
        return terms

    def _check_call(
        self, terms: list[str], found: set[str], groups: Mapping[str, Iterable[str]], known: Mapping[str, Any]
    ) -> None:
        limit = str(known.get("ansible_limit") or "")
        if limit and "@" not in limit and not found.intersection(_matching(groups, limit)):
            raise AnsibleLookupError(
                f"--limit {limit} leaves none of the hosts {_listed(found)}, so there is nothing to do."
            )
        asked = [*(known.get("ansible_run_tags") or ()), *(known.get("ansible_skip_tags") or ())]
        wrong = [tag for tag in asked if tag not in (*NAMES, *_OF_ANSIBLE)]
        if wrong:
            raise AnsibleLookupError(
                f"There is no tag {_listed(wrong)}.{near(wrong[0], NAMES)} The tags are {_listed(NAMES)}."
            )

    def _refuse_vaults(self, sources: Iterable[str], names: Collection[str]) -> None:
        """``names``: of the hosts and their groups."""
        vaults = [file for file in _files(sources, names) if self._loader.is_file(file) and _is_vault(file)]
        if vaults:
            raise AnsibleLookupError(
                f"{_listed(vaults)} {'is' if len(vaults) == 1 else 'are'} encrypted as a whole, and without the "
                "password the hosts cannot be checked. Encrypt single values with ansible-vault "
                "encrypt_string, take secrets from the environment, or keep them in a file that only runs with the "
                "password use, with -e @FILE."
            )


def _names_of(groups: Mapping[str, Iterable[str]], hosts: Collection[str]) -> set[str]:
    """The names of hosts and all their groups."""
    return {"all", *hosts, *(group for group, members in groups.items() if not set(hosts).isdisjoint(members))}


def _files(sources: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """The sources of an inventory, and the variable files beside them that Ansible reads for these names."""
    for source in sources:
        inside = os.path.isdir(source)
        yield from _all_below(source) if inside else [source]
        folder = source if inside else os.path.dirname(source)
        for kind in ("group_vars", "host_vars"):
            place = os.path.join(folder, kind)
            for entry in sorted(os.listdir(place)) if os.path.isdir(place) else ():
                if entry in names or os.path.splitext(entry)[0] in names:
                    yield from _all_below(os.path.join(place, entry))


def _all_below(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
    for folder, folders, files in os.walk(path):
        folders[:] = [
            one for one in sorted(folders) if not one.startswith(".") and one not in ("group_vars", "host_vars")
        ]
        yield from (os.path.join(folder, one) for one in sorted(files))


def _is_vault(file: str) -> bool:
    try:
        with open(file, "rb") as opened:
            return bool(is_encrypted(opened.read(80)))
    except OSError:
        return False


def _is_ours(playbook: str) -> bool:
    """Whether the user called a playbook of this collection, not one that includes it."""
    return playbook.startswith("postmaster.mail.") or os.path.dirname(os.path.realpath(playbook)) == _PLAYBOOKS


def _matching(groups: Mapping[str, Iterable[str]], pattern: str) -> set[str]:
    """The hosts that Ansible finds for a pattern."""
    if pattern in LOCALHOST:
        return {pattern}  # exists without an inventory
    known = lookup_loader.get("ansible.builtin.inventory_hostnames")
    return set(known.run([pattern], variables={"groups": groups}))


def _nobody(terms: Iterable[str], groups: Mapping[str, Iterable[str]], sources: Iterable[str]) -> str:
    """Why there is nothing to do, and the likely reason."""
    read = f"The inventory ({_listed(sources)})" if sources else "The inventory"
    message = f"No host of the inventory matches {_listed(terms)}, so there is nothing to do."
    if not groups.get("all"):
        return (
            f"{message} {read} has no hosts: name the file or directory with -i, and check whether Ansible warns above "
            "that it cannot read it."
        )
    own = [name for name in groups if name not in ("all", "ungrouped")]
    there = f"has the groups {_listed(own)}" if own else "has no groups"
    return (
        f"{message}{near(next(iter(terms)), own)} {read} {there}: call the group custom_domains, or name another one "
        "with -e custom_domain_hosts=GROUP."
    )


def _listed(names: Iterable[str]) -> str:
    texts = sorted(str(name) for name in names)
    more = f" and {len(texts) - _MOST_SHOWN} more" if len(texts) > _MOST_SHOWN else ""
    return ", ".join(texts[:_MOST_SHOWN]) + more
