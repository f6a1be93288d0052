# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits on lookups and size."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf

DOMAIN = "company-name.com"


class World:
    """TXT values by name; None for a name that cannot be resolved."""

    def __init__(self, **texts: str) -> None:
        self.values: dict[str, list[bytes] | None] = {
            f"{name}.example.com": [text.encode()] for name, text in texts.items()
        }
        self.asked: list[str] = []

    def __call__(self, name: str) -> list[bytes] | None:
        self.asked.append(name)
        return self.values.get(name, [])


def count(record: str, world: World) -> spf.LookupCount:
    return spf.lookups(record.encode(), DOMAIN, world)


class TestLookups:
    def test_every_term_that_needs_dns_counts_once(self) -> None:
        world = World(x="v=spf1 ip4:192.0.2.1 -all")
        result = count(
            "v=spf1 a mx ptr exists:e.example.com include:x.example.com ip4:192.0.2.1 exp=e.example.com", world
        )
        assert result.count == 5
        assert result.per_term == [
            ("a", 1),
            ("mx", 1),
            ("ptr", 1),
            ("exists:e.example.com", 1),
            ("include:x.example.com", 1),
        ]

    def test_the_lookups_behind_an_include_count_for_it(self) -> None:
        world = World(
            x="v=spf1 include:y.example.com a mx ~all", y="v=spf1 a redirect=z.example.com", z="v=spf1 mx -all"
        )
        result = count("v=spf1 include:x.example.com -all", world)
        assert (result.count, result.per_term) == (7, [("include:x.example.com", 7)])

    def test_a_redirect_counts_unless_there_is_all(self) -> None:
        world = World(x="v=spf1 a mx -all")
        assert count("v=spf1 redirect=x.example.com", world).count == 3
        assert count("v=spf1 redirect=x.example.com -all", world).count == 0

    def test_what_follows_all_is_never_reached(self) -> None:
        assert count("v=spf1 mx -all a include:x.example.com", World()).count == 1

    def test_a_repeated_include_counts_each_time_and_is_asked_for_once(self) -> None:
        world = World(x="v=spf1 a -all")
        assert count("v=spf1 include:x.example.com ~include:X.example.com. -all", world).count == 4
        assert world.asked == ["x.example.com"]

    def test_an_unresolved_name_is_told(self) -> None:
        world = World()
        world.values["x.example.com"] = None
        result = count("v=spf1 include:x.example.com a -all", world)
        assert (result.count, result.unresolved, result.faults) == (2, ["x.example.com"], [])

    def test_a_macro_counts_one_and_is_told(self) -> None:
        world = World()
        result = count("v=spf1 include:%{i}.example.com exists:%{i}.example.com -all", world)
        assert (result.count, world.asked) == (2, [])
        assert result.macros == ["include:%{i}.example.com", "exists:%{i}.example.com"]

    def test_an_include_of_a_name_without_spf_is_a_fault(self) -> None:
        world = World(x="some other text")
        (fault,) = count("v=spf1 include:x.example.com -all", world).faults
        assert fault.startswith(
            "company-name.com: include:x.example.com points to x.example.com, which has no SPF record"
        )

    def test_a_name_without_any_text_is_void_too(self) -> None:
        result = count("v=spf1 include:x.example.com -all", World())
        assert result.voids == [("include:x.example.com", "include", DOMAIN, "x.example.com")]
        assert (result.void_count, len(result.faults)) == (1, 1)

    def test_two_records_behind_an_include_are_a_fault(self) -> None:
        world = World()
        world.values["x.example.com"] = [b"v=spf1 -all", b"text", b"v=spf1 mx -all"]
        assert "which has 2 SPF records" in count("v=spf1 include:x.example.com -all", world).faults[0]

    def test_a_syntax_error_behind_an_include_is_a_fault(self) -> None:
        world = World(x="v=spf1 ipv4:192.0.2.1 -all")
        assert (
            "x.example.com: the SPF record has a syntax error" in count("v=spf1 include:x.example.com", world).faults[0]
        )

    def test_a_name_that_dns_cannot_hold_is_a_fault_and_not_asked(self) -> None:
        world = World()
        assert "is not a valid domain name" in count("v=spf1 include:x..example.com -all", world).faults[0]
        assert world.asked == []

    def test_a_loop_ends_and_is_a_fault(self) -> None:
        world = World(x="v=spf1 include:y.example.com -all", y="v=spf1 include:x.example.com -all")
        (fault,) = count("v=spf1 include:x.example.com -all", world).faults
        assert "a loop" in fault
        assert "a loop" in count("v=spf1 include:company-name.com -all", World()).faults[0]

    def test_an_endless_chain_ends_past_the_limit(self) -> None:
        world = World(
            **{f"n{i}": f"v=spf1 include:n{i + 1}.example.com include:n{i + 1}.example.com" for i in range(500)}
        )
        assert count("v=spf1 include:n0.example.com", world).count > spf.MAX_LOOKUPS
        wide = World(**{f"n{i}": "v=spf1 -all" for i in range(500)})
        assert count("v=spf1 " + " ".join(f"include:n{i}.example.com" for i in range(500)), wide).count == 500
        assert max(len(world.asked), len(wide.asked)) <= 100

    def test_a_record_that_does_not_parse_is_refused(self) -> None:
        with pytest.raises(InvalidInput):
            count("v=spf1 moo", World())

    def test_too_many_lookups_are_told_with_what_each_term_costs(self) -> None:
        world = World(
            x="v=spf1 a mx a:b.example.com -all",
            y="v=spf1 a mx exists:e.example.com ptr mx:c.example.com a:d.example.com",
        )
        result = count("v=spf1 include:x.example.com include:y.example.com ~all", world)
        assert spf.too_many_lookups(DOMAIN, result) == (
            "company-name.com: the SPF record would need 11 DNS lookups and receivers stop at 10 "
            "(include:y.example.com 7, include:x.example.com 4). "
            "Remove an include that is no longer used, or move the sender of include:y.example.com to its own "
            "subdomain."
        )


class TestVoids:
    def voids(self, record: str, world: World, there: tuple[str, ...] = ()) -> tuple[spf.LookupCount, list[str]]:
        """The count where only these hosts are there, and about which names was asked."""
        asked: list[str] = []

        def lacks(mechanism: str, name: str) -> bool:
            asked.append(f"{mechanism}:{name}")
            return name not in there

        return spf.lookups(record.encode(), DOMAIN, world, lacks), asked

    def test_hosts_in_included_records_count_and_are_named_with_their_record(self) -> None:
        world = World(x="v=spf1 a:h.example.com mx include:y.example.com ~all", y="v=spf1 redirect=z.example.com")
        world.values["z.example.com"] = [b"v=spf1 exists:e.example.com a:THERE.example.com -all"]
        found, asked = self.voids("v=spf1 a include:x.example.com -all", world, (DOMAIN, "there.example.com"))
        assert found.void_count == 3
        assert [(void.term, void.owner, void.target) for void in found.voids] == [
            ("a:h.example.com", "x.example.com", "h.example.com"),
            ("mx", "x.example.com", "x.example.com"),
            ("exists:e.example.com", "z.example.com", "e.example.com"),
        ]
        assert asked[0] == f"a:{DOMAIN}"

    def test_a_record_that_is_included_twice_counts_twice_and_is_named_once(self) -> None:
        found, dummy = self.voids(
            "v=spf1 include:x.example.com ?include:x.example.com -all", World(x="v=spf1 mx:gone.example.com -all")
        )
        assert (found.void_count, len(found.voids)) == (2, 1)

    def test_what_depends_on_the_message_is_not_asked_about(self) -> None:
        found, asked = self.voids("v=spf1 exists:%{i}.x.example ptr ptr:x.example ip4:192.0.2.1 -all", World())
        assert (found.void_count, asked) == (0, [])

    def test_what_nobody_comes_to_is_not_asked_about(self) -> None:
        many = " ".join(f"a:h{number}.example.com" for number in range(40))
        found, asked = self.voids(f"v=spf1 include:x.example.com {many} -all a:late.example.com", World(x="v=spf1"))
        assert (len(asked), found.void_count) == (spf.MAX_LOOKUPS - 1, 9)


class TestCover:
    def covered(self, record: str, world: World) -> list[str] | None:
        return spf.covered_by(record.encode(), "_spf.Odoo.com.", DOMAIN, world)

    def test_an_include_is_found_behind_another(self) -> None:
        world = World(
            x="v=spf1 mx include:y.example.com -all",
            y="v=spf1 redirect=z.example.com",
            z="v=spf1 include:_SPF.odoo.com",
        )
        expected = ["x.example.com", "y.example.com", "z.example.com", "_spf.odoo.com"]
        assert self.covered("v=spf1 include:w.example.com include:x.example.com -all", world) == expected

    def test_a_redirect_to_it_covers_it(self) -> None:
        assert self.covered("v=spf1 redirect=_spf.odoo.com", World()) == ["_spf.odoo.com"]

    @pytest.mark.parametrize(
        "record",
        [
            "v=spf1 include:_spf.odoo.com -all",
            "v=spf1 ~include:x.example.com -all",
            "v=spf1 -all include:x.example.com",
            "v=spf1 redirect=x.example.com -all",
            "v=spf1 include:loop.example.com -all",
            "v=spf1 include:deny.example.com -all",
        ],
    )
    def test_what_gives_no_pass_is_no_cover(self, record: str) -> None:
        world = World(
            x="v=spf1 include:_spf.odoo.com -all",
            loop="v=spf1 include:loop.example.com include:company-name.com -all",
            deny="v=spf1 -include:_spf.odoo.com -all",
        )
        assert self.covered(record, world) is None


class TestSize:
    def test_a_small_name_is_fine(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        assert spf.size_warnings(record, [record, b"x" * 200], DOMAIN) == []

    def test_all_values_of_the_name_count(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        (warning,) = spf.size_warnings(record, [record, b"x" * 402], DOMAIN)
        assert warning.startswith("company-name.com: the name and all its TXT values together have 451 octets")

    def test_the_record_counts_even_if_it_is_not_published_yet(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        assert spf.size_warnings(record, [b"x" * 402], DOMAIN) == spf.size_warnings(
            record, [record, b"x" * 402], DOMAIN
        )

    def test_an_answer_that_does_not_fit_is_told_more_strongly(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        (warning,) = spf.size_warnings(record, [record, b"x" * 480], DOMAIN)
        assert "more than the 512 of a plain UDP answer" in warning
