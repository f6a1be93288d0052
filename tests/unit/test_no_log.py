# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret leaves with an answer, though Ansible is not asked to look for each in each text."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.no_log import end, shows_any, without


class Module:
    """As much of an AnsibleModule as an answer needs."""

    def __init__(self, params: dict[str, Any], secrets: set[str]) -> None:
        self.params = params
        self.no_log_values = secrets
        self.answer: dict[str, Any] = {}

    def exit_json(self, **answer: Any) -> None:
        self.answer = answer


words = st.sampled_from(["secret", "other secret", "name", "a secret in a sentence", "1", ""])
values: Any = st.recursive(
    st.one_of(words, st.integers(0, 12), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=12,
)


@given(st.dictionaries(words, values), st.dictionaries(words.filter(bool), values))
def test_ansible_is_left_to_look_for_secrets_unless_none_is_there(
    params: dict[str, Any], result: dict[str, Any]
) -> None:
    secrets = {"secret", "other secret", "1"}
    module: Any = Module(params, set(secrets))
    end(module, result)
    shown = str(module.answer)
    assert module.no_log_values == secrets or not any(secret in shown for secret in secrets)


def test_options_are_shown_without_their_secrets() -> None:
    params = {"servers": [{"name": "relay", "password": "secret", "port": 25}]}
    shown = without(params, {"secret"})
    assert shown == {"servers": [{"name": "relay", "password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "port": 25}]}


@given(
    st.lists(st.text("ab", min_size=1, max_size=12), max_size=8),
    st.lists(st.text("ab", max_size=40), max_size=4),
)
def test_a_secret_is_seen_wherever_it_stands(secrets: list[str], shown: list[str]) -> None:
    assert shows_any(secrets, iter(shown)) == any(secret in text for secret in secrets for text in shown)
