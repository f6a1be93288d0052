# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python packages that the collection needs where its modules run."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ansible.module_utils.basic import missing_required_lib


def require_dnspython(module: Any) -> None:
    """End the module with Ansible's own sentence if dnspython is missing (an AnsibleModule is passed in)."""
    if find_spec("dns") is None:
        module.fail_json(msg=missing_required_lib("dnspython >= 2.3"))
