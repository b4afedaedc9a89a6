import type { BenchRow } from "./bench-row.ts";

// `npm run bench [stage ...]`: measures each stage beside its own limit, taken in the same run. Only the ratios travel.
const STAGES: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  collector: async () => (await import("./collector.bench.ts")).benchCollector(),
  log: async () => (await import("./log.bench.ts")).benchLog(),
  transform: async () => (await import("./transform.bench.ts")).benchTransform(),
  insert: async () => (await import("./insert.bench.ts")).benchInsert(),
  close: async () => (await import("./close.bench.ts")).benchClose(),
  erase: async () => (await import("./erase.bench.ts")).benchErase(),
  breach: async () => (await import("./breach.bench.ts")).benchBreach(),
  pdf: async () => (await import("./pdf.bench.ts")).benchPdf(),
  records: async () => (await import("./records.bench.ts")).benchRecords(),
  kafka: async () => (await import("./kafka.bench.ts")).benchKafka(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STAGES));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no stage "${unknown.join('", "')}": the stages are ${Object.keys(STAGES).join(", ")}.\n`,
  );
  process.exit(2);
}

const toNumber = (value: number) => (value >= 100 ? Math.round(value).toLocaleString("en-GB") : value.toPrecision(3));
const missed: BenchRow[] = [];
for (const [name, run] of Object.entries(STAGES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`\n${name}\n`);
  for (const row of await run()) {
    if (!row.met) missed.push(row);
    const limit = `${toNumber(row.value)} ${row.unit}, ${row.ratio.toFixed(2)} of ${toNumber(row.limit)} (${row.limitWhat})`;
    process.stdout.write(`  ${row.met ? "met   " : "MISSED"}  ${row.what}: ${limit}; bar: ${row.bar}\n`);
  }
}
process.stdout.write(
  missed.length === 0
    ? "\nEvery bar was met.\n"
    : `\nMissed: ${missed.map(({ stage, what }) => `${stage}: ${what}`).join("; ")}.\n`,
);
process.exit(0);
