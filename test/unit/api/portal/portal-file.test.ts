import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPortalFile, type PortalFile } from "../../../../api/portal/portal-file.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

let folder: string;
let file: PortalFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roebuck-portal-"));
  file = openPortalFile(folder);
});
afterEach(() => {
  file[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

const at = toEpochMs;
const aLink = { hash: "h1", kind: "sign_in", who: "w1", body: "", madeMs: at(100), expiresMs: at(200) } as const;

describe("a link of the portal's file", () => {
  it("is taken once, before it expires, and is known as used after", () => {
    file.addLink(aLink);
    expect(file.takeLink("h1", at(150))).toMatchObject(aLink);
    expect(file.takeLink("h1", at(151))).toBeUndefined();
    expect(file.findLink("h1")?.usedMs).toBe(150);
    file.addLink({ ...aLink, hash: "h2" });
    expect(file.takeLink("h2", at(200))).toBeUndefined();
    expect(file.takeLink("h3", at(150))).toBeUndefined();
  });

  it("is taken once also where two processes have the file", () => {
    using other = openPortalFile(folder);
    file.addLink(aLink);
    expect([file.takeLink("h1", at(150)), other.takeLink("h1", at(150))].filter(Boolean)).toHaveLength(1);
  });

  it("counts by whom it is for and when it was made", () => {
    file.addLink(aLink);
    file.addLink({ ...aLink, hash: "h2", madeMs: at(50) });
    file.addLink({ ...aLink, hash: "h3", who: "w2" });
    expect(file.countLinks("w1", at(100))).toBe(1);
    expect(file.countLinks("w1", at(50))).toBe(2);
  });
});

describe("the portal's file", () => {
  it("is for its owner alone, and forgets what is over", () => {
    for (const name of ["portal.sqlite", "portal.sqlite-wal"])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const session = { kind: "officer", who: "w1", seenMs: at(500) } as const;
    file.addSession({ ...session, hash: "old", madeMs: at(10) });
    file.addSession({ ...session, hash: "idle", madeMs: at(400), seenMs: at(400) });
    file.addSession({ ...session, hash: "new", madeMs: at(400) });
    file.addLink(aLink);
    file.expire({ madeMs: at(100), seenMs: at(450), expiredMs: at(201) });
    expect(["old", "idle", "new"].map((hash) => file.findSession(hash)?.hash)).toEqual([undefined, undefined, "new"]);
    expect(file.findLink("h1")).toBeUndefined();
    file.seeSession("new", at(700));
    expect(file.findSession("new")?.seenMs).toBe(700);
    file.endSession("new");
    expect(file.findSession("new")).toBeUndefined();
  });
});
