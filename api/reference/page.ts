import { toHtmlText as text } from "../../schemas/markup.ts";
import type { JsonSchema, OpenApiDocument, OpenApiOperation } from "./openapi.ts";
import { toShapeText } from "./shape-text.ts";
import { STYLE } from "./style.ts";

/** An OpenAPI document as one page: no script, nothing fetched, readable on a telephone and on paper. Pure. */
export function toReferencePage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const parts = document.tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<section aria-labelledby="${text(name)}"><h2 id="${text(name)}">${text(name)}</h2><p>${text(description)}</p>
${own.map(({ method, path, operation }) => toArticle(method, path, operation)).join("\n")}</section>`;
  });
  const links = document.tags.map(({ name }) => `<li><a href="#${text(name)}">${text(name)}</a></li>`).join("");
  return `<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(document.info.title)}: the API</title><style>${STYLE}</style></head>
<body><a class="skip" href="#content">Skip to the addresses</a>
<header><h1>${text(document.info.title)}: the API</h1><p>${toProse(document.info.description)}</p>
<p>Release ${text(document.info.version)}. The same for machines: <a href="/v1/openapi.json">/v1/openapi.json</a> (OpenAPI 3.1).</p>
<nav aria-label="Parts"><ul>${links}<li><a href="#webhook">webhook</a></li></ul></nav></header>
<main id="content" tabindex="-1">${parts.join("\n")}
<section aria-labelledby="webhook"><h2 id="webhook">webhook</h2>
${Object.values(document.webhooks)
  .flatMap((methods) => Object.entries(methods))
  .map(([method, operation]) => toArticle(method.toUpperCase(), "ROEBUCK_WEBHOOK_URL", { ...operation, security: [] }))
  .join("\n")}</section>
<section aria-labelledby="schemas"><h2 id="schemas">Shapes that are used more than once</h2>
${Object.entries(document.components.schemas ?? {})
  .map(([name, schema]) => `<h3>${text(name)}</h3>${toCode(schema as JsonSchema)}`) // our own document
  .join("\n")}</section></main></body></html>
`;
}

function toArticle(method: string, path: string, operation: OpenApiOperation): string {
  const who = toWho(path, operation);
  return `<article aria-labelledby="${text(operation.operationId)}"><h3 id="${text(operation.operationId)}"><code><b>${method}</b> ${text(path)}</code></h3>
<p>${text(operation.summary)}. ${operation.description === undefined ? "" : toProse(operation.description)}</p>
<p class="who">${text(who)}</p>
${toParameters(operation, `${method} ${path}`)}${toBody(operation)}${toAnswers(operation, `${method} ${path}`)}</article>`;
}

function toWho(path: string, operation: OpenApiOperation): string {
  if (!path.startsWith("/")) return "Roebuck calls you.";
  const roles = operation["x-roles"] ?? [];
  return operation.security.length === 0 ? "Anybody." : `Keys with the role ${roles.join(" or ")}.`;
}

function toParameters({ parameters = [] }: OpenApiOperation, name: string): string {
  if (parameters.length === 0) return "";
  const rows = parameters.map(
    (one) =>
      `<tr><th scope="row"><code>${text(one.name)}</code></th><td>${one.in}${one.required ? ", required" : ""}</td><td><code>${text(toShapeText(one.schema))}</code></td><td>${toProse(one.description ?? "")}</td></tr>`,
  );
  return `<div class="wide" role="region" aria-label="Parameters of ${text(name)}" tabindex="0"><table><thead><tr><th scope="col">Parameter</th><th scope="col">Where</th><th scope="col">What</th><th scope="col">Meaning</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function toBody({ requestBody }: OpenApiOperation): string {
  if (requestBody === undefined) return "";
  return Object.entries(requestBody.content)
    .map(([type, { schema }]) => `<details><summary>Body: ${text(type)}</summary>${toCode(schema)}</details>`)
    .join("");
}

function toAnswers({ responses }: OpenApiOperation, name: string): string {
  const rows = Object.entries(responses).map(
    ([status, { description, content = {} }]) =>
      `<tr><th scope="row">${status}</th><td>${toProse(description)}</td><td>${Object.keys(content).map(text).join(", ")}</td></tr>`,
  );
  const bodies = Object.entries(responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content)
      .filter(([type]) => type === "application/json" && Number(status) < 300)
      .map(([, { schema }]) => `<details><summary>Answer ${status}: its shape</summary>${toCode(schema)}</details>`),
  );
  return `<div class="wide" role="region" aria-label="Answers of ${text(name)}" tabindex="0"><table><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th><th scope="col">Type</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>${bodies.join("")}`;
}

function toCode(schema: JsonSchema): string {
  const lines = toShapeText(schema).split("\n").map(text);
  const padded = toShapeText(schema)
    .split("\n")
    .map((line, at) => " ".repeat(line.length - line.trimStart().length) + (lines[at] ?? ""));
  return `<pre tabindex="0"><code>${padded.join("\n")}</code></pre>`;
}

/** Words of ours with `code` in them. */
function toProse(words: string): string {
  return text(words).replace(/`([^`]+)`/g, "<code>$1</code>");
}
