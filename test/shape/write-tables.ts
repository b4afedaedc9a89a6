import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toRecordSchemaText } from "../../reporting/record-schema.ts";
import { toDocumented } from "../../schemas/documentation.ts";
import { ROOT } from "./sources.ts";

// `npm run tables`: writes the README's reference tables from the catalogues, and the JSON Schema of a record.
const file = join(ROOT, "README.md");
writeFileSync(file, toDocumented(readFileSync(file, "utf8")));
writeFileSync(join(ROOT, "schemas/record.schema.json"), toRecordSchemaText());
