import type { z } from "zod";
import { CommandError } from "../command-io.ts";
import type { KeyName, KeyStore } from "./key-store.ts";

/** A list of its own in the key store: who may confirm, which API keys there are. */
export interface ListFile<Content> {
  /** As it is now; the empty list if there is none yet. Throws CommandError if it cannot be read. */
  read(store: KeyStore): Content;
  /** Reads the bytes of one; `undefined`: there is none yet. Throws CommandError. */
  parse(store: KeyStore, bytes: Uint8Array | undefined): Content;
  /** Writes what `change` makes of it, while no other process does. Throws CommandError. */
  change(store: KeyStore, change: (content: Content) => Content): void;
}

/**
 * Describes a list of the key store.
 *
 * @param list.what as in "it is not a list of API keys"
 * @param list.each as in "add every key again"
 * @param list.toEmpty what stands for a file that is not there
 */
export function toListFile<Content>(list: {
  readonly name: KeyName;
  readonly shape: z.ZodType<Content>;
  readonly what: string;
  readonly each: string;
  toEmpty(): Content;
}): ListFile<Content> {
  const parse = (store: KeyStore, bytes: Uint8Array | undefined): Content => {
    if (bytes === undefined) return list.toEmpty();
    const parsed = list.shape.safeParse(parseJson(bytes));
    if (parsed.success) return parsed.data;
    throw new CommandError(
      `Cannot use ${store.place(list.name)}: it is not a list of ${list.what}. Restore it from its backup, or remove it and add every ${list.each} again.`,
    );
  };
  const read = (store: KeyStore) => parse(store, store.read(list.name));
  return {
    read,
    parse,
    change(store, change) {
      store.alone(list.name, () => {
        store.write(list.name, Buffer.from(`${JSON.stringify(change(read(store)), null, 2)}\n`));
      });
    },
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined; // the parser's message would quote the file
  }
}
