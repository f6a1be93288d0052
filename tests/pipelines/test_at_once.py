# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two pipelines are approved at one moment, while a person rolls out from a terminal."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.support.forges import DOMAINS, PLACES, forge_at
from ansible_collections.postmaster.mail.tests.support.pipelines import FAILED, SKIPPED, SUCCESS


@pytest.mark.parametrize("place", PLACES[:3])
def test_whoever_says_done_has_lost_nothing(place: str, tmp_path: Path, ca: CertificateAuthority) -> None:
    with forge_at(place, tmp_path, ca) as forge:
        world, commit = forge.world, forge.commit()
        pipelines = [forge.merged(commit), forge.merged(commit)]
        with ThreadPoolExecutor() as pool:
            person = pool.submit(world.rollout)
            done = list(pool.map(forge.approved, pipelines))
        said = [*(job.output for job in done), person.result().output]
        assert not [output for output in said if "Traceback" in output]
        states = [*(job.state for job in done), FAILED if person.result().code else SUCCESS]
        refused = [output for output, state in zip(said, states) if state == FAILED]
        # by whom somebody else was overtaken, or in one of their own steps
        assert all(re.search("stale|changed meanwhile|at the same time|somebody", output) for output in refused), (
            refused
        )
        if SUCCESS in states:
            assert world.published() == list(DOMAINS) == world.alias_domains(), said
        assert [world.zone(domain).count("v=spf1") for domain in DOMAINS] == [1, 1, 1]
        last = forge.approved(forge.merged(commit))
        assert last.state in (SUCCESS, SKIPPED), last.output  # GitHub asks nobody to approve nothing
        assert forge.night(commit)[0].state == SUCCESS
