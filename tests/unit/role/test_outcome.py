# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host hears of the calls for all hosts."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.plugins.plugin_utils.outcome import final, records

WISH: dict[str, Any] = {
    "host": "company-name.com",
    "domain": "company-name.com",
    "run_on": "localhost",
    "place": "localhost",
    "database": "prod at https://erp.example.net",
    "refused": "",
    "expects": True,
}
DONE = {"changed": True, "failed": False, "msg": "", "diff": "+ x", "warnings": ["w"], "left_alone": [], "zones": []}
SEEN = {"met": True, "msg": "", "missing": [], "warnings": [], "left_alone": []}
UNSEEN = {"met": False, "msg": "It shows nothing.", "missing": ["SPF"], "warnings": [], "left_alone": []}
ENTRY = {
    "before_header": "alias domain x",
    "after_header": "alias domain x",
    "before": "a: 1\nb: 1\n",
    "after": "a: 2\nb: 1\n",
}
CONFIGURED = {"changed": True, "failed": False, "msg": "", "warnings": [], "diff": [ENTRY]}


def loop(item: str, **result: Any) -> dict[str, Any]:
    """As Ansible registers a loop of one."""
    return {"results": [{"item": "elsewhere"}, {"item": item, **result}]}


def published(**result: Any) -> dict[str, Any]:
    return loop(WISH["place"], **result)


class TestRecords:
    def test_a_host_gets_its_own_change_and_diff(self) -> None:
        done = records(WISH, published(domains={"company-name.com": DONE, "other.com": {}}))
        assert (done["changed"], done["failed"], done["diff"]) == (True, False, {"prepared": "\n+ x\n"})

    def test_a_failure_of_the_whole_call_is_every_hosts(self) -> None:
        done = records(WISH, published(failed=True, msg="The server is down."))
        assert done["failed"]
        assert done["msg"].endswith("The server is down.")

    def test_a_crash_is_told_with_its_last_line(self) -> None:
        done = records(WISH, published(msg="MODULE FAILURE", module_stderr="Traceback\nMemoryError\n"))
        assert done["msg"].endswith("MODULE FAILURE MemoryError")

    def test_a_call_that_never_ran_is_a_failure(self) -> None:
        assert records(WISH, None)["failed"]
        assert records(WISH, {"results": []})["failed"]

    def test_what_is_wrong_with_the_variables_comes_first(self) -> None:
        assert records({**WISH, "refused": "No."}, None)["msg"] == "No."


class TestFinal:
    def test_unseen_records_fail_the_host_and_leave_odoo_alone(self) -> None:
        done = final(WISH, published(domains={"company-name.com": UNSEEN}), {"results": []})
        assert done["failed"]
        assert done["msg"] == "It shows nothing. Nothing was changed in Odoo for it."

    def test_seen_records_and_a_changed_odoo_are_a_change(self) -> None:
        seen = published(domains={"company-name.com": SEEN})
        done = final(WISH, seen, loop(WISH["database"], owners={"company-name.com": CONFIGURED}))
        assert done["changed"]
        assert done["diff"]["prepared"] == "\nalias domain x\n- a: 1\n+ a: 2\n  b: 1\n"

    def test_nobody_looks_in_check_mode(self) -> None:
        done = final(
            WISH, {"skipped": True, "results": []}, loop(WISH["database"], owners={"company-name.com": CONFIGURED})
        )
        assert not done["failed"]

    def test_a_failure_of_the_whole_odoo_is_every_hosts(self) -> None:
        done = final(WISH, None, loop(WISH["database"], failed=True, msg="Odoo refused the login."))
        assert done["failed"]
        assert "Odoo refused the login." in done["msg"]

    def test_a_host_that_wants_no_records_does_not_wait_for_an_answer(self) -> None:
        seen = loop(WISH["place"], domains={"company-name.com": UNSEEN})
        assert not final({**WISH, "expects": False, "database": ""}, seen, None)["failed"]

    def test_a_host_without_odoo_ends_with_dns(self) -> None:
        done = final({**WISH, "database": ""}, published(domains={"company-name.com": SEEN}), None)
        assert (done["changed"], done["failed"]) == (False, False)

    def test_a_look_that_failed_as_a_whole_says_why(self) -> None:
        done = final(WISH, published(failed=True, msg="No dnspython."), {"results": []})
        assert done["failed"]
        assert "No dnspython." in done["msg"]
