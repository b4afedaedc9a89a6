import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { API_ROUTES, createApi } from "../../../../api/app.ts";
import { toDescribed } from "../../../../api/reference/described.ts";
import { toOpenApi } from "../../../../api/reference/openapi.ts";
import { toReferencePage } from "../../../../api/reference/page.ts";
import { toShapeText } from "../../../../api/reference/shape-text.ts";
import type { ApiService } from "../../../../api/routes/route.ts";
import { ERROR_CODES } from "../../../../schemas/errors.ts";
import { mayDo, ROLE_NAMES } from "../../../../schemas/roles.ts";
import { someSettings } from "../../../fixtures/some-settings.ts";

const document = toOpenApi(toDescribed(API_ROUTES), "1.2.3");
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
);

/** What the code answers to, asked of the router itself. */
function toServed(): string[] {
  const service = { settings: someSettings({}) } as ApiService; // making the app reads settings alone
  const app = createApi(service, async () => ({ refused: "key_missing" }));
  const names = app.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  return [...new Set(names)].sort();
}

describe("toOpenApi()", () => {
  it("makes a document that OpenAPI 3.1 allows", async () => {
    const outcome = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(outcome.errors ?? []).toEqual([]);
    expect(outcome.valid).toBe(true);
  });

  it("has every address that the router serves, and none that it does not", () => {
    expect(operations.map(({ name }) => name).sort()).toEqual(toServed());
  });

  it("gives each a name of its own, a part and a summary", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { operation } of operations) {
      expect(operation.tags.every((tag) => tags.includes(tag))).toBe(true);
      expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
    }
  });

  it("names the roles that may, as they are checked", () => {
    for (const { path, method, action } of API_ROUTES) {
      const operation = document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
      expect(operation?.["x-roles"]).toEqual(ROLE_NAMES.filter((role) => mayDo([role], action)));
      expect(operation?.security).toEqual([{ key: [] }]);
    }
  });

  it("declares each word of a path as a parameter, and no user id among them", () => {
    for (const { name, operation } of operations) {
      const words = [...name.matchAll(/\{(\w+)\}/g)].map(([, word]) => word);
      const declared = (operation.parameters ?? []).filter((one) => one.in === "path").map((one) => one.name);
      expect(declared).toEqual(words);
      expect((operation.parameters ?? []).map((one) => one.name)).not.toContain("sub");
    }
  });

  it("has each code of the catalogue in the shape of a problem, and the record in its own words", () => {
    const problem = JSON.stringify(document.components.schemas?.Problem);
    for (const code of ERROR_CODES) expect(problem).toContain(`"${code}"`);
    const record = JSON.stringify(document.components.schemas?.Record);
    expect(record).toContain("Counts up: what changes a closed month makes the next version");
  });
});

describe("toReferencePage()", () => {
  const page = toReferencePage(document);

  it("tells every address, its parameters and its answers, and fetches and runs nothing", () => {
    for (const { name, operation } of operations) {
      const [method = "", path = ""] = name.split(" ");
      expect(page).toContain(`<b>${method}</b> ${path}`);
      for (const one of operation.parameters ?? []) expect(page).toContain(`<code>${one.name}</code>`);
    }
    expect(page).not.toMatch(/<script|<link|<img|src=|url\(/);
    expect(page).toContain('<html lang="en-GB">');
  });

  it("takes nothing of the document for markup", () => {
    const hostile = toReferencePage({ ...document, info: { ...document.info, title: "<script>alert(1)</script>" } });
    expect(hostile).not.toContain("<script>");
  });
});

describe("toShapeText()", () => {
  it.each([
    [{ type: "string" }, "string"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ type: "integer", minimum: 1, maximum: 500, default: 100 }, "integer (1 to 500, 100 if absent)"],
    [{ enum: ["a", "b"] }, '"a" | "b"'],
    [{ const: true }, "true"],
    [{ $ref: "#/components/schemas/Record" }, "Record"],
    [{ type: "array", items: { type: "number" } }, "[number]"],
    [{ anyOf: [{ type: "number" }, { type: "null" }] }, "number | null"],
    [{ type: "object", additionalProperties: true }, "{ ... }"],
    [
      { type: "object", properties: { a: { type: "string", description: "Why." }, b: {} }, required: ["a"] },
      "{\n  a: string  // Why.\n  b?: anything\n}",
    ],
  ])("reads %j as people do", (schema, wanted) => {
    expect(toShapeText(schema)).toBe(wanted);
  });
});
