import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import type { Hono } from "hono";
import { buildBeacon } from "../../ingest/beacon-script.ts";
import { openFolderLock } from "../../ingest/log/folder-lock.ts";
import { openServer } from "../../ingest/server.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import type { PlainCommand } from "../command.ts";
import { CommandError } from "../command-io.ts";
import { DEMO_PARTNERS } from "../demo/catalogue.ts";
import { createDemoClock, runDemo } from "../demo/demo.ts";
import { toDemoSettings } from "../demo/house.ts";
import { createDemoSite } from "../demo/site.ts";
import { createMint } from "../demo/traffic-sender.ts";
import { readSettings } from "../environment.ts";
import { createLogger } from "../logger.ts";
import { toOutboxFolder } from "../mail/open-mailer.ts";
import { listenForOfficers } from "../portal/open-portal.ts";
import { listen } from "../serve.ts";
import { openService } from "../service.ts";
import { untilStopped } from "../stop-signal.ts";
import { toTable } from "../table.ts";

const MARKER = ".demo";

/** `roebuck demo`: the whole way from beacon to PDF, on invented people. */
export const demoCommand: PlainCommand = {
  name: "demo",
  summary: "Run the whole way on invented Partners: beacons in, months closed, PDFs out, a site to click through.",
  prose: `The data folder must be empty or hold an earlier demo, which is then replaced. The same seed gives the same people.`,
  operands: [],
  flags: [
    { name: "out", value: "FILE", initial: "out", prose: "Folder for the PDFs and the import files." },
    { name: "exit", prose: "End when the PDFs are written, instead of serving until Ctrl-C." },
  ],
  on: "nothing",
  async run(args, io, commands) {
    const startedMs = performance.now();
    const { settings: given } = readSettings();
    const port = process.env.ROEBUCK_PORT === undefined ? await toFreePort(given.port) : given.port;
    const settings = toDemoSettings(given, port);
    takeFolder(settings.dataDir);
    const page: { site?: Hono } = {};
    await using shown = await openServer(
      {
        fetch: (request: Request) =>
          page.site?.fetch(request) ?? new Response("Not yet: the demo is still preparing.", { status: 503 }),
      },
      { host: "127.0.0.1", port: settings.port === 0 ? 0 : settings.port + 1 },
    );
    const origins = [`http://127.0.0.1:${shown.port}`, `http://localhost:${shown.port}`];
    const clock = createDemoClock();
    await using service = await openService({
      settings,
      sites: [{ id: "demo", origins }],
      logger: createLogger("error"),
      clock,
    });
    await using listening = await listen(service, commands);
    const key = service.keyFiles.signingKey("demo");
    if (key === undefined) throw new Error("Cannot run the demo: its site has no token key");
    const mint = createMint("demo", key.kid, Buffer.from(key.key, "base64url"));
    const outFolder = resolve(args.flags.out ?? "out");
    const records = await runDemo({ service, clock, mint, site: "demo", collectorUrl: listening.url, outFolder, io });
    for (const line of toSummary(records)) io.line(line);
    io.line(`\n${records.length} PDFs in ${outFolder}, ${Math.round((performance.now() - startedMs) / 1_000)} s.`);
    if (args.switches.has("exit")) return 0;
    page.site = createDemoSite({
      beaconUrl: `${listening.url}/b.js`,
      integrity: buildBeacon().beacon.integrity,
      site: "demo",
      mint: (partner, person) => mint({ partner, id: person, dept: toFirstDepartment(partner) }, Date.now()),
    });
    await using portal = await listenForOfficers(service);
    const month = new Date().toISOString().slice(0, 7);
    io.line(`
  A site to click through   http://127.0.0.1:${shown.port}/   (sign in, read, then:)
  Count what you did        npm run roebuck -- close ${month}
  See the record            npm run roebuck -- record ${month} northgate -o northgate.pdf
  The Link Officers' portal ${portal.url}/   (as link.officer@northgate.example; the mail with the link: ${toOutboxFolder(settings)})
  The collector             ${listening.url}/healthz  /readyz  /metrics
  Ask ClickHouse            npm run roebuck -- sql "SELECT partner, count() FROM engagement GROUP BY partner"

Ctrl-C ends it.`);
    await untilStopped();
    return 0;
  },
};

/** Where a visitor of the site who signs in by hand works. */
function toFirstDepartment(partner: string): string {
  return DEMO_PARTNERS.find(({ id }) => id === partner)?.departments[0] ?? "";
}

/** The default port if it and the next two are free, otherwise 0 for any: a demo must not fail because something else listens. */
async function toFreePort(port: number): Promise<number> {
  for (const wanted of [port, port + 1, port + 2]) {
    const server = createServer();
    const free = await new Promise<boolean>((answer) => {
      server.once("error", () => answer(false));
      server.listen(wanted, "127.0.0.1", () => answer(true));
    });
    await new Promise((closed) => server.close(closed));
    if (!free) return 0;
  }
  return port;
}

function takeFolder(folder: string): void {
  const marker = join(folder, MARKER);
  const isUsed = existsSync(folder) && readdirSync(folder).length > 0;
  if (isUsed && !existsSync(marker)) {
    throw new CommandError(
      `Cannot run the demo in "${folder}": it holds data that is not the demo's. Name another folder: ROEBUCK_DATA_DIR=./demo-data npm run demo`,
    );
  }
  if (isUsed) {
    using _ = existsSync(join(folder, "log")) ? openFolderLock(join(folder, "log")) : undefined; // refuses while a service runs here
    for (const name of readdirSync(folder))
      if (name !== MARKER) rmSync(join(folder, name), { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(marker, "This folder is replaced by each run of the demo.\n");
}

function toSummary(records: readonly RecordOfEngagement[]): string[] {
  const count = (value: number) => value.toLocaleString("en-GB");
  const rows = records.map((record) => [
    record.partner.name.length > 44 ? `${record.partner.name.slice(0, 43)}…` : record.partner.name,
    ...[
      record.figures.active_people,
      record.figures.visits,
      record.figures.page_views,
      record.figures.Unique_Item_Requests,
      record.figures.Searches_Platform,
      record.how_counted.received,
      record.how_counted.received - record.how_counted.counted,
    ].map(count),
  ]);
  return [
    "",
    `Records of ${records[0]?.month ?? ""}`,
    "",
    ...toTable(
      ["Partner", "People", "Visits", "Views", "Unique requests", "Searches", "Received", "Not counted"],
      rows,
    ),
  ];
}
