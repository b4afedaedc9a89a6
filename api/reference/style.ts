/** The page's own stylesheet. Every text colour has at least 4.5:1 on its ground. */
export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 2rem 1.5rem 4rem; background: #fff; color: #1b2528;
  font: 1rem/1.5 system-ui, "Segoe UI", "Source Sans 3", "Noto Sans", Arial, sans-serif; }
h1, h2 { color: #0b4f5c; line-height: 1.25; }
h2 { margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 3px solid #0b4f5c; scroll-margin-top: 1rem; }
h3 { margin: 1.75rem 0 .25rem; font-size: 1.0625rem; overflow-wrap: anywhere; }
h3 b { color: #0b4f5c; }
p { max-width: 46rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.who { color: #4d5a5e; }
nav ul { margin: 1rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; }
a { color: #0b4f5c; }
:is(a, summary, pre, .wide):focus-visible { outline: 3px solid #0b4f5c; outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: #fff; }
.wide { overflow-x: auto; }
table { width: 100%; margin: .5rem 0; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #c9d3d5; }
thead th { color: #4d5a5e; font-weight: 600; }
code { font: .9em/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: .5rem 0; padding: .75rem 1rem; overflow-x: auto; background: #f1f5f6; }
summary { cursor: pointer; padding: .25rem 0; }
@media screen and (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  .wide table, .wide tbody, .wide tr, .wide :is(th, td) { display: block; width: auto; }
  .wide thead { position: absolute; left: -99rem; }
  .wide tr { padding: .4rem 0; border-bottom: 1px solid #c9d3d5; }
  .wide tbody :is(th, td) { padding: .1rem 0; border: 0; overflow-wrap: anywhere; }
  .wide td:empty { display: none; }
}
@media print { nav, .skip { display: none; } pre { white-space: pre-wrap; } }
`;
