# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who answers the questions that a module asks DNS."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  nameservers:
    description:
      - The DNS servers that answer the module's questions, each as an IP address, C([IPv6]:port), C(IPv4:port), a name
        or C(name:port).
      - They replace the authoritative servers of a zone. Use them for a zone that public DNS does not show (yet), such
        as an internal one.
      - By default the module queries the authoritative servers that public DNS names for a zone, and its host's
        resolver for all other names.
    type: list
    elements: str
"""
