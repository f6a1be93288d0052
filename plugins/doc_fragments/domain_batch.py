# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the batch: what each domain wants, and where its DNS is."""

from __future__ import annotations

import textwrap

from ansible_collections.postmaster.mail.plugins.doc_fragments.dns import ModuleDocFragment as Dns
from ansible_collections.postmaster.mail.plugins.doc_fragments.records import ModuleDocFragment as Records

_APPROVED = """
approved_changes:
  description:
    - The only changes that may be made for the domain, in the form of RV(domains.changes). If a record set is no longer
      as in C(before), would not become as in C(after), or is not listed, nothing is written for the domain.
    - A set that is already as in C(after) is fine. By default, whatever is needed may be written.
  type: list
  elements: dict
  suboptions:
    name:
      description: The owner name of the record set.
      type: str
      required: true
    type:
      description: The type of its records.
      type: str
      required: true
    more:
      description:
        - Whether the set may get values beside those in C(after), because they were not known when the changes were
          approved, such as a key of a sending service. Without C(before) and C(after), the set keeps what it has.
      type: bool
    before:
      description: What the set was when the changes were approved; not set if it was not there.
      type: dict
      suboptions: &record_set
        ttl:
          description: The TTL in seconds; not set if the zone has none for the set.
          type: int
        values:
          description: The values, as a diff shows them.
          type: list
          elements: str
          required: true
    after:
      description: What the set should become; not set if it should be removed.
      type: dict
      suboptions: *record_set
"""
_PUBLISH_AGAIN = """
publish_again:
  description:
    - With V(ovh), whether the zone is published also if nothing changes. A run that is killed right after it wrote the
      records leaves them unpublished, and later runs find nothing to write.
    - The role does so by itself where the name servers do not show what the zone holds.
  type: bool
  default: false
"""


class ModuleDocFragment:
    DOCUMENTATION: str = (
        Records.DOMAIN
        + "      dns:\n"
        + textwrap.indent(Dns._DNS.strip(), " " * 8)
        + "\n      zone:\n"
        + textwrap.indent(Dns._ZONE.strip(), " " * 8)
        + "\n"
        + textwrap.indent(_APPROVED.strip(), " " * 6)
        + "\n"
        + textwrap.indent(_PUBLISH_AGAIN.strip(), " " * 6)
        + "\n    required: true\n  dns:\n"
        + textwrap.indent(Dns._DNS.strip(), " " * 4)
        + Dns._REQUIREMENTS
    )
