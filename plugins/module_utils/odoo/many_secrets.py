# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer to Ansible that was made from a thousand passwords.

Ansible looks for each secret in each text of an answer, which takes longer than all else together. Where none is in
any of them, it is told so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.warnings import get_warning_messages

HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"  # as Ansible says it


def end(module: AnsibleModule, result: Mapping[str, Any]) -> None:
    """Like exit_json(); the options are shown without their secrets."""
    secrets = set(module.no_log_values)
    answer = {**result, "invocation": {"module_args": without(module.params, secrets)}}
    # each text by itself: two that stand side by side make no secret
    everything = "\0".join(texts([answer, list(get_warning_messages())]))
    if not any(secret in everything for secret in secrets):
        module.no_log_values = set()
    module.exit_json(**answer)


def without(value: Any, secrets: set[str]) -> Any:
    """A copy in which each value that is a secret is replaced."""
    if isinstance(value, Mapping):
        return {key: without(one, secrets) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [without(one, secrets) for one in value]
    return HIDDEN if isinstance(value, str) and value in secrets else value


def texts(value: Any) -> Iterator[str]:
    """All texts of an answer, keys and numbers as well: Ansible would replace them too."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts(one)
    else:
        yield str(value)
