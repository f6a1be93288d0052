# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common body of the DNS modules for many domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from . import interrupts
from .argument_faults import ArgumentFaults
from .dns_batch import MakeIntents, PublishOptions, publish
from .dns_module import ready
from .errors import PostmasterError
from .module import Module
from .printable import printable, printed
from .providers.account_faults import of_provider
from .providers.registry import dns_options
from .zone.approval import OPTIONS as APPROVED_CHANGES


def dns_batch_module(domain_options: Mapping[str, Any]) -> AnsibleModule:
    """The AnsibleModule for many domains; each has the given options, and optionally its own account and zone."""
    own = {
        **domain_options,
        "dns": dns_options(),
        "zone": {"type": "str"},
        "approved_changes": APPROVED_CHANGES,
        "publish_again": {"type": "bool", "default": False},
    }
    options = {
        "dns": dns_options(),
        "domains": {"type": "list", "elements": "dict", "required": True, "options": own},
        "parallel": {"type": "int", "default": 16},
        "nameservers": {"type": "list", "elements": "str"},
        "list_changes": {"type": "bool", "default": False},
    }
    module = Module(options, ArgumentFaults(of_provider))
    return ready(module)


def run_batch_module(module: AnsibleModule, intents: MakeIntents) -> None:
    """Run a module for many domains. Ends the module."""
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
