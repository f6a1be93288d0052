# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common body of the DNS modules for one record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from . import interrupts
from .argument_faults import ArgumentFaults
from .errors import PostmasterError
from .libraries import require_dnspython
from .module import Module
from .names import record_name
from .no_log import warn
from .printable import printable, printed
from .providers.account_faults import of_provider
from .providers.registry import Accounts, dns_options
from .resolver.asking import asker
from .zone.engine import Request, run
from .zone.intent import Intent


def dns_module(options: Mapping[str, Any], **rules: Any) -> AnsibleModule:
    """The AnsibleModule of a DNS module: its own options, and the common ones."""
    shared = {
        "dns": {**dns_options(), "required": True},
        "zone": {"type": "str"},
        "nameservers": {"type": "list", "elements": "str"},
    }
    module = Module({**shared, **options}, ArgumentFaults(of_provider), **rules)
    return ready(module)


def run_record_module(
    module: AnsibleModule, name_option: str, intents: Callable[[str, Mapping[str, Any]], Sequence[Intent]]
) -> None:
    """Run a module for one record at the name in the option ``name_option``. Ends the module."""
    accounts = Accounts(module.params["nameservers"])
    try:
        domain = record_name(module.params[name_option])
        request = Request(
            domain,
            accounts.provider(module.params["dns"]),
            tuple(intents(module.params[name_option], module.params)),
            record_name(module.params["zone"]) if module.params["zone"] else None,
        )
        result = run([request], check_mode=module.check_mode, asking=asker(module.params["nameservers"]))[domain]
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    finally:
        accounts.close()
    if interrupts.happened():
        module.log(interrupts.log_line([str(module.params[name_option])] if result.changed else []))
    warn(module, dict.fromkeys(result.notes.warnings))
    outcome = printed(result.as_dict())
    if module._diff:
        outcome["diff"] = printed({"prepared": result.diff + "\n" if result.diff else ""})
    if result.error is not None:
        module.fail_json(msg=printable(result.error), **outcome)  # a part may have been written
    module.exit_json(**outcome)


def ready(module: AnsibleModule) -> AnsibleModule:
    """Check for libraries, watch for interrupts, and hide passwords that Ansible would show."""
    require_dnspython(module)
    interrupts.watch_output()
    for options in (module.params, *module.params.get("domains", ())):
        account = options["dns"] or {}
        if account.get("endpoint"):
            # a user and password in a URL are refused later, but would be shown at -vvvv
            account["endpoint"] = re.sub(r"//[^/?#]*@", "//***@", account["endpoint"])
    return module
