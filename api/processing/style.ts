/** The page's own stylesheet. Every text colour has at least 4.5:1 on its ground. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem 4rem; background: #fff; color: #1b2528;
  font: 1rem/1.5 system-ui, "Segoe UI", "Source Sans 3", "Noto Sans", Arial, sans-serif; }
h1 { margin: 0 0 1rem; font-size: 2rem; line-height: 1.2; color: #0b4f5c; }
h2 { margin: 0 0 .75rem; padding-top: .75rem; border-top: 3px solid #0b4f5c; font-size: 1.375rem; line-height: 1.3; color: #0b4f5c; }
section { margin-top: 2.5rem; scroll-margin-top: 1rem; }
p { max-width: 46rem; margin: 0 0 .75rem; }
dl { margin: 0; padding: 1rem 1.25rem; background: #f1f5f6; }
dl div { display: grid; grid-template-columns: 15rem 1fr; gap: 0 1rem; padding: .15rem 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
nav { margin-top: 1.5rem; }
nav ol { margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; }
a { color: #0b4f5c; }
a:focus-visible, .wide:focus-visible { outline: 3px solid #0b4f5c; outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: #fff; }
.wide { margin: 0 0 1.75rem; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; line-height: 1.4; }
caption { padding: 0 0 .5rem; text-align: left; font-weight: 600; }
caption span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 2rem); }
th, td { padding: .5rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid #c9d3d5; overflow-wrap: break-word; }
thead th { background: #f1f5f6; border-bottom: 2px solid #5f97a1; }
tbody th { font-weight: 600; }
code { font: .875em/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.gap { color: #8a2a0b; background: #fdf1ec; padding: 0 .2em; }
@media print, (min-width: 40.0625rem) {
  table.of-6 { min-width: 60rem; }
  table.of-4, table.of-3 { min-width: 40rem; }
  table.of-6 :is(th, td) { width: 16%; }
  table.of-6 :is(th, td):nth-child(2) { width: 20%; }
  table.of-4 :is(th, td) { width: 24%; }
  table.of-3 :is(th, td) { width: 33%; }
  table.of-2 :is(th, td):first-child { width: 13rem; }
}
@media screen and (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  h1 { font-size: 1.625rem; }
  dl div { grid-template-columns: 1fr; padding: .3rem 0; }
  table, caption, tbody, tr, th, td { display: block; width: auto; }
  thead { position: absolute; left: -99rem; }
  tr { padding: .6rem 0; border-bottom: 1px solid #c9d3d5; }
  tbody :is(th, td) { padding: .1rem 0; border: 0; overflow-wrap: anywhere; }
  td::before { content: attr(data-heading) ": "; font-weight: 600; color: #4d5a5e; }
  td[colspan]::before, .of-2 td::before { content: none; }
}
@media print {
  @page { size: A4 landscape; margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  nav, .skip { display: none; }
  .wide { overflow: visible; }
  table, table.of-6, table.of-4, table.of-3 { min-width: 0; font-size: 8.5pt; }
  th, td { padding: .3rem .6rem; }
  thead { display: table-header-group; }
  tr, caption { break-inside: avoid; }
  h2, caption { break-after: avoid; }
  dl, thead th, .gap { background: none; }
  a { color: inherit; text-decoration: none; }
}
`;
