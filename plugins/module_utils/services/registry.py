# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sending services that this release knows, by name. Pure: no I/O, no Ansible."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..errors import InvalidInput
from . import odoo
from .model import SendingService

SERVICES: dict[str, SendingService] = {one.SERVICE.name: one.SERVICE for one in (odoo,)}


def sending_service(name: str) -> SendingService:
    """Raises InvalidInput, with the nearest name, for one that is not known."""
    service = SERVICES.get(name)
    if service is None:
        raise InvalidInput(f"{name}: no such service.{_meant(name, SERVICES)} Known are {', '.join(SERVICES)}.")
    return service


def region_of(service: SendingService, region: str) -> str:
    """The region that is meant; empty for a service without regions. Raises InvalidInput."""
    regions = service.regions
    if not region:
        if len(regions) == 1:
            return regions[0]
        if not regions or service.default_region:
            return service.default_region
        raise InvalidInput(
            f"{service.name}: say the region, as an account in one of them is not known in the others. "
            f"It has {', '.join(regions)}."
        )
    if region in regions:
        return region
    if not regions:
        raise InvalidInput(f"{service.name} has no regions: leave out region ({region}).")
    raise InvalidInput(f"{service.name} has no region {region}.{_meant(region, regions)} It has {', '.join(regions)}.")


def _meant(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower(), list(known), n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""
