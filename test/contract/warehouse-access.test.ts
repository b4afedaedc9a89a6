import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openClickhouseWarehouse } from "../../transform/warehouse/clickhouse-warehouse.ts";
import { toWarehouseAdvice } from "../../transform/warehouse/warehouse-advice.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";

const retries = { triesMax: 1, firstMs: 1, maxMs: 1 };
const openssl = spawnSync("openssl", ["version"]).status === 0;
if (!openssl) process.stdout.write("Tests of TLS to the warehouse are skipped: install openssl.\n");

let opened: TestWarehouse;
let folder: string;
beforeAll(async () => {
  opened = await openTestWarehouse({ empty: true });
  folder = mkdtempSync(join(tmpdir(), "roebuck-tls-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await opened[Symbol.asyncDispose]();
});

/** What an operator is told when a start fails on this. */
async function toAdvice(changes: object): Promise<string> {
  await using warehouse = openClickhouseWarehouse({ ...opened.access, retries, ...changes });
  return warehouse.rows({ sql: "SELECT 1" }).then(
    () => "no error",
    (error: unknown) => toWarehouseAdvice(error),
  );
}

describe("a start that fails", () => {
  test.each([
    ["the wrong password", { password: "guessed" }, "ROEBUCK_CLICKHOUSE_PASSWORD"],
    ["an unknown database", { database: "nowhere" }, "ROEBUCK_CLICKHOUSE_DATABASE"],
    ["an address where nothing listens", { url: "http://127.0.0.1:9" }, "ROEBUCK_CLICKHOUSE_URL"],
    ["a host that there is not", { url: "http://no-such-host.invalid:8123" }, "No host of that name"],
  ])("says what to do about %s", async (_, changes, remedy) => {
    expect(await toAdvice(changes)).toContain(remedy);
  });

  test("names the file of an authority that is not there", () => {
    const caFile = join(folder, "absent.pem");
    expect(() => openClickhouseWarehouse({ ...opened.access, caFile })).toThrow(`Cannot read "${caFile}"`);
  });
});

describe.skipIf(!openssl)("over TLS (with openssl)", () => {
  /** TLS in front of the engine, as a proxy or the server itself has it. */
  async function openTls(): Promise<AsyncDisposable & { readonly url: string; readonly caFile: string }> {
    const [keyFile, caFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    spawnSync("openssl", ["req", ...kind, "-keyout", keyFile, "-out", caFile, ...subject]);
    const server = createServer({ key: readFileSync(keyFile), cert: readFileSync(caFile) }, (incoming, outgoing) => {
      const { method = "GET", headers, url = "/" } = incoming;
      const onward = request(new URL(url, opened.access.url), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // it listens on TCP
    return {
      url: `https://localhost:${port}`,
      caFile,
      [Symbol.asyncDispose]: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }

  test("trusts the authority that the settings name, and no other", async () => {
    await using tls = await openTls();
    await using warehouse = openClickhouseWarehouse({ ...opened.access, ...tls, retries });
    expect(await warehouse.rows({ sql: "SELECT 1 AS one" })).toEqual([{ one: 1 }]);
    expect(await toAdvice({ url: tls.url })).toContain("ROEBUCK_CLICKHOUSE_CA_FILE");
    const wrongHost = tls.url.replace("localhost", "127.0.0.1");
    expect(await toAdvice({ url: wrongHost, caFile: tls.caFile })).toContain("another host name");
    expect(await toAdvice({ url: tls.url.replace("https", "http") })).toContain("https for TLS");
  });
});
