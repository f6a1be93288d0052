# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pipelines install is enough for what they run, with the collection as Galaxy gets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.support.forges import DOMAINS, OnGitHub, forge_at
from ansible_collections.postmaster.mail.tests.support.pipelines import BIN, ROOT, SUCCESS

# Galaxy is not asked: the collection that it would give is the artifact
GALAXY = """#!/bin/sh
case "$1 $2 $3" in
  "collection install postmaster.mail:"*) exec {bin}/ansible-galaxy collection install --offline {artifact} ;;
esac
exit 1
"""


def test_what_is_installed_is_enough(tmp_path: Path, ca: CertificateAuthority) -> None:
    build = [str(BIN / "ansible-galaxy"), "collection", "build", str(ROOT), "--output-path", str(tmp_path)]
    subprocess.run(build, cwd=tmp_path, check=True, timeout=120, capture_output=True)
    artifact = next(tmp_path.glob("postmaster-mail-*.tar.gz"))
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True, timeout=120)
    new = tmp_path / "venv" / "bin"
    settings = [sys.executable, str(ROOT / "tests" / "tools" / "pip_settings.py")]
    (tmp_path / "pip.conf").write_bytes(subprocess.run(settings, check=True, timeout=60, capture_output=True).stdout)
    (tmp_path / "forge").mkdir()
    with forge_at("github", tmp_path / "forge", ca) as forge:
        assert isinstance(forge, OnGitHub)
        (forge.machine.tools / "pip").unlink()
        (forge.machine.tools / "ansible-galaxy").write_text(GALAXY.format(bin=new, artifact=artifact))
        forge.machine.environment = {
            "PATH": os.pathsep.join([str(forge.machine.tools), str(new), "/usr/bin", "/bin"]),
            "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        }
        commit = forge.commit()
        jobs = forge.proposed(commit)[0]
        assert {name: job.state for name, job in jobs.items()} == dict.fromkeys(jobs, SUCCESS), jobs
        done = forge.approved(forge.merged(commit))
        assert done.state == SUCCESS, done.output
        assert forge.world.published() == list(DOMAINS)
        night = forge.night(commit)[0]
        assert night.state == SUCCESS, night.output
