# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body that all DNS modules share: options in, one run of the engine, one result out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from . import interrupts
from .argument_faults import ArgumentFaults
from .dns_batch import MakeIntents, PublishOptions, asker, describe, publish, unique, zone_of
from .errors import PostmasterError
from .libraries import require_dnspython
from .module import Module
from .names import record_name
from .no_log import warn
from .printable import printable, printed
from .providers.account_faults import of_provider
from .providers.registry import Accounts, dns_options
from .zone import approval
from .zone.engine import Request, run
from .zone.intent import Intent


def dns_module(options: Mapping[str, Any], **rules: Any) -> AnsibleModule:
    """The AnsibleModule of a DNS module: its own options, and those that all of them have."""
    shared = {
        "dns": {**dns_options(), "required": True},
        "zone": {"type": "str"},
        "nameservers": {"type": "list", "elements": "str"},
    }
    module = Module({**shared, **options}, ArgumentFaults(of_provider), **rules)
    return _ready(module)


def run_record_module(
    module: AnsibleModule, name_option: str, intents: Callable[[str, Mapping[str, Any]], Sequence[Intent]]
) -> None:
    """Carry out a module for one record: what the options want, at the name in ``name_option``. Ends the module."""
    accounts = Accounts(module.params["nameservers"])
    try:
        domain = record_name(module.params[name_option])
        request = Request(
            domain,
            accounts.provider(module.params["dns"]),
            tuple(intents(module.params[name_option], module.params)),
            zone_of(module.params),
        )
        result = run([request], check_mode=module.check_mode, asking=asker(module.params["nameservers"]))[domain]
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    finally:
        accounts.close()
    if interrupts.happened():
        module.log(interrupts.log_line([str(module.params[name_option])] if result.changed else []))
    warn(module, unique(result.notes.warnings))
    outcome = printed(describe(result))
    if module._diff:
        outcome["diff"] = printed({"prepared": result.diff + "\n" if result.diff else ""})
    if result.error is not None:
        module.fail_json(msg=printable(result.error), **outcome)  # a part may be written
    module.exit_json(**outcome)


def dns_batch_module(domain_options: Mapping[str, Any]) -> AnsibleModule:
    """The AnsibleModule for many domains: each has the given options, and may have an account and zone of its own."""
    own = {
        **domain_options,
        "dns": dns_options(),
        "zone": {"type": "str"},
        "approved_changes": approval.OPTIONS,
    }
    options = {
        "dns": dns_options(),
        "domains": {"type": "list", "elements": "dict", "required": True, "options": own},
        "parallel": {"type": "int", "default": 16},
        "nameservers": {"type": "list", "elements": "str"},
        "list_changes": {"type": "bool", "default": False},
    }
    module = Module(options, ArgumentFaults(of_provider))
    return _ready(module)


def run_batch_module(module: AnsibleModule, intents: MakeIntents) -> None:
    """Carry out a module for many domains. Ends the module."""
    options = PublishOptions(
        domains=module.params["domains"],
        dns=module.params["dns"],
        nameservers=module.params["nameservers"] or (),
        parallel=module.params["parallel"],
        check_mode=module.check_mode,
        list_changes=module.params["list_changes"],
    )
    try:
        published = publish(options, intents)
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    if interrupts.happened():
        module.log(interrupts.log_line(domain for domain, result in published.results.items() if result.changed))
    module.exit_json(**printed(published.as_dict(with_diff=module._diff)))


def _ready(module: AnsibleModule) -> AnsibleModule:
    """The module with the libraries that it needs, and without what nobody may see."""
    require_dnspython(module)
    interrupts.watch_output()
    for options in (module.params, *module.params.get("domains", ())):
        account = options["dns"] or {}
        if account.get("endpoint"):
            # a user and password there are refused later, and would be shown at -vvvv
            account["endpoint"] = re.sub(r"//[^/?#]*@", "//***@", account["endpoint"])
    return module
