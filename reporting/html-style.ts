import type { Palette } from "./palette.ts";

/** The style sheet of a record's page: one column on a telephone, two on a desk, A4 on paper. Nothing is fetched. */
export function toStyleSheet({ colours, heat }: Palette): string {
  const names = Object.entries(colours).map(([name, colour]) => `--${name}:${colour}`);
  const steps = heat.map((colour, index) => `.heat-${index}{fill:${colour}}`);
  return `:root{${names.join(";")};color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:var(--white);color:var(--ink);font:1rem/1.5 "Source Sans 3","Source Sans Pro",system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--accent)}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:.5rem;padding:.5rem 1rem;background:var(--white);outline:3px solid var(--accent);z-index:1}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.25rem 1rem;padding:1rem 0 .5rem;border-bottom:2px solid var(--accent);margin-bottom:1.5rem}
.top p{margin:0}img{display:block;width:auto;height:auto}.house{max-height:3rem;max-width:14rem}.partner{float:right;max-height:4.5rem;max-width:min(11rem,35%);margin:0 0 .5rem 1rem}
.wordmark{font-weight:700;font-size:1.15rem;color:var(--accent)}
.edition,.facts,.small,footer{color:var(--grey);font-size:.9rem}
h1{margin:0;line-height:1.15;font-size:clamp(1.6rem,5vw,2.3rem)}
h1 span{display:block}
h1 .kicker{font-size:1.05rem;font-weight:600;color:var(--accent);margin-bottom:.35rem}
h1 .month{font-size:1.35rem;font-weight:400;margin-top:.3rem}
h2{color:var(--accent);font-size:1.25rem;line-height:1.25;margin:2rem 0 .5rem}
.lead{font-size:1.2rem;line-height:1.45}
.small{margin:.4rem 0}
.notice{background:var(--tint);border-left:4px solid var(--accent);padding:.6rem 1rem}
.cards{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem}
.cards li{background:var(--tint);border-radius:.35rem;padding:.7rem .9rem}
.cards span{display:block;font-size:.9rem;line-height:1.35}
.cards .way{display:inline;font-size:.75em}.cards .label,.cards .before{color:var(--grey)}
.cards .value{display:block;font-size:1.75rem;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
.columns{display:grid;grid-template-columns:1fr;column-gap:2rem}.columns>div{min-width:0}
figure{margin:1rem 0 .5rem}
figcaption{font-weight:600;line-height:1.35;margin-bottom:.3rem}
svg{display:block;width:100%;max-width:34rem;height:auto;font-size:10px}
svg text{fill:var(--grey);text-anchor:middle}
svg .start{text-anchor:start}svg .end{text-anchor:end}svg .number{fill:var(--ink)}
svg line{stroke:var(--line)}svg .hair{stroke:var(--hair)}svg .hatch{stroke:var(--grey);stroke-width:.8}
.accent{fill:var(--accent)}.mark{fill:var(--mark)}.ink{fill:var(--ink)}
${steps.join("")}
.scroll{overflow-x:auto;margin:.4rem 0}
table{border-collapse:collapse;width:100%;line-height:1.35}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--hair);font-weight:400;overflow-wrap:normal}
tbody th{overflow-wrap:anywhere;min-width:5rem}
thead th{font-weight:600;font-size:.9rem;color:var(--grey);border-bottom:2px solid var(--accent);vertical-align:bottom}
.right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .right{white-space:normal}
th:last-child,td:last-child{padding-right:0}
.under{display:block;color:var(--grey);font-size:.9rem}
.sum>*{font-weight:600;border-top:2px solid var(--accent)}
.part>*{color:var(--grey);font-size:.9rem}.part th{padding-left:1rem}
.compact{font-size:.8rem}.compact th,.compact td{padding:.12rem .5rem .12rem 0}.compact thead th{font-size:.8rem}.compact tbody th{white-space:nowrap}
dl{margin:0;display:grid;grid-template-columns:1fr;gap:.5rem 2rem;font-size:.9rem}
dt{font-weight:600}dd{margin:0;color:var(--grey)}
footer{margin-top:2.5rem;padding-top:.75rem;padding-bottom:2rem;border-top:1px solid var(--line)}
@media (max-width:45.99rem){.full{font-size:.875rem}.full .right{white-space:normal}.full tbody th{min-width:8.5rem;overflow-wrap:break-word}th,td{padding-right:.45rem}}
@media (min-width:46rem){.columns,dl{grid-template-columns:1fr 1fr}.cards{grid-template-columns:repeat(4,1fr)}}
@media print{@page{size:A4;margin:15mm}body{font-size:9.5pt}.skip{display:none}header,main,footer{max-width:none;padding-left:0;padding-right:0}.columns,dl{grid-template-columns:1fr 1fr}.cards{grid-template-columns:repeat(4,1fr)}.scroll{overflow:visible}h2{break-after:avoid}figure,tr,.cards li,dl div{break-inside:avoid}.compact,.compact thead th{font-size:7pt}.compact th,.compact td{padding-right:.3rem}.full{font-size:8.5pt}.full tbody th{min-width:0}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
}
