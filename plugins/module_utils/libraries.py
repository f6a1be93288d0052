# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnspython, imported in one place: ``from …libraries import dns``.

Without it, everything else can still be imported, as Ansible requires, and a module says what is missing. Rarely used
parts (``dns.query``, ``dns.update``, ``dns.zone`` …) are imported where they are used.
"""

from __future__ import annotations

from typing import Any

try:
    import dns
    import dns.exception
    import dns.flags
    import dns.inet
    import dns.message
    import dns.name
    import dns.opcode
    import dns.rcode
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.rrset
    import dns.ttl

    HAS_DNSPYTHON = True
except ImportError:
    dns = None  # type: ignore[assignment]
    HAS_DNSPYTHON = False

__all__ = ["HAS_DNSPYTHON", "dns", "require_dnspython"]


def require_dnspython(module: Any) -> None:
    """Fail the AnsibleModule with Ansible's own message if dnspython is missing."""
    if not HAS_DNSPYTHON:
        from ansible.module_utils.basic import missing_required_lib

        module.fail_json(msg=missing_required_lib("dnspython >= 2.3"))
