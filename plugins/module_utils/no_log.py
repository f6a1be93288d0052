# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``exit_json()`` and ``warn()`` that stay fast with thousands of secrets.

Ansible searches each text of a result for each secret, which would take longer than everything else. If no text has
one, the search is skipped. Since 2.22 Ansible leaves results as they are, and hides secrets only in its output.

From 2.19 to 2.21 it does not search warnings at all, and shows them even for a task with ``no_log``.

Tried with ansible-core 2.18 to 2.22. This relies on undocumented behaviour: until 2.21 exit_json() searches only for
what is in ``module.no_log_values``.
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
_LONG_ENOUGH = 8  # too long to be an ordinary word by chance
_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"  # Ansible's own text until 2.21


def end(module: AnsibleModule, result: Mapping[str, Any]) -> None:
    """Like exit_json(), with printable text; the options are shown without their secrets."""
    secrets = set(module.no_log_values)
    answer = {**printed(result), "invocation": {"module_args": without(module.params, secrets)}}
    if not _hidden_in_output and not shows_any(secrets, texts([answer, list(get_warning_messages())])):
        module.no_log_values = set()
    module.exit_json(**answer)


def warn(module: AnsibleModule, sentences: Iterable[str]) -> None:
    """Give each sentence as a warning, printable and without secrets."""
    cleaned = [printable(sentence) for sentence in sentences]
    if shows_any(module.no_log_values, cleaned):
        cleaned = [scrub(sentence, module.no_log_values) for sentence in cleaned]
    for sentence in cleaned:
        module.warn(sentence)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in the text by asterisks."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret.isalpha() and len(secret) < _LONG_ENOUGH:
            # as part of another word (admin in administrator) it reveals nothing
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
    """Whether any of the texts contains any of the secrets.

    All longer secrets are searched for in one pass, by their first characters.
    """
    # each text once, and separated: two adjacent texts must not form a secret
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
    """All texts of a result, including keys and numbers, because Ansible would replace them too."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts(one)
    else:
        yield str(value)
