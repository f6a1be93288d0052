# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of all modules, which words faults in arguments as the role does for variables."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from .argument_faults import ArgumentFaults


class Module(AnsibleModule):  # type: ignore[misc]
    """An AnsibleModule. ``faults``: the checker of its arguments."""

    def __init__(self, argument_spec: Mapping[str, Any], faults: ArgumentFaults | None = None, **rules: Any) -> None:
        self._faults: ArgumentFaults | None = faults or ArgumentFaults()
        self._given: dict[str, Any] = {}
        try:
            super().__init__(argument_spec=dict(argument_spec), supports_check_mode=True, **rules)
        except (TypeError, OverflowError) as error:  # from Ansible: a number as dictionary, or an infinite number
            if not self._sentences():
                raise
            self.fail_json(str(error))
        self._faults = None  # the arguments are right

    def _load_params(self) -> None:
        super()._load_params()
        # Ansible drops values that it cannot convert
        self._given = {name: copy.deepcopy(one) for name, one in self.params.items() if not name.startswith("_ansible")}

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        faults = self._sentences()
        if faults:
            msg = faults
            kwargs["invocation"] = {}  # with malformed arguments Ansible may not know what is secret
        super().fail_json(msg, **kwargs)
        raise AssertionError("fail_json ends the module")

    def _sentences(self) -> str:
        return " ".join(self._faults.of(self.argument_spec, self._given)) if self._faults is not None else ""
