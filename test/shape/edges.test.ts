import { describe, expect, it } from "vitest";
import { readSources, toImports } from "./sources.ts";

/** Files that may touch the world, by what of it they touch. Everything else takes values and returns values. */
const EDGES: readonly { readonly what: string; readonly drivers: RegExp; readonly files: RegExp }[] = [
  {
    what: "ClickHouse",
    drivers: /^(?:@clickhouse\/client|chdb)$/,
    files: /^transform\/warehouse\/|^api\/exports\/reader-client\.ts$/,
  },
  { what: "SQLite", drivers: /^node:sqlite$/, files: /^ingest\/log\/|^api\/portal\/portal-file\.ts$/ },
  { what: "Kafka", drivers: /^kafkajs$/, files: /^ingest\/log\/kafka-/ },
  { what: "PDF and fonts", drivers: /^(?:pdfkit|fontkit)$/, files: /^reporting\/(?:pdf|pdfkit-[a-z]+|fonts)\.ts$/ },
  { what: "mail", drivers: /^nodemailer$/, files: /^api\/mail\// },
  { what: "pictures", drivers: /^(?:canvas|chartjs-node-canvas)$/, files: /^reporting\/chart-picture\.ts$/ },
  {
    what: "sockets",
    drivers: /^(?:node:(?:http|https|net|tls|dgram)|@hono\/node-server)$/,
    files:
      /^ingest\/(?:server|address)\.ts$|^transform\/warehouse\/embedded\/|^api\/(?:control\.ts|demo\/|commands\/demo\.ts)/,
  },
  {
    what: "processes",
    drivers: /^node:(?:child_process|worker_threads)$/,
    files:
      /^transform\/(?:warehouse\/embedded\/|transform-thread)|^api\/(?:transform-thread|records\/draw-|keys\/command-key-store\.ts$)/,
  },
  {
    what: "files",
    drivers: /^node:fs(?:\/promises)?$/,
    files:
      /^ingest\/(?:log\/|country\.ts|beacon-script\.ts)|^transform\/warehouse\/|^reporting\/(?:fonts|close|query-files?|queries)\.ts$|^api\//,
  },
];

const CLOCK = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime\b/;
const CHANCE = /\bMath\.random\(|\brandom(?:Bytes|UUID|Int|FillSync)\(|\bgetRandomValues\(/;
const ENVIRONMENT = /\bprocess\.(?:env|argv)\b/;

/** Edges that own a clock, chance or the environment. The rest is handed one. */
const CLOCK_FILES =
  /^ingest\/(?:beacon\/|log\/|server\.ts|app\.ts|statistics\.ts)|^transform\/(?:worker|back-off|transform-thread|warehouse\/)|^api\//;
const CHANCE_FILES =
  /^ingest\/(?:beacon\/|log\/)|^transform\/(?:worker|transform-thread|warehouse\/)|^reporting\/close\.ts$|^api\//;

const sources = readSources();

describe("deciding code", () => {
  for (const { what, drivers, files } of EDGES) {
    it(`touches no driver of ${what} outside its edge`, () => {
      const touching = sources.filter((source) => toImports(source).some((specifier) => drivers.test(specifier)));
      expect(touching.map(({ path }) => path).filter((path) => !files.test(path))).toEqual([]);
    });
  }

  it.each([
    ["reads no clock", CLOCK, CLOCK_FILES],
    ["takes no chances", CHANCE, CHANCE_FILES],
    ["reads no environment", ENVIRONMENT, /^api\/|^transform\/warehouse\/embedded\/supervisor\.ts$/],
  ])("%s outside the edges", (_, pattern, files) => {
    const code = ({ text }: { text: string }) => text.replace(/\/\*[\s\S]*?\*\/|(?:^|\s)\/\/.*$/gm, "");
    expect(
      sources.filter((source) => pattern.test(code(source)) && !files.test(source.path)).map(({ path }) => path),
    ).toEqual([]);
  });
});
