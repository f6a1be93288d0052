# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No answer contains a secret, although Ansible does not search every text for every secret."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common import parameters
from ansible.release import __version__
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils import no_log
from ansible_collections.postmaster.mail.plugins.module_utils.no_log import end, shows_any, warn, without
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printed
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_main

VERSION = int(__version__.split(".")[1])


def thousand() -> list[str]:
    """Passwords never used before: newer versions send only new secrets to the controller."""
    return [f"password {secrets.token_hex(8)} of a server" for dummy in range(1000)]


def answer(passwords: list[str], result: Mapping[str, Any], warning: str = "") -> tuple[dict[str, Any], list[set[str]]]:
    """The answer of a real module with these passwords, and each set of secrets that Ansible searched it for."""
    looked_for: list[set[str]] = []

    def main() -> None:
        module = AnsibleModule({"passwords": {"type": "list", "elements": "str", "no_log": True}})
        warn(module, [warning] if warning else [])
        end(module, result)

    def remove_values(value: Any, hidden: set[str]) -> Any:
        # Ansible passes texts only for the system's log
        if isinstance(value, dict):
            looked_for.append(set(hidden))
        return parameters.remove_values(value, hidden)

    with mock.patch.object(basic, "remove_values", remove_values):
        return run_main(main, {"passwords": passwords}), looked_for


def test_the_installed_ansible_is_in_the_documented_range() -> None:
    found = re.search(r"ansible-core 2\.(\d+) to 2\.(\d+)", str(no_log.__doc__))
    assert found and int(found[1]) <= VERSION <= int(found[2])


def test_ansible_does_not_search_for_passwords_that_the_answer_lacks() -> None:
    shown, looked_for = answer(thousand(), {"changed": True, "names": ["relay", "password of nobody"]})
    assert shown["names"] == ["relay", "password of nobody"]
    assert looked_for == ([set()] if VERSION < 22 else [])
    assert "of a server" not in str({**shown, "_ansible_new_secrets": None})


def test_ansible_hides_a_password_that_the_answer_contains() -> None:
    passwords = thousand()
    shown, looked_for = answer(passwords, {"name": f"with {passwords[7]}"})
    if VERSION < 22:
        assert looked_for == [set(passwords)]
        assert passwords[7] not in str(shown)
    else:
        # the controller masks the secrets that the module sends it
        assert set(shown["_ansible_new_secrets"]) == set(passwords)
        assert "invocation" not in shown


def test_no_warning_contains_a_password() -> None:
    """Some versions print warnings unchanged, even those of a task with no_log."""
    passwords = thousand()
    shown, dummy = answer(passwords, {}, f"The server 'with {passwords[7]}' is not there.")
    assert "The server 'with ********' is not there." in str(shown["warnings"])
    assert passwords[7] not in str({**shown, "_ansible_new_secrets": None})


words = st.sampled_from(["secret", "other secret", "name", "a secret in a sentence", "1", ""])
values: Any = st.recursive(
    st.one_of(words, st.integers(0, 12), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=12,
)


@given(st.lists(words.filter(str.strip), max_size=2, unique=True), values)
def test_ansible_searches_for_secrets_unless_the_answer_has_none(passwords: list[str], value: Any) -> None:
    shown, looked_for = answer(passwords, {"value": value})
    if VERSION < 22:
        assert looked_for == [set(passwords)] or not any(secret in str(shown["value"]) for secret in passwords)
    else:
        # the controller hides them, so the value arrives as it was
        assert (looked_for, shown["value"]) == ([], printed(value))


def test_options_are_shown_without_their_secrets() -> None:
    params = {"servers": [{"name": "relay", "password": "secret", "port": 25}]}
    shown = without(params, {"secret"})
    assert shown == {"servers": [{"name": "relay", "password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "port": 25}]}


@given(
    st.lists(st.text("ab", min_size=1, max_size=12), max_size=8),
    st.lists(st.text("ab", max_size=40), max_size=4),
)
def test_a_secret_is_found_anywhere_in_any_text(hidden: list[str], shown: list[str]) -> None:
    assert shows_any(hidden, iter(shown)) == any(secret in text for secret in hidden for text in shown)
