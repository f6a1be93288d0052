# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the batch: what each domain wants, and where its DNS is."""

from __future__ import annotations

import textwrap

from ansible_collections.postmaster.mail.plugins.doc_fragments.dns import ModuleDocFragment as Dns
from ansible_collections.postmaster.mail.plugins.doc_fragments.records import ModuleDocFragment as Records


class ModuleDocFragment:
    DOCUMENTATION: str = (
        Records.DOMAIN
        + "      dns:\n"
        + textwrap.indent(Dns._DNS.strip(), " " * 8)
        + "\n      zone:\n"
        + textwrap.indent(Dns._ZONE.strip(), " " * 8)
        + "\n    required: true\n  dns:\n"
        + textwrap.indent(Dns._DNS.strip(), " " * 4)
        + Dns._REQUIREMENTS
    )
