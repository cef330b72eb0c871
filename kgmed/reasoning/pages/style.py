"""The style sheet of a report's page: light and dark, colours never alone.

Series and fills that colours tell apart have shapes, dashes, patterns and numbers besides
(``svg.py``). Colours of marks have a contrast of 3 or more to the ground, those of text 4.5.
"""

_BASE = """
:root{color-scheme:light dark;--back:#fff;--text:#1b1b1b;--soft:#555;--rule:#d0d0d0;
--stripe:#f5f5f5;--c0:#0b5cad;--c1:#b34700;--c2:#00735a;--c3:#8a3c78;--c4:#6b5a00;--c5:#a8003c;
--c6:#4a4a4a;--c7:#4b3fb5;--f0:#9cc9b4;--f1:#f0a58f;--f2:#f2d58c;--f3:#d9d9d9;--ink:#222;
--f4:#f0a58f;--f5:#c3b5e6;--f6:#f2d58c;--f7:#d9d9d9}
@media (prefers-color-scheme:dark){:root{--back:#16181c;--text:#e8e8e8;--soft:#a9adb5;
--rule:#3c4048;--stripe:#1e2127;--c0:#7ab8ff;--c1:#ffab6b;--c2:#5fd3ad;--c3:#e6a3d6;--c4:#e5d16a;
--c5:#ff8fa8;--c6:#c8c8c8;--c7:#b3a9ff;--f0:#2f6b55;--f1:#8d4232;--f2:#77601c;--f3:#4a4e57;
--ink:#f2f2f2;--f4:#8d4232;--f5:#574a86;--f6:#77601c;--f7:#4a4e57}}
body{font:15px/1.5 system-ui,sans-serif;background:var(--back);color:var(--text);max-width:80em;
margin:1.5em auto;padding:0 1em}
h1{font-size:1.4em}h2{font-size:1.1em;margin:2em 0 .4em}p,li{max-width:52em}
.note{color:var(--soft);font-size:.9em}.warn{border-left:4px solid var(--c1);padding-left:.8em}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.25em .6em;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
th{font-weight:600;vertical-align:bottom}.n{text-align:right}.n span{white-space:nowrap}
tbody tr:nth-child(even){background:var(--stripe)}
.items td{max-width:28em;overflow-wrap:anywhere}
.plots{display:grid;gap:1em 2em;grid-template-columns:repeat(auto-fit,minmax(min(100%,30em),1fr))}
figure{margin:0}figcaption{font-weight:600;margin:.5em 0}
svg{max-width:100%;height:auto;font:12px system-ui,sans-serif}
svg.defs{position:absolute}figure>svg{width:100%}
text{fill:var(--text)}.label{font-weight:700}.in{fill:var(--ink);font-weight:600;
paint-order:stroke;stroke:var(--back);stroke-width:3px;stroke-opacity:.7}
.axis{stroke:var(--text)}.grid{stroke:var(--rule)}
.diagonal{stroke:var(--soft);stroke-dasharray:3 4}
.line{fill:none;stroke-width:2}.mark{stroke:var(--back);stroke-width:1}
.pattern{stroke:var(--soft);stroke-width:.5}pattern path{stroke:var(--soft);fill:none}
pattern circle{fill:var(--soft)}
.key{list-style:none;display:flex;flex-wrap:wrap;gap:.2em 1.4em;padding:0;font-size:.9em}
.key svg{vertical-align:middle}details{margin:.5em 0}summary{cursor:pointer}
"""
_SERIES = "".join(
    f".line.s{n}{{stroke:var(--c{n})}}.mark.s{n}{{fill:var(--c{n})}}" for n in range(8)
) + "".join(f".f{n}{{fill:var(--f{n})}}" for n in range(8))

STYLE = _BASE + _SERIES
