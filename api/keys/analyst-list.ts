import { z } from "zod";
import type { AnalystDoor } from "../open-warehouse.ts";
import type { KeyStore } from "./key-store.ts";
import { type ListFile, toListFile } from "./list-file.ts";

const ANALYSTS_FILE = z.object({
  v: z.literal(1),
  analysts: z.array(
    z.object({
      name: z.string(),
      /** SHA-256 of the password, hexadecimal: it is 256 random bits, which no list of guesses reaches. */
      passwordSha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** UTC. */
      addedMs: z.number(),
    }),
  ),
});
/** The accounts of analysts, as they are kept. */
export const ANALYSTS: ListFile<z.infer<typeof ANALYSTS_FILE>> = toListFile<z.infer<typeof ANALYSTS_FILE>>({
  name: "analysts",
  shape: ANALYSTS_FILE,
  what: "analysts",
  each: "analyst",
  toEmpty: () => ({ v: 1, analysts: [] }),
});

/** Tells the embedded engine whom to let in. Throws CommandError if the list cannot be read. */
export function admitAnalysts(door: AnalystDoor | undefined, store: KeyStore): void {
  door?.admit(ANALYSTS.read(store).analysts);
}
