# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The style of a report: light and dark, fully expanded on paper, and readable at 320 pixels."""

STYLE = """
:root{color-scheme:light dark;--text:#1b1f24;--back:#fff;--line:#c9d1d9;--soft:#f3f5f7;--link:#0a58a8;--good:#14632f;
--look:#7a4a00;--bad:#a31621}
@media (prefers-color-scheme:dark){:root{--text:#e6e9ed;--back:#14171b;--line:#3d444d;--soft:#1d2127;--link:#86bdf5;
--good:#7bd694;--look:#eebf6b;--bad:#ff9a94}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:70rem;color:var(--text);background:var(--back);
font:1rem/1.5 system-ui,sans-serif;
overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.25rem}h3{font-size:1rem;margin:1rem 0 .25rem}
.lead{font-size:1.125rem;font-weight:600}
a{color:var(--link)}th a{display:inline-block;min-height:24px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{position:static;display:inline-block;padding:.5rem}
th[scope=row]{min-width:9rem;overflow-wrap:break-word}.records th[scope=row]{min-width:6rem}
.good,.look,.bad{white-space:nowrap}
table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.375rem .5rem;border-bottom:1px solid var(--line)}
.records th{width:6rem}
.good,.look,.bad,.error,.warning,.info,.accepted,.new{font-weight:600}
.good,.accepted{color:var(--good)}.look,.warning,.new{color:var(--look)}.bad,.error{color:var(--bad)}
details{border:1px solid var(--line);border-radius:4px;margin:.5rem 0}
summary{padding:.5rem .75rem;min-height:24px;cursor:pointer;background:var(--soft)}summary .name{font-weight:600}
.in{padding:0 .75rem .75rem;scroll-margin-top:3rem}
pre{white-space:pre-wrap;background:var(--soft);padding:.5rem;margin:0}
ins,del{text-decoration:none}ins{color:var(--good)}del{color:var(--bad)}
.findings{padding-left:1.25rem}.findings li{margin:.5rem 0}
figure{margin:.5rem 0}figcaption{font-size:.9375rem}
figure svg{display:block;width:100%;max-width:24rem;height:auto}
use{fill:none;stroke:var(--line)}svg text{fill:var(--text);font-size:13px}
g.good use,g.look use,g.bad use{stroke-width:2;stroke:currentColor}
svg g.good text,svg g.look text,svg g.bad text{fill:currentColor}
.symbols{position:absolute}
dt{font-weight:600;margin-top:.5rem}dd{margin:0}
@media (max-width:40rem){thead{display:none}
tr,th,td,tbody,table,caption{display:block;border:0;padding:.125rem 0;width:auto}
tr{border-bottom:1px solid var(--line);padding:.375rem 0}th[scope=row]{min-width:0;overflow-wrap:anywhere}}
@media print{body{max-width:none;padding:0}.skip{display:none}details{border:0}summary{list-style:none}
details::details-content{content-visibility:visible;block-size:auto}}
"""
