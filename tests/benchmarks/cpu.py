# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User and system CPU of ansible-playbook and of all that it starts."""

from __future__ import annotations

import resource

from ansible_collections.postmaster.mail.tests.support.rollouts import World


def cpu_of(world: World, playbook: str, *arguments: str) -> float:
    """Seconds of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = world.play(playbook, *arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.code == 0, done.output
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
