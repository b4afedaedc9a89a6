import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Installation } from "../fixtures/roebuck-process.ts";

// A disk that is really full: a small file system in memory, in a mount namespace of its own, so that nothing of it is
// left when the script ends and no rights are needed where the kernel lets users have namespaces.
const MAIN = fileURLToPath(new URL("../../api/main.ts", import.meta.url));
const EVENTS = 20_000;
const CANNOT_MOUNT = 99;

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });
const backups = join(roebuck.folder, "backups");
const small = join(roebuck.folder, "small");
const probe = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
const canMount = probe.status === 0;
if (!canMount) {
  process.stdout.write("Full disks are not tried for backups: this machine gives no mount namespaces (unshare -rm).\n");
}

beforeAll(async () => {
  if (!canMount) return;
  mkdirSync(small);
  writeFileSync(join(roebuck.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
  await roebuck.ask("partners", "import", "partners.csv");
  // Words that nothing can pack.
  const events = Array.from({ length: EVENTS }, (_, index) => ({
    sub: `person ${index % 500}`,
    acct: "partner",
    ptn: "acme",
    type: "search",
    at: new Date(Date.now() - 60_000 - index * 10).toISOString(),
    url: "https://www.example.org/search",
    query: `w${crypto.getRandomValues(Buffer.alloc(8)).toString("hex")}`,
  }));
  writeFileSync(join(roebuck.folder, "events.ndjson"), events.map((event) => JSON.stringify(event)).join("\n"));
  await roebuck.ask("import", "events", "events.ndjson");
  await roebuck.ask("backup", "--dir", backups);
}, 300_000);
afterAll(async () => {
  await roebuck[Symbol.asyncDispose]();
  rmSync(roebuck.folder, { recursive: true, force: true });
});

/** What a step of a script answered. */
interface Step {
  readonly code: number;
  readonly text: string;
}

/** Runs a shell script with a small disk at `$SMALL`; `step NAME COMMAND...` keeps what a command answers. */
async function runOnSmallDisk(script: string): Promise<ReadonlyMap<string, Step>> {
  const answers = join(roebuck.folder, "answers");
  rmSync(answers, { recursive: true, force: true });
  mkdirSync(answers);
  const lines = [
    'roebuck() { "$NODE" "$MAIN" "$@"; }',
    `step() { name=$1; shift; "$@" > "${answers}/$name" 2>&1; echo "$name $?"; }`,
    script,
  ];
  const child = spawn("unshare", ["-rm", "sh", "-c", lines.join("\n")], {
    env: { ...roebuck.environment, NODE: process.execPath, MAIN, SMALL: small, BACKUPS: backups },
    cwd: roebuck.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, err]).toEqual([0, ""]);
  return new Map(
    out
      .trim()
      .split("\n")
      .map((line) => {
        const [name = "", status] = line.split(" ");
        return [name, { code: Number(status), text: readFileSync(join(answers, name), "utf8") }];
      }),
  );
}

const toId = (text = "") => /Backup (\d{8}T\d{6}Z):/.exec(text)?.[1] ?? "";

describe.skipIf(!canMount)("a full disk", () => {
  it("of backups: says so, leaves nothing that counts as a backup, and once there is room one is made", async () => {
    const steps = await runOnSmallDisk(`
      mount -t tmpfs -o size=200k,mode=700 tmpfs "$SMALL" || exit ${CANNOT_MOUNT}
      step full roebuck backup --dir "$SMALL"
      step left ls "$SMALL"
      step listed roebuck backups list --dir "$SMALL"
      mount -o remount,size=64m "$SMALL"
      step roomy roebuck backup --dir "$SMALL"
      step verified roebuck backups verify all --dir "$SMALL"
      mount -o remount,size=$(($(du -sk "$SMALL" | cut -f1) + 200))k "$SMALL"
      step again roebuck backup --dir "$SMALL"
      step kept roebuck backups verify all --dir "$SMALL"
    `);
    const full = { code: 1, text: expect.stringMatching(/the disk is full\. Make room, then run it again/) };
    expect(steps.get("full")).toEqual(full);
    expect(steps.get("left")?.text).not.toMatch(/^\d{8}T/m);
    expect(steps.get("listed")?.text).toContain("There is no backup in");
    expect(steps.get("roomy")?.code).toBe(0);
    // One that is there stays good when there is no room for the next.
    expect(steps.get("again")).toEqual(full);
    const only = `${toId(steps.get("roomy")?.text)}: whole\njournal: whole\n`;
    expect(steps.get("verified")).toEqual({ code: 0, text: only });
    expect(steps.get("kept")).toEqual({ code: 0, text: only });
  }, 300_000);

  it("of the data during a restore: says what to do, opens nothing half, and once there is room it ends whole", async () => {
    const steps = await runOnSmallDisk(`
      mount -t tmpfs -o size=600m,mode=700 tmpfs "$SMALL" || exit ${CANNOT_MOUNT}
      cp -a "$ROEBUCK_DATA_DIR" "$SMALL/data"
      export ROEBUCK_DATA_DIR="$SMALL/data"
      id=$(ls "$BACKUPS" | grep '^2')
      used=$(du -sk "$SMALL" | cut -f1)
      mount -o remount,size=$((used + 700))k "$SMALL"
      step full roebuck restore "$id" --dir "$BACKUPS" --yes
      step untouched ls "$SMALL/data"
      export ROEBUCK_MIN_FREE_DISK_MB=0
      more=1000 # a little more each time, until it comes as far as the tables
      until [ -e "$SMALL/data/restoring.json" ] || [ $more -gt 4000 ]; do
        mount -o remount,size=$((used + more))k "$SMALL"
        step middle roebuck restore "$id" --dir "$BACKUPS" --yes
        more=$((more + 100))
      done
      step begun ls "$SMALL/data"
      step serve timeout 60 "$NODE" "$MAIN" serve
      mount -o remount,size=600m "$SMALL"
      step closed roebuck check
      step roomy roebuck restore "$id" --dir "$BACKUPS" --yes
      step rows roebuck sql "SELECT count(), uniqExact(event_id) FROM engagement" --format TSV
    `);
    const full = { code: 1, text: expect.stringContaining("NOT_ENOUGH_SPACE); make room on its disk") };
    expect(steps.get("full")).toEqual(full);
    expect(steps.get("untouched")?.text).not.toContain("restoring.json"); // nothing was begun
    expect(steps.get("middle")).toEqual(full);
    expect(steps.get("middle")?.text).toMatch(
      /Nothing opens until the restore is whole: .*roebuck restore \d{8}T\d{6}Z --yes/,
    );
    expect(steps.get("begun")?.text).toContain("restoring.json");
    for (const name of ["serve", "closed"]) {
      expect(steps.get(name)).toEqual({
        code: 1,
        text: expect.stringMatching(/Finish it: roebuck restore \d{8}T\d{6}Z --yes/),
      });
    }
    expect([steps.get("roomy")?.code, steps.get("rows")?.text]).toEqual([0, `${EVENTS}\t${EVENTS}\n`]);
  }, 300_000);
});
