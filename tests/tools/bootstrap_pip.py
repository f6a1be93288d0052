# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces the get-pip.py that ansible-test would download by the pip that comes with Python."""

from __future__ import annotations

import ensurepip

ensurepip.bootstrap(upgrade=True, default_pip=True)
