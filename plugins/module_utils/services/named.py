# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a service and region by the names that people use, with suggestions. Pure: no I/O, no Ansible."""

from __future__ import annotations

import difflib

from ..errors import InvalidInput
from .model import SendingService
from .registry import SERVICES


def sending_service(name: str) -> SendingService:
    """Raises InvalidInput for an unknown name, with the nearest one."""
    service = SERVICES.get(name)
    if service is None:
        # compared also with its title and its SMTP server
        texts = {one.name: " ".join((one.title, *one.hosts.values())).lower() for one in SERVICES.values()}
        called = [known for known, text in texts.items() if name and name.lower() in text]
        meant = called or difflib.get_close_matches(name.lower(), list(SERVICES), n=1)
        hint = f"Did you mean {' or '.join(meant)}?" if meant else f"The services are {', '.join(SERVICES)}."
        raise InvalidInput(f"{name}: no such service. {hint}")
    return service


def region_of(service: SendingService, region: str) -> str:
    """The region; empty for a service without regions. Raises InvalidInput."""
    regions = service.regions
    if region in regions:
        return region
    if region and not regions:
        raise InvalidInput(f"{service.name} has no regions: leave out region ({region}).")
    if region:
        meant = difflib.get_close_matches(region.lower(), regions, n=3)
        hint = f"Did you mean {' or '.join(sorted(meant))}?" if meant else f"It has {', '.join(regions)}."
        raise InvalidInput(f"{service.name} has no region {region}. {hint}")
    if service.default_region or len(regions) < 2:
        return service.default_region or "".join(regions)
    raise InvalidInput(
        f"{service.name}: set region, because what is set up in one region does not exist in the others. "
        f"It has {', '.join(regions)}."
    )
