import { describe, expect, it } from "vitest";
import { parseRequest } from "../../../../../transform/warehouse/embedded/request.ts";

describe("parseRequest()", () => {
  it("tells settings, parameters and what is only for HTTP apart", () => {
    const url =
      "/?query=SELECT+1&param_a=x%26y&max_threads=2&wait_end_of_query=1&session_id=s&query_id=q&role=r&database=d&a.b=c";
    const request = parseRequest("POST", url, {});
    expect([...request.settings]).toEqual([
      ["max_threads", "2"],
      ["a.b", "c"],
    ]);
    expect([...request.params]).toEqual([["a", "x&y"]]);
    expect(request).toMatchObject({ query: "SELECT 1", database: "d", readsOnly: false });
  });

  it.each([
    ["headers", "/", { "x-clickhouse-user": "u", "x-clickhouse-key": "p" }],
    ["Basic", "/", { authorization: `Basic ${Buffer.from("u:p").toString("base64")}` }],
    ["the URL", "/?user=u&password=p", {}],
  ])("takes credentials from %s", (_where, url, headers) => {
    expect(parseRequest("POST", url, headers)).toMatchObject({ user: "u", password: "p" });
  });

  it("keeps a colon of the password, and is the default user when none is named", () => {
    const authorization = `Basic ${Buffer.from("u:p:q").toString("base64")}`;
    expect(parseRequest("GET", "/", { authorization })).toMatchObject({ user: "u", password: "p:q", readsOnly: true });
    expect(parseRequest("GET", "/", {})).toMatchObject({ user: "default", password: "" });
  });

  it("sends gzip only to who accepts and asks for it", () => {
    const wants = (url: string, accepts: string) => parseRequest("POST", url, { "accept-encoding": accepts }).packing;
    expect([
      wants("/?enable_http_compression=1", "gzip, br"),
      wants("/", "gzip"),
      wants("/?enable_http_compression=1", "br"),
      wants("/?enable_http_compression=1&compress=1", "gzip"),
    ]).toEqual(["gzip", "none", "none", "blocks"]);
  });

  it.each([
    ["/?decompress=1", {}, "NOT_IMPLEMENTED"],
    ["/", { "content-type": "multipart/form-data; boundary=x" }, "NOT_IMPLEMENTED"],
    ["/?max_threads%3D1%2C+readonly=1", {}, "BAD_ARGUMENTS"],
    ["/?param_a%27=1", {}, "BAD_ARGUMENTS"],
  ])("refuses %s %j", (url, headers, name) => {
    expect(() => parseRequest("POST", url, headers)).toThrow(name);
  });
});
