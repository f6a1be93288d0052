# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of ``dns_restore``: one run of the engine with an intent for each record set in the backup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .dns_module import run_record_module
from .errors import PostmasterError
from .intents.restore import Restored
from .names import to_text
from .printable import printable
from .zone import backup
from .zone.intent import Intent


def run_restore(module: AnsibleModule) -> None:
    """Restore the backup in the option ``path``. Ends the module."""

    def intents(dummy: str, options: Mapping[str, Any]) -> list[Intent]:
        return [Restored(change, options["force"]) for change in saved.changes]

    try:
        saved = backup.load(module.params["path"])
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    module.params["domain"] = module.params["zone"] = to_text(saved.zone)
    run_record_module(module, "domain", intents)
