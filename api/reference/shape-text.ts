import type { JsonSchema } from "./openapi.ts";

/**
 * A JSON Schema as people read it: objects by their fields, a question mark after those that may be left out, the
 * description behind each. Pure. What it does not know it leaves to the document itself.
 */
export function toShapeText(schema: JsonSchema, indent = ""): string {
  if (typeof schema.$ref === "string") return schema.$ref.split("/").at(-1) ?? "";
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((one: JsonSchema) => toShapeText(one, indent)).join(" | ");
  if (schema.type === "array") return `[${toShapeText(toSchema(schema.items), indent)}]`;
  if (schema.type === "object") return toObjectText(schema, indent);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? "anything"];
  return `${types.join(" | ")}${toLimits(schema)}`;
}

function toObjectText(schema: JsonSchema, indent: string): string {
  const properties = Object.entries(toSchema(schema.properties));
  if (properties.length === 0) return "{ ... }";
  const required = Array.isArray(schema.required) ? schema.required : [];
  const inner = `${indent}  `;
  const lines = properties.map(([name, value]) => {
    const one = toSchema(value);
    const words = typeof one.description === "string" ? `  // ${one.description}` : "";
    return `${inner}${name}${required.includes(name) ? "" : "?"}: ${toShapeText(one, inner)}${words}`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** Limits that fit on the line. */
function toLimits(schema: JsonSchema): string {
  const { format, minimum, maximum, maxLength, default: initial } = schema;
  const isRange = typeof minimum === "number" && typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER;
  const told = [
    ...(typeof format === "string" ? [format] : []),
    ...(isRange ? [`${minimum} to ${maximum}`] : []),
    ...(typeof maxLength === "number" ? [`at most ${maxLength} characters`] : []),
    ...(initial === undefined ? [] : [`${JSON.stringify(initial)} if absent`]),
  ];
  return told.length === 0 ? "" : ` (${told.join(", ")})`;
}

function toSchema(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? (value as JsonSchema) : {}; // an object's entries by their names
}
