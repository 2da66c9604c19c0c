/** The style of the pages: dark or light as the reader's system is, on any width. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --paper: #ffffff; --ink: #1b1f24; --faint: #5b6470; --rule: #dde1e7; --link: #0b57c2;
  --good: #18702f; --good-ground: #dcf5e3; --bad: #c62530; --bad-ground: #fde4e4; --warn: #8a5a00; --warn-ground: #fdf0cf;
  --busy: #0b57c2; --busy-ground: #dfebfd; --quiet: #5b6470; --quiet-ground: #e9ecf0; --code: #f0f2f5; --stack: #7a5cc7; --test: #12858c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --paper: #171b21; --ink: #e4e8ee; --faint: #98a2b0; --rule: #2a313a; --link: #7fb2ff;
    --good: #56d47c; --good-ground: #12331f; --bad: #ff8087; --bad-ground: #431a1e; --warn: #eebb57; --warn-ground: #3a2c0d;
    --busy: #7fb2ff; --busy-ground: #162f52; --quiet: #98a2b0; --quiet-ground: #262c35; --code: #0c0f13; --stack: #b49bf5; --test: #4fc6cd;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999px; top: 0; background: var(--paper); padding: 8px 14px; z-index: 2; }
.skip:focus { left: 8px; top: 8px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { display: flex; align-items: center; justify-content: space-between; gap: 16px; padding-top: 16px; padding-bottom: 12px; }
nav { display: flex; gap: 4px; align-items: center; }
header nav a { color: var(--faint); padding: 6px 10px; border-radius: 6px; }
header nav a:hover { background: var(--quiet-ground); text-decoration: none; }
header nav a[aria-current="page"] { color: var(--ink); font-weight: 600; }
header nav .brand { color: var(--ink); font-weight: 700; font-size: 17px; letter-spacing: -.01em; padding-left: 0; margin-right: 8px; }
header nav .brand:hover { background: none; }
.brand span { color: var(--link); }
.stamp { margin: 0; color: var(--faint); font-size: 13px; white-space: nowrap; }
.dot { display: inline-block; width: 8px; height: 8px; border-radius: 50%; background: var(--good); margin-right: 7px; }
footer { color: var(--faint); font-size: 13px; padding-top: 24px; padding-bottom: 40px; }
h1 { font-size: 24px; line-height: 1.25; letter-spacing: -.015em; margin: 12px 0 14px; overflow-wrap: anywhere; }
h1.long { font-size: 19px; }
h1 .faint { font-weight: 400; }
h2 { font-size: 17px; margin: 30px 0 10px; letter-spacing: -.01em; }
h3 { font-size: 14px; margin: 14px 0 6px; }
.count { color: var(--faint); font-weight: 400; font-size: 14px; margin-left: 4px; }
.faint { color: var(--faint); }
small { display: block; font-size: 13px; font-weight: 400; color: var(--faint); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.empty { background: var(--paper); border: 1px dashed var(--rule); border-radius: 10px; padding: 14px 16px; color: var(--faint); margin: 0; }
.badge { display: inline-block; white-space: nowrap; border-radius: 999px; padding: 1px 10px 1px 8px; font-size: 13px; font-weight: 600; color: var(--quiet); background: var(--quiet-ground); }
.badge.passed { color: var(--good); background: var(--good-ground); }
.badge.failed { color: var(--bad); background: var(--bad-ground); }
.badge.broken, .badge.timeout { color: var(--warn); background: var(--warn-ground); }
.badge.running { color: var(--busy); background: var(--busy-ground); }
.counts .failed { color: var(--bad); }
.counts > * { white-space: nowrap; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 8px 0 0; }
.tiles div { background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 16px; min-width: 0; }
.tiles dt { color: var(--faint); font-size: 13px; }
.tiles dd { margin: 2px 0 0; font-size: 24px; font-weight: 650; line-height: 1.35; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 9px 12px; vertical-align: top; }
thead th { color: var(--faint); font-weight: 500; font-size: 13px; padding-top: 8px; padding-bottom: 8px; white-space: nowrap; }
thead th.number { text-align: right; }
tbody tr { border-top: 1px solid var(--rule); }
tbody th { font-weight: 600; }
tbody td { overflow-wrap: anywhere; min-width: 60px; } td[data-label="Job"] { min-width: 116px; }
tbody td.faint { white-space: nowrap; }
td.grow, th.grow { width: 45%; min-width: 260px; overflow-wrap: anywhere; }
th.grow, table.tests tbody th { font-weight: 500; overflow-wrap: anywhere; }
.inline { white-space: nowrap; }
.clip { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; font-size: 14px; }
.change { font-variant-numeric: tabular-nums; } .change a { text-decoration: underline; }
.now { list-style: none; margin: 0; padding: 0; display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); }
.card { background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; min-width: 0; overflow-wrap: anywhere; }
.line { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; }
.card .line { margin-bottom: 4px; }
.id { font-weight: 600; }
.progress { display: flex; align-items: center; gap: 10px; margin-top: 8px; font-size: 14px; }
progress { flex: 1; min-width: 60px; height: 8px; appearance: none; border: 0; border-radius: 4px; background: var(--quiet-ground); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--quiet-ground); }
progress::-webkit-progress-value { background: var(--busy); }
progress::-moz-progress-bar { background: var(--busy); }
pre, code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 0; overflow-x: auto; }
.last { margin-top: 8px; color: var(--faint); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 3em; overflow: hidden; }
.queue { list-style: none; margin: 0; padding: 0; background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; }
.queue li { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 9px 14px; overflow-wrap: anywhere; }
.queue li + li { border-top: 1px solid var(--rule); }
.queue .grow { flex: 1; min-width: 200px; }
.plots { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); }
.plots h3 { margin-top: 0; overflow-wrap: anywhere; }
.plot { margin: 0; background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; padding: 14px; }
.plot svg { display: block; width: 100%; height: auto; }
.plot text { fill: var(--faint); font-size: 10px; }
.plot .tick { text-anchor: end; }
.plot line { stroke: var(--rule); }
.plot rect.passed, .plot circle.passed, .bar .passed { fill: var(--good); }
.plot rect.failed, .bar .failed { fill: var(--bad); }
.plot rect.other, .plot circle.other { fill: var(--quiet); }
.plot .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.plot .line.all { stroke: var(--busy); } .plot .line.deploy { stroke: var(--stack); } .plot .line.test { stroke: var(--test); }
.plot .dot-all { fill: var(--busy); }
.plot .cross { stroke: var(--bad); stroke-width: 2.5; fill: none; stroke-linecap: round; }
.plot a:focus-visible circle, .plot a:focus-visible path { stroke: var(--ink); stroke-width: 2; }
figcaption { margin-top: 6px; font-size: 13px; color: var(--faint); display: flex; gap: 16px; flex-wrap: wrap; }
.key::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; background: var(--quiet); }
.key.passed::before { background: var(--good); } .key.failed::before { background: var(--bad); } .key.all::before { background: var(--busy); }
.key.deploy::before { background: var(--stack); } .key.test::before { background: var(--test); }
.bar { width: 60px; height: 8px; border-radius: 4px; vertical-align: 1px; margin-right: 4px; }
.rate { font-variant-numeric: tabular-nums; } .rate > span { white-space: nowrap; }
.head { background: var(--paper); border: 1px solid var(--rule); border-left: 5px solid var(--quiet); border-radius: 10px; padding: 14px 18px; overflow-wrap: anywhere; }
.head.passed { border-left-color: var(--good); } .head.failed { border-left-color: var(--bad); }
.head.broken, .head.timeout { border-left-color: var(--warn); } .head.running { border-left-color: var(--busy); }
.head p { margin: 0; } .head p + p { margin-top: 6px; }
.summary { white-space: pre-wrap; }
.facts { display: flex; flex-wrap: wrap; gap: 6px 32px; margin: 14px 4px 0; }
.facts dt { color: var(--faint); font-size: 13px; } .facts dd { margin: 0; }
.kept { background: var(--warn-ground); border-radius: 10px; padding: 2px 18px 16px; margin-top: 18px; }
.kept h2 { margin-top: 12px; } .kept p { margin: 0 0 8px; }
.command, .output { background: var(--code); border: 1px solid var(--rule); border-radius: 8px; padding: 10px 12px; }
.output { max-height: 480px; overflow: auto; }
details.test, details.all { background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; margin-bottom: 8px; overflow: hidden; }
details.all .wide { border: 0; border-top: 1px solid var(--rule); border-radius: 0; }
summary { padding: 10px 16px; cursor: pointer; overflow-wrap: anywhere; }
summary:hover { background: var(--quiet-ground); }
summary:focus-visible { outline-offset: -2px; }
summary .name { font-weight: 600; }
summary .reason { display: block; color: var(--bad); margin-left: 17px; font-size: 14px; white-space: pre-wrap; }
.inside { padding: 0 16px 14px; } .inside p { margin: 6px 0; }
.steps th { font-weight: 500; } .steps tbody th { overflow-wrap: anywhere; }
.steps .when { width: 55%; padding-left: 4px; }
.steps svg { display: block; width: 100%; height: 10px; margin-top: 7px; border-radius: 3px; }
.track { fill: var(--quiet-ground); } rect.deploy { fill: var(--stack); } rect.test { fill: var(--test); } .steps rect.other { fill: var(--quiet); }
.steps rect.failed { fill: var(--bad); } .steps rect.running { fill: var(--busy); }
.logs { list-style: none; margin: 0; padding: 6px 0; background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; }
.logs li { padding: 5px 16px; overflow-wrap: anywhere; }
.raw { margin-left: 8px; font-size: 13px; }
.jump { gap: 14px; }
.log { background: var(--paper); border: 1px solid var(--rule); border-radius: 10px; padding: 10px 0; }
.log span { display: block; padding: 0 14px 0 72px; white-space: pre-wrap; overflow-wrap: anywhere; position: relative; }
.log span > a { position: absolute; left: 0; width: 60px; text-align: right; color: var(--faint); user-select: none; }
.log span:target { background: var(--warn-ground); }
.log .omitted { color: var(--faint); font-style: italic; padding: 8px 14px 8px 72px; }
@media (max-width: 720px) {
  header, main, footer { padding-left: 14px; padding-right: 14px; }
  header { flex-wrap: wrap; gap: 2px 16px; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 8px; }
  .tiles div { padding: 10px 12px; }
  .tiles dd { font-size: 20px; }
  table.cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table.cards, table.cards tbody { display: block; }
  table.cards tr { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 12px 14px; align-items: baseline; }
  table.cards tr:first-child { border-top: 0; }
  table.cards th, table.cards td, td[data-label="Job"] { padding: 0; width: auto; min-width: 0; text-align: left; white-space: normal; }
  table.cards .grow { flex-basis: 100%; }
  table.cards td[data-label]::before { content: attr(data-label) " "; color: var(--faint); font-size: 13px; }
  .log span { padding: 0 10px 0 50px; } .log span > a { width: 42px; }
  .steps .when { width: 30%; }
  .plot { padding: 10px; } .plot text { font-size: 15px; }
  .steps th, .steps td, .tests th, .tests td { padding: 8px 10px; }
}
@media (prefers-reduced-motion: no-preference) { .dot { animation: breathe 2.4s ease-in-out infinite; } }
@keyframes breathe { 50% { opacity: .35; } }
@media print { header nav, .stamp .dot, footer { display: none; } }
`;
