"""How a page looks: light or dark as its reader likes, on a phone, on a desk, on paper."""

STYLE = """
:root {
  --ink: #1a1a1a; --quiet: #5a5f63; --paper: #fdfdfd; --panel: #f1f3f5; --rule: #d9d9d9;
  --good: #006b4e; --bad: #a83e00; --accent: #0063a0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e6e6; --quiet: #a9b0b6; --paper: #141414; --panel: #1f2326; --rule: #3a4046;
    --good: #4fc9a6; --bad: #f39460; --accent: #6cc0f0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem;
  font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
}
h1 { margin: 0 0 .5rem; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
h3 { margin: 1.75rem 0 .5rem; }
h4 { margin: 1.25rem 0 .5rem; }
p, li, dd { max-width: 48rem; }
.verdict { font-size: 1.1rem; }
.quiet, caption, dt { color: var(--quiet); }
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
  gap: 1rem; }
.curves svg, .legend svg { display: block; width: 100%; height: auto; }
svg text { font-family: system-ui, sans-serif !important; }
figure { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: 0; list-style: none; }
.legend li { display: flex; align-items: center; gap: .5rem; overflow-wrap: anywhere; }
.legend svg { width: 2.5rem; flex: none; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--rule); }
thead th { white-space: nowrap; }
tbody th { font-weight: 600; }
.numbers td, .numbers thead th:not(:first-child) { text-align: right; white-space: nowrap; }
dl { display: grid; grid-template-columns: 14rem 1fr; gap: .25rem 1rem; }
dt, dd { margin: 0; overflow-wrap: anywhere; }
mark { background: none; color: var(--accent); font-weight: 700; }
.right { color: var(--good); } .wrong { color: var(--bad); }
.alarm { border-left: .25rem solid var(--bad); background: var(--panel);
  padding: .6rem 1rem; margin: 1rem 0; max-width: 48rem; }
.alarm.over { border-color: var(--rule); }
.alarm p { margin: 0; }
summary { cursor: pointer; color: var(--accent); }
pre { overflow-x: auto; background: var(--panel); padding: 1rem; font-size: .85rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  figure, tr, .alarm { break-inside: avoid; }
  .scroll { overflow: visible; }
}
"""
