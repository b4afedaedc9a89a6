import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeDeparted } from "../../api/clocks/departures.ts";
import { releaseHold, setHold } from "../../api/clocks/holds.ts";
import { exportPartner } from "../../api/clocks/partner-export.ts";
import { purge } from "../../api/clocks/purge.ts";
import { importAttendanceCommand } from "../../api/commands/import-attendance.ts";
import { importPartners } from "../../api/commands/partners-import.ts";
import { destroyKey, planDestroy } from "../../api/keys/destroy.ts";
import { addOperator } from "../../api/keys/operators.ts";
import type { PartnerImport } from "../../api/partners.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

// A year that no machine's clock has reached, so that the table's own TTL does none of the work.
const PARTNERS = ["acme", "brook", "holden", "salten"];
let house: RightsHouse;

function aPartner(id: string, contractEnd: string | null = null): PartnerImport {
  const terms = { group: "", seats: null, fee: null, currency: "", contractStart: "2026-01-01", contractEnd };
  return { id, name: `Name of ${id}`, ...terms, zone: "UTC", officers: [] };
}

/** Brings an attendance in by the file of an operator; answers what was said. */
async function attend(...lines: readonly string[]): Promise<string> {
  const file = join(house.dataDir, "..", "list.csv");
  writeFileSync(file, ["user,partner,joined,minutes", ...lines].join("\n"));
  house.lines.length = 0;
  const flags = { event: "w-1", title: "Neglect", kind: "webinar", zone: "UTC" };
  await importAttendanceCommand.run(house.service, { operands: { FILE: file }, flags, switches: new Set() }, house.io);
  return house.lines.join("\n");
}

const count = async (table: string, partner: string) => {
  const [row] = await house.rows<{ c: string }>(
    `SELECT toString(count()) AS c FROM ${table} WHERE partner = '${partner}'`,
  );
  return Number(row?.c);
};

beforeAll(async () => {
  house = await openRightsHouse();
  house.at("2060-03-05T10:00:00Z");
  await house.hurry();
  await importPartners(
    house.service,
    PARTNERS.map((id) => aPartner(id)),
  );
}, 180_000);
afterAll(async () => house[Symbol.asyncDispose]());

/** The purge of a night, with everything stored until then. */
async function purgeAt(time: string) {
  house.at(time);
  while (house.service.storedUntilMs() < house.clock.nowMs()) await new Promise((resolve) => setTimeout(resolve, 5));
  return purge(house.service, { dryRun: false }, "wren");
}

describe("an imported attendance", { timeout: 180_000 }, () => {
  it("stands in what a Partner takes with it, without whoever is restricted", async () => {
    await attend("kestrel-7741,acme,2060-03-01,55", "plover-9963,acme,2060-03-01,45");
    const restriction = { kind: "restriction", atMs: house.clock.nowMs(), ptn: "acme", on: true } as const;
    await house.service.decide([{ ...restriction, ref: house.toRef("plover-9963") }]);
    const [pseudonym] = house.toPseudonyms("plover-9963");
    await house.service.warehouse.execute({
      sql: `INSERT INTO restricted (partner, pseudonym) VALUES ('acme', unhex('${pseudonym?.pseudonym}'))`,
    });
    const folder = join(house.dataDir, "..", "for-acme");
    const { files } = await exportPartner(house.service, { partner: "acme", folder }, "wren");
    expect(files).toContainEqual({ name: "attendance.csv", rows: 1 });
    const text = readFileSync(join(folder, "attendance.csv"), "utf8");
    expect(text).toMatch(/"w-1","Neglect","webinar",55/);
    expect(text).not.toMatch(/kestrel|plover/);
  });

  it("is gone after its year, and kept beyond it while a hold covers it", async () => {
    await attend("kestrel-7741,holden,2060-03-02,55", "kestrel-7741,brook,2060-03-02,55");
    const { id } = await setHold(house.service, { partner: "holden", reference: "court 1" }, "wren");
    await purgeAt("2061-03-01T02:30:00Z");
    expect([await count("attendance", "holden"), await count("attendance", "brook")]).toEqual([1, 1]);
    await purgeAt("2061-03-02T02:30:00Z");
    expect([await count("attendance", "holden"), await count("attendance", "brook")]).toEqual([0, 0]);
    expect([await count("held FINAL", "holden"), await count("held FINAL", "brook")]).toEqual([1, 0]);
    await releaseHold(house.service, id, "wren");
    await purgeAt("2061-03-03T02:30:00Z");
    expect(await count("held FINAL", "holden")).toBe(0);
  });

  it("that is past its year cannot come back with a file", async () => {
    expect(await attend("kestrel-7741,brook,2060-03-02,55")).toContain("(expired)");
    expect(await count("attendance", "brook")).toBe(0);
  });

  it("of a Partner that leaves is no longer taken, and is removed when its three years are over", async () => {
    expect(await attend("kestrel-7741,brook,2061-02-20,55", "dunlin-8852,acme,2061-02-20,30")).toContain("2 new.");
    await importPartners(house.service, [aPartner("brook", "2061-03-02")]);
    expect(await attend("dunlin-8852,brook,2061-02-20,30")).toContain("(partner_left)");
    await importPartners(house.service, [aPartner("brook", "2058-02-28")]);
    const certificates = await removeDeparted(house.service, { dryRun: false }, "wren");
    expect(certificates).toMatchObject([{ partner: "brook", rows: { attendance: 1 } }]);
    expect([await count("attendance", "brook"), await count("attendance", "acme")]).toEqual([0, 1]);
  });

  it("is nobody's that can be found any more when its Partner's salt is destroyed, and no more come", async () => {
    await attend("kestrel-7741,salten,2061-02-21,55");
    const files = await Promise.all(
      ["first", "second"].map(async (name) => {
        const file = join(house.dataDir, "..", `${name}.key`);
        writeFileSync(file, await addOperator(house.service, name, "wren"), { mode: 0o600 });
        return file;
      }),
    );
    house.at("2061-03-03T02:40:00Z");
    const target = { kind: "salt", partner: "salten" } as const;
    const plan = await planDestroy(house.service, target, "wren");
    expect(plan.losses.find(({ table }) => table === "attendance")).toMatchObject({ rows: 1, people: 1 });
    const [firstKeyFile = "", secondKeyFile = ""] = files;
    await destroyKey(house.service, target, { code: plan.code, firstKeyFile, secondKeyFile }, "wren");
    expect(house.toPseudonyms("kestrel-7741", "salten")).toEqual([]);
    expect(await count("attendance", "salten")).toBe(1);
    expect(await attend("kestrel-7741,salten,2061-02-22,30", "dunlin-8852,salten,2061-02-22,30")).toContain(
      "(no_basis)",
    );
  });
});
