# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection as for Galaxy, and use it from where a user would install it."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ALLOWED = (
    "FILES.json",
    "MANIFEST.json",
    "CHANGELOG.md",
    "CHANGELOG.rst",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "requirements*.txt",
    "changelogs/changelog.yaml",
    "docs/*",
    "meta/*",
    "playbooks/*",
    "plugins/*",
    "roles/*",
)
FORBIDDEN = ("*.pyc", "*/__pycache__/*", "*/tests/*", "*/molecule/*", "*/demo/*", "*~", "*.orig", "*.rej")


# Galaxy's own check; `make lint` runs ansible-lint
IMPORTER = """[galaxy-importer]
CHECK_CHANGELOG = True
CHECK_REQUIRED_TAGS = True
CHECK_RUNTIME_YAML = True
REQUIRE_V1_OR_GREATER = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = False
"""


def run(*command: str, cwd: Path, collections: Path | None = None) -> str:
    """Return what a command prints; ends the program with it if the command fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment.update(
        ANSIBLE_HOME=str(cwd / "ansible-home"),
        GALAXY_IMPORTER_CONFIG=str(cwd / "galaxy-importer.cfg"),
        PATH=f"{BIN}{os.pathsep}{environment.get('PATH', os.defpath)}",
    )
    if collections is not None:
        # the environment's site-packages link to the working tree, which must not replace the artifact
        environment.update(ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_COLLECTIONS_SCAN_SYS_PATH="false")
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def imported(artifact: Path, work: Path) -> None:
    """Let Galaxy's importer check the artifact; ends the program with its complaints."""
    (work / "galaxy-importer.cfg").write_text(IMPORTER, "utf-8")
    said = run(sys.executable, "-m", "galaxy_importer.main", str(artifact), cwd=work)
    complaints = [line for line in said.splitlines() if line.startswith(("ERROR", "WARNING"))]
    if complaints:
        sys.exit("galaxy-importer complains:\n" + "\n".join(complaints))


def strangers(names: list[str]) -> list[str]:
    """The files that no user needs."""
    return [
        name
        for name in names
        if not any(fnmatch(name, pattern) for pattern in ALLOWED)
        or any(fnmatch(name, pattern) for pattern in FORBIDDEN)
    ]


def dead_links(archive: tarfile.TarFile, names: list[str]) -> Iterator[str]:
    """The links in its pages to files that it does not contain."""
    for name in names:
        page = archive.extractfile(name) if name.endswith(".md") else None
        text = page.read().decode("utf-8") if page else ""
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            if posixpath.normpath(posixpath.join(posixpath.dirname(name), link)) not in names:
                yield f"{name}: {link}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run("ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(work), cwd=work)
        artifact = next(work.glob("postmaster-mail-*.tar.gz"))

        with tarfile.open(artifact) as archive:
            names = sorted(member.name for member in archive if member.isfile())
            dead = list(dead_links(archive, names))
        print(f"{artifact.name}: {len(names)} files")
        for name in names:
            print(f"  {name}")
        if strangers(names):
            sys.exit(f"These files do not belong in the artifact: {', '.join(strangers(names))}")
        if dead:
            sys.exit(f"These links lead to files that the artifact lacks: {', '.join(dead)}")

        imported(artifact, work)
        place = work / "collections"
        run("ansible-galaxy", "collection", "install", "--offline", str(artifact), "-p", str(place), cwd=work)
        modules = sorted(
            f"postmaster.mail.{path.stem}"
            for path in (ROOT / "plugins/modules").glob("*.py")
            if path.stem != "__init__"
        )
        if modules:
            run("ansible-doc", "--type", "module", *modules, cwd=work, collections=place)
        print(f"Imported, installed and documented from the artifact: {', '.join(modules) or 'no module'}")


if __name__ == "__main__":
    main()
