# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading, building, merging and removing SPF records."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf

DOMAIN = "company-name.com"
ODOO = spf.wanted(include=["_spf.odoo.com"])


def merged(existing: bytes, wanted: spf.SpfWanted = ODOO) -> bytes:
    return spf.merge(existing, wanted, DOMAIN)


def warned(existing: bytes, wanted: spf.SpfWanted = ODOO) -> str:
    return "\n".join(spf.warnings(spf.parse(merged(existing, wanted), DOMAIN), DOMAIN))


class TestSelection:
    @pytest.mark.parametrize("value", [b"v=spf1", b"v=spf1 ", b"V=SPF1 -ALL", b"v=spf1 not a valid record"])
    def test_a_value_that_starts_with_the_version_is_an_spf_record(self, value: bytes) -> None:
        assert spf.is_spf(value)

    @pytest.mark.parametrize(
        "value", [b"", b"v=spf10 -all", b" v=spf1 -all", b"v=spf1;", b"v=spf1\n", b"v=spf1\t-all", b"spf2.0/pra -all"]
    )
    def test_any_other_value_is_no_spf_record(self, value: bytes) -> None:
        assert not spf.is_spf(value)


class TestGrammar:
    @pytest.mark.parametrize(
        "value",
        [
            b"v=spf1",
            b"V=SpF1 INCLUDE:_SPF.Google.COM  a mx/24 A:x.example.com/24//64   mx//64 ~ALL  ",
            b"v=spf1 redirect=_spf.example.com exp=explain._spf.%{d}",
            b"v=spf1 exists:%{ir}.%{v}._spf.%{d2} include:%{l1r-}.example.com a:%{d} -all",
            b"v=spf1 moo.cow-far_out=man:dog/cat ra=x rr=all -all",
            b"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::ffff:192.0.2.1 -all",
            b"v=spf1 a:foo:bar/baz.example.com ptr ptr:example.com. exists:%%%_%-.example.com ?all",
            b"v=spf1 -all include:never-reached.example.com",
        ],
    )
    def test_a_valid_record_is_written_back_unchanged(self, value: bytes) -> None:
        assert spf.parse(value, DOMAIN).to_bytes() == value

    def test_a_term_is_read_with_its_parts(self) -> None:
        (term,) = spf.parse(b"v=spf1  ~A:Mail.Example.com/24//64", DOMAIN).terms
        assert (term.qualifier, term.name, term.value) == ("~", "a", "Mail.Example.com/24//64")
        assert (term.text, term.position) == ("~A:Mail.Example.com/24//64", 9)

    def test_all_and_redirect_are_read(self) -> None:
        record = spf.parse(b"v=spf1 redirect=_spf.example.com -all all", DOMAIN)
        assert (record.all, record.redirect) == ("-", "_spf.example.com")
        assert spf.parse(b"v=spf1 ALL", DOMAIN).all == "+"
        assert spf.parse(b"v=spf1 all=x mx", DOMAIN).all is None

    @pytest.mark.parametrize(
        ("term", "reason"),
        [
            ("ipv4:192.0.2.1", "ip4 is probably meant"),
            ("moo", '"moo" is not a mechanism'),
            ("-all.", "is not a mechanism"),
            ("-all:x", "all stands alone"),
            ("-all/8", "all stands alone"),
            ("mx,", "not by commas"),
            ("include", "needs a colon and a domain name"),
            ("include:", "needs a domain name"),
            ("include:museum", "full domain name"),
            ("include:x.example.com/24", "no prefix length"),
            ("include:example.-com", "full domain name"),
            ("include:example.com:8080", "full domain name"),
            ("redirect:x.example.com", "redirect= is probably meant"),
            ("-redirect=x.example.com", "takes no qualifier"),
            ("redirect=", "needs a domain name"),
            ("exp=%{r}.example.com", "starts a macro"),
            ("foo=%abc", "starts a macro"),
            ("exists:%{d0}.example.com", "starts a macro"),
            ("exists:%{x}.example.com", "starts a macro"),
            ("a:192.0.2.1", "use ip4"),
            ("a/33", "/33 is not a prefix length"),
            ("a/024", "without leading zeros"),
            ("a//129", "/129 is not a prefix length"),
            ("a/", "not a prefix length"),
            ("a:/24", "needs a domain name"),
            ("ptr/24", "needs a colon"),
            ("ip4", "needs a colon and an IPv4 address"),
            ("ip4:192.0.2", "four numbers"),
            ("ip4:192.0.2.256", "four numbers"),
            ("ip4:192.0.02.1", "no leading zeros"),
            ("ip4:192.0.2.1/33", "/33 is not a prefix length"),
            ("ip4:192.0.2.1//32", "not a prefix length"),
            ("ip4:2001:db8::1", "use ip6"),
            ("ip6:192.0.2.1", "use ip4"),
            ("ip6:2001:db8::g", "needs an IPv6 address"),
            ("ip6:fe80::1%eth0", "needs an IPv6 address"),
        ],
    )
    def test_a_syntax_error_names_the_domain_the_term_the_position_and_the_rule(self, term: str, reason: str) -> None:
        with pytest.raises(InvalidInput) as error:
            spf.parse(f"v=spf1 mx {term} -all".encode(), DOMAIN)
        message = str(error.value)
        assert message.startswith(f'company-name.com: the SPF record has a syntax error at character 11, in "{term}": ')
        assert reason in message
        assert "RFC 7208" in message

    def test_a_syntax_error_after_all_is_an_error_too(self) -> None:
        with pytest.raises(InvalidInput, match="character 13"):
            spf.parse(b"v=spf1 -all moo", DOMAIN)

    @pytest.mark.parametrize("modifier", ["redirect", "exp"])
    def test_redirect_and_exp_may_appear_only_once(self, modifier: str) -> None:
        with pytest.raises(InvalidInput, match="only once"):
            spf.parse(f"v=spf1 {modifier}=a.example.com {modifier.upper()}=a.example.com".encode(), DOMAIN)

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (b"v=spf1 mx a:\xef\xbb\xbf.example.com -all", r'13, in "a:.*U\+FEFF is not ASCII; write a plain'),
            (b"v=spf1 mx a:b\xc3\xbccher.example -all", r"0xc3 is not ASCII; write such a name in its xn-- form"),
            (b"v=spf1 mx \xff -all", r"0xff is not ASCII"),
            (b"v=spf1 mx a:x.com\tptr -all", r'character 18, in "a:x.com\\x09ptr": the control character 0x09'),
        ],
    )
    def test_only_printable_ascii_is_allowed(self, value: bytes, reason: str) -> None:
        with pytest.raises(InvalidInput, match=reason):
            spf.parse(value, DOMAIN)

    def test_another_text_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="is not an SPF record"):
            spf.parse(b"google-site-verification=abc", DOMAIN)


class TestBuild:
    def test_a_new_record_ends_in_softfail(self) -> None:
        assert spf.build(ODOO) == b"v=spf1 include:_spf.odoo.com ~all"

    def test_all_is_written_as_given(self) -> None:
        assert spf.build(spf.wanted(all="fail")) == b"v=spf1 -all"

    def test_terms_are_written_in_the_order_of_the_options(self) -> None:
        wanted = spf.wanted(
            include=["b.example.com", "a.example.com"], ip4=["192.0.2.25"], ip6=["2001:db8::1"], a=[""], mx=["/24"]
        )
        expected = b"v=spf1 include:b.example.com include:a.example.com ip4:192.0.2.25 ip6:2001:db8::1 a mx/24 ~all"
        assert spf.build(wanted) == expected

    def test_the_domain_itself_is_written_as_the_bare_mechanism(self) -> None:
        wanted = spf.wanted(
            a=["Company-Name.com", "company-name.com/24", "x.example.com//64"], mx=["", "company-name.com."]
        )
        assert spf.build(wanted, DOMAIN) == b"v=spf1 a a/24 a:x.example.com//64 mx ~all"


class TestMerge:
    def test_an_include_is_added_right_after_the_version(self) -> None:
        expected = b"v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"
        assert merged(b"v=spf1 include:_spf.google.com ~all") == expected

    def test_several_terms_are_added_in_the_order_of_the_options(self) -> None:
        wanted = spf.wanted(include=["_spf.odoo.com", "mx.ovh.com"], ip4=["192.0.2.25"])
        assert merged(b"v=spf1 mx -all", wanted) == (
            b"v=spf1 include:_spf.odoo.com include:mx.ovh.com ip4:192.0.2.25 mx -all"
        )

    def test_the_spacing_and_case_of_other_terms_stay(self) -> None:
        assert merged(b"V=SPF1   MX  X-y=%{d} -ALL ") == b"V=SPF1 include:_spf.odoo.com   MX  X-y=%{d} -ALL "

    def test_terms_are_added_after_leading_terms_that_reject(self) -> None:
        assert merged(b"v=spf1 -ip4:192.0.2.1 x=y -exists:b.example.com mx -a -all") == (
            b"v=spf1 -ip4:192.0.2.1 x=y -exists:b.example.com include:_spf.odoo.com mx -a -all"
        )
        assert merged(b"v=spf1 -all") == b"v=spf1 include:_spf.odoo.com -all"

    @pytest.mark.parametrize(
        "existing",
        [
            b"v=spf1 include:_spf.odoo.com ~all",
            b"v=spf1 mx +INCLUDE:_SPF.Odoo.com. ~all",
            b"v=spf1  include:_spf.odoo.com include:_spf.odoo.com -all",
        ],
    )
    def test_an_existing_include_in_any_spelling_is_not_added_again(self, existing: bytes) -> None:
        assert merged(existing) == existing

    @pytest.mark.parametrize("near", [b"x_spf.odoo.com", b"_spf.odoo.com.evil.example", b"spf.odoo.com"])
    def test_a_similar_name_is_another_include(self, near: bytes) -> None:
        assert merged(b"v=spf1 include:" + near + b" ~all").startswith(b"v=spf1 include:_spf.odoo.com include:" + near)

    @pytest.mark.parametrize(
        ("wanted", "existing"),
        [
            (spf.wanted(ip4=["192.0.2.25"]), b"v=spf1 ip4:192.0.2.25/32 -all"),
            (spf.wanted(ip4=["192.0.2.0/24"]), b"v=spf1 ip4:192.0.2.77/24 -all"),
            (spf.wanted(ip6=["2001:db8::1"]), b"v=spf1 ip6:2001:DB8:0::1/128 -all"),
            (spf.wanted(a=[""]), b"v=spf1 a:company-name.com/32//128 -all"),
            (spf.wanted(mx=["company-name.com"]), b"v=spf1 MX -all"),
            (spf.wanted(exists=["%{i}._spf.Example.com"]), b"v=spf1 exists:%{i}._SPF.example.com. -all"),
        ],
    )
    def test_an_equivalent_term_counts_as_present(self, wanted: spf.SpfWanted, existing: bytes) -> None:
        assert merged(existing, wanted) == existing

    def test_an_upper_case_macro_is_another_term(self) -> None:
        wanted = spf.wanted(exists=["%{l}.example.com"])
        assert merged(b"v=spf1 exists:%{L}.example.com -all", wanted).count(b"exists:") == 2

    @pytest.mark.parametrize("qualifier", ["-", "~", "?"])
    def test_the_same_include_with_another_qualifier_is_a_conflict(self, qualifier: str) -> None:
        with pytest.raises(Conflict) as error:
            merged(f"v=spf1 mx {qualifier}include:_spf.odoo.com ~all".encode())
        message = str(error.value)
        assert message.startswith("company-name.com: the SPF record")
        assert f"Remove {qualifier}include:_spf.odoo.com from the record" in message

    def test_an_include_after_all_is_moved_before_it(self) -> None:
        assert merged(b"v=spf1 mx -all  Include:_spf.odoo.com x=y") == b"v=spf1 Include:_spf.odoo.com mx -all x=y"

    @pytest.mark.parametrize("ending", [b"~all", b"-all", b"?all", b"+all", b"all"])
    def test_all_is_not_changed_unless_asked(self, ending: bytes) -> None:
        assert merged(b"v=spf1 mx " + ending) == b"v=spf1 include:_spf.odoo.com mx " + ending

    def test_a_given_all_replaces_the_existing_one_in_place(self) -> None:
        assert merged(b"v=spf1 mx  ?ALL exp=e.example.com", spf.wanted(all="fail")) == (
            b"v=spf1 mx  -ALL exp=e.example.com"
        )
        assert merged(b"v=spf1 mx all", spf.wanted(all="softfail")) == b"v=spf1 mx ~all"

    def test_a_given_all_is_added_after_the_last_mechanism(self) -> None:
        assert merged(b"v=spf1 mx exp=e.example.com ", spf.wanted(all="fail")) == b"v=spf1 mx -all exp=e.example.com "
        assert merged(b"v=spf1", spf.wanted(all="fail")) == b"v=spf1 -all"

    def test_an_include_is_added_before_a_redirect_without_an_all(self) -> None:
        assert merged(b"v=spf1 redirect=_spf.example.com") == (
            b"v=spf1 include:_spf.odoo.com redirect=_spf.example.com"
        )

    def test_a_given_all_that_would_disable_a_redirect_is_a_conflict(self) -> None:
        with pytest.raises(Conflict, match="~all would disable that"):
            merged(b"v=spf1 redirect=_spf.example.com", spf.wanted(all="softfail"))

    def test_a_record_with_a_syntax_error_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="character 8"):
            merged(b"v=spf1 ipv4:192.0.2.1 ~all")


class TestWarnings:
    @pytest.mark.parametrize(
        ("existing", "sentence"),
        [
            (b"v=spf1 mx", "neither all nor redirect="),
            (b"v=spf1 mx +all", "lets the whole Internet pass"),
            (b"v=spf1 ip4:0.0.0.0/0 -all", "ip4:0.0.0.0/0 in the SPF record lets the whole Internet pass"),
            (b"v=spf1 ptr -all", "uses ptr"),
            (b"v=spf1 -all mx a", "never reach the terms after all in the SPF record: mx a"),
            (b"v=spf1 -all redirect=x.example.com", "ignore redirect=x.example.com"),
            (b"v=spf1 mx MX -all", "repeats MX"),
            (b"v=spf1 include=x.example.com -all", "ignore include=x.example.com"),
        ],
    )
    def test_a_questionable_record_leads_to_a_warning(self, existing: bytes, sentence: str) -> None:
        said = warned(existing)
        assert said.startswith("company-name.com: ") and "\n" not in said
        assert sentence in said

    def test_a_good_record_leads_to_no_warning(self) -> None:
        assert warned(b"v=spf1 a mx include:_spf.google.com exp=e.example.com x=y -all") == ""

    def test_a_replaced_all_leads_to_no_warning(self) -> None:
        assert warned(b"v=spf1 mx +all", spf.wanted(all="fail")) == ""


class TestExact:
    def test_other_terms_and_modifiers_are_removed_but_all_stays(self) -> None:
        assert spf.exact(ODOO, b"v=spf1 mx include:_spf.odoo.com x=y exp=e.example.com -ALL a", DOMAIN) == (
            b"v=spf1 include:_spf.odoo.com -ALL"
        )

    def test_without_a_record_a_new_one_is_built(self) -> None:
        assert spf.exact(ODOO, None, DOMAIN) == b"v=spf1 include:_spf.odoo.com ~all"

    def test_the_same_terms_in_another_order_and_spelling_stay(self) -> None:
        wanted = spf.wanted(include=["_spf.odoo.com"], a=[""], ip4=["192.0.2.1"])
        existing = b"V=spf1  +A:company-name.com ip4:192.0.2.1/32 include:_SPF.odoo.com.  ?all "
        assert spf.exact(wanted, existing, DOMAIN) == existing

    def test_a_given_all_is_set(self) -> None:
        wanted = spf.wanted(include=["_spf.odoo.com"], all="fail")
        assert spf.exact(wanted, b"v=spf1 include:_spf.odoo.com ~all", DOMAIN) == b"v=spf1 include:_spf.odoo.com -all"

    def test_a_term_with_another_qualifier_is_replaced(self) -> None:
        assert spf.exact(ODOO, b"v=spf1 ?include:_spf.odoo.com ~all", DOMAIN) == b"v=spf1 include:_spf.odoo.com ~all"

    def test_a_redirect_is_replaced_by_softfail(self) -> None:
        assert spf.exact(ODOO, b"v=spf1 redirect=x.example.com", DOMAIN) == b"v=spf1 include:_spf.odoo.com ~all"


class TestRemove:
    def test_the_rest_of_the_record_does_not_change(self) -> None:
        existing = b"V=spf1   include:_spf.google.com  include:_spf.odoo.com   x=y ~All "
        assert spf.remove(existing, ODOO, DOMAIN) == b"V=spf1   include:_spf.google.com   x=y ~All "

    @pytest.mark.parametrize("ending", [b"", b" ~all", b" ?all"])
    def test_a_record_without_any_other_term_is_removed(self, ending: bytes) -> None:
        assert spf.remove(b"v=spf1 include:_spf.odoo.com" + ending, ODOO, DOMAIN) is None

    def test_a_record_that_rejects_all_mail_stays(self) -> None:
        assert spf.remove(b"v=spf1 include:_spf.odoo.com -all", ODOO, DOMAIN) == b"v=spf1 -all"

    def test_a_given_all_is_not_removed(self) -> None:
        wanted = spf.wanted(include=["_spf.odoo.com"], all="fail")
        assert spf.remove(b"v=spf1 include:_spf.odoo.com mx -all", wanted, DOMAIN) == b"v=spf1 mx -all"

    @pytest.mark.parametrize("existing", [b"v=spf1 ~all", b"v=spf1 mx  ~all", b"v=spf1 -include:_spf.odoo.com ~all"])
    def test_a_record_without_the_term_does_not_change(self, existing: bytes) -> None:
        assert spf.remove(existing, ODOO, DOMAIN) == existing


class TestConsolidate:
    def test_two_records_become_one_with_the_strictest_all(self) -> None:
        values = [b"v=spf1 include:a.example.com mx ~all", b"v=spf1  MX ip4:192.0.2.1 -ALL exp=e.example.com"]
        assert (
            spf.consolidate(values, DOMAIN) == b"v=spf1 include:a.example.com mx ip4:192.0.2.1 -all exp=e.example.com"
        )

    @pytest.mark.parametrize(
        ("first", "second", "joined"),
        [("+all", "?all", "?all"), ("?all", "~all", "~all"), ("~all", "-all", "-all"), ("all", "~all", "~all")],
    )
    def test_the_stricter_all_wins(self, first: str, second: str, joined: str) -> None:
        values = [f"v=spf1 a {first}".encode(), f"v=spf1 mx {second}".encode()]
        assert spf.consolidate(values, DOMAIN) == f"v=spf1 a mx {joined}".encode()

    def test_terms_after_all_stay_after_all(self) -> None:
        assert spf.consolidate([b"v=spf1 a ~all ip4:192.0.2.1", b"v=spf1 mx"], DOMAIN) == (
            b"v=spf1 a mx ~all ip4:192.0.2.1"
        )

    def test_equal_records_become_one(self) -> None:
        assert spf.consolidate([b"v=spf1  mx", b"v=spf1  mx"], DOMAIN) == b"v=spf1  mx"

    @pytest.mark.parametrize(
        "values",
        [
            [b"v=spf1 redirect=x.example.com", b"v=spf1 mx -all"],
            [b"v=spf1 redirect=x.example.com", b"v=spf1 -all"],
            [b"v=spf1 redirect=x.example.com", b"v=spf1 redirect=y.example.com"],
            [b"v=spf1 -mx a", b"v=spf1 mx"],
            [b"v=spf1 exp=x.example.com a", b"v=spf1 exp=y.example.com"],
        ],
    )
    def test_contradicting_records_are_a_conflict(self, values: list[bytes]) -> None:
        with pytest.raises(Conflict, match=r"company-name\.com: .* Remove"):
            spf.consolidate(values, DOMAIN)
