# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interrupted run asks its processes to end, whichever thread started them."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import subprocess, sys, threading
from ansible_collections.postmaster.mail.plugins.plugin_utils.worker import end_descendants
shells = []
def begin():
    shells.append(subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True))
thread = threading.Thread(target=begin)
thread.start()
thread.join()
begin()
children = [int(shell.stdout.readline()) for shell in shells]
end_descendants()
for shell in shells:
    shell.wait(10)
    print("ended" + shell.stdout.read())
"""


def test_child_processes_and_their_children_are_asked_to_end() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=50, check=False)
    # the pipe of a shell closes only when its child has ended, too
    assert done.stdout == "ended\nended\n", done.stdout + done.stderr
