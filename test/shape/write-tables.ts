import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toDocumented } from "../../schemas/documentation.ts";
import { ROOT } from "./sources.ts";

// `npm run tables`: writes the README's reference tables from the catalogues.
const file = join(ROOT, "README.md");
writeFileSync(file, toDocumented(readFileSync(file, "utf8")));
