# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An answer to Ansible that was made from a thousand passwords.

Ansible looks for each secret in each text of an answer, which takes longer than all else together. Where none is in
any of them, it is told so. Since 2.22 it leaves answers as they are, and hides secrets only in what it prints.

From 2.19 to 2.21 it does not look into warnings at all, and shows those of a task with ``no_log`` as well.

Tried with ansible-core 2.18 to 2.22. It relies on what is not promised: until 2.21 exit_json() looks for what is in
``module.no_log_values``, and for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.warnings import get_warning_messages

from .printable import printable, printed

try:
    from ansible.module_utils import secrets as _hidden_in_output  # 2.22 and newer
except ImportError:
    _hidden_in_output = None

_HEAD = 8
_STARS = "********"
_LONG_ENOUGH = 8  # to be no word by chance
_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"  # as Ansible says it until 2.21


def end(module: AnsibleModule, result: Mapping[str, Any]) -> None:
    """Like exit_json() of what may be printed; the options are shown without their secrets."""
    secrets = set(module.no_log_values)
    answer = {**printed(result), "invocation": {"module_args": without(module.params, secrets)}}
    if not _hidden_in_output and not shows_any(secrets, texts([answer, list(get_warning_messages())])):
        module.no_log_values = set()
    module.exit_json(**answer)


def warn(module: AnsibleModule, sentences: Iterable[str]) -> None:
    """Give each sentence as a warning, without a secret in it, and as it may be printed."""
    cleaned = [printable(sentence) for sentence in sentences]
    if shows_any(module.no_log_values, cleaned):
        cleaned = [scrub(sentence, module.no_log_values) for sentence in cleaned]
    for sentence in cleaned:
        module.warn(sentence)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text with stars in the place of each secret."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret.isalpha() and len(secret) < _LONG_ENOUGH:
            # a part of another word, such as admin of administrator, tells nothing
            text = re.sub(rf"\b{secret}\b", _STARS, text)
        else:
            text = text.replace(secret, _STARS)
    return text


def without(value: Any, secrets: set[str]) -> Any:
    """A copy in which each value that is a secret is replaced."""
    if isinstance(value, Mapping):
        return {key: without(one, secrets) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [without(one, secrets) for one in value]
    return _HIDDEN if isinstance(value, str) and value in secrets else value


def shows_any(secrets: Iterable[str], values: Iterable[str]) -> bool:
    """Whether one of the texts holds one of the secrets.

    The texts are gone through once for all longer secrets together, which are told by how they start.
    """
    # each text once and by itself: two that stand side by side make no secret
    everything = "\0".join(dict.fromkeys(values))
    long = {secret for secret in secrets if len(secret) >= _HEAD}
    if any(secret in everything for secret in secrets if secret not in long):
        return True
    lengths: dict[str, set[int]] = {}
    for secret in long:
        lengths.setdefault(secret[:_HEAD], set()).add(len(secret))
    heads = (everything[start : start + _HEAD] for start in range(len(everything)))
    return any(
        everything[start : start + length] in long
        for start, head in enumerate(heads)
        if head in lengths
        for length in lengths[head]
    )


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
