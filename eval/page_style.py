"""How the report's page looks: on a screen, on a phone and in print."""

from __future__ import annotations

STYLE = """
:root { --ink: #14313f; --soft: #5b7280; --line: #d9e2e7; --paper: #fff; --band: #f3f7f9;
  --gold: #2e7d4f; --predicted: #ffd9a8; --head: #cfe3ff; --tail: #f3d1f0; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper);
  font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
header, main, nav { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 28px; }
h1 { margin: 0 0 8px; font-size: 28px; }
h2 { margin: 44px 0 8px; padding-top: 12px; border-top: 2px solid var(--ink); font-size: 21px; }
h3 { margin: 24px 0 6px; font-size: 15px; }
p { max-width: 78ch; margin: 6px 0; }
dl { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0; }
dl div { display: flex; gap: 8px; } dt { color: var(--soft); } dd { margin: 0; font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px;
  margin: 20px 0; }
.card { padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--band); }
.card b { display: block; font-size: 30px; line-height: 1.2; }
.card span, .card small { display: block; } .card small { color: var(--soft); }
nav { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; padding-block: 8px;
  background: var(--paper); border-bottom: 1px solid var(--line); font-size: 14px; z-index: 1; }
a { color: #1f5673; }
.figures { display: flex; flex-wrap: wrap; gap: 12px 24px; align-items: flex-start; }
figure { margin: 12px 0; max-width: 100%; } figure svg { max-width: 100%; height: auto; }
.scrolled { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { font-weight: 600; color: var(--soft); }
th, td { padding: 3px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
.n { text-align: end; } .w { text-align: start; }
th:first-child, td:first-child { padding-inline-start: 0; }
details { margin: 8px 0; } summary { cursor: pointer; color: #1f5673; }
article { margin: 8px 0; padding: 8px 14px; border: 1px solid var(--line); border-radius: 8px;
  break-inside: avoid; }
article p { max-width: none; margin: 2px 0; text-align: start;
  font: 18px/1.95 "Noto Naskh Arabic", "Amiri", "Geeza Pro", "Traditional Arabic", serif; }
.facts { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); }
mark { color: inherit; background: none; border-radius: 3px; padding-block: 1px; }
mark.gold { border-bottom: 3px solid var(--gold); }
mark.predicted { background: var(--predicted); }
mark.head { background: var(--head); } mark.tail { background: var(--tail); }
mark.head.tail { background: linear-gradient(var(--head) 50%, var(--tail) 50%); }
.legend { font-size: 13px; } .legend mark { margin-inline-end: 10px; padding-inline: 6px; }
@media print { nav { display: none; } details { display: block; } body { font-size: 12px; }
  mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
