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
      - Where the module asks what a zone holds, they stand for its authoritative servers. Give them for a zone that
        the public DNS does not show or not yet, such as an internal one.
      - Without them, the servers are those that the public DNS names for a zone, or the resolver of the host that runs
        the module for all other names.
    type: list
    elements: str
"""
