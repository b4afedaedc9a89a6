/** What keys are kept under: each can be given to the process that needs it, and to no other. `access`: hashes of API keys; `analysts`: of passwords for the views. */
export type KeyName = "collector" | "pseudonym" | "backup" | "operators" | "access" | "analysts";

/** How a key is replaced. */
export interface WriteOptions {
  /** Overwrites what stood before, where the store can: for keys that are destroyed. */
  readonly shred?: boolean;
}

/** Where keys are kept, apart from both stores. What is held is never logged and never part of a message. */
export interface KeyStore {
  /** How long an answer may serve before it is looked at again, ms. A revocation must hold within 60 s. */
  readonly freshMs: number;
  /** The file of a key, where keys are files. */
  file?(name: KeyName): string;
  /** Where a key lies, for messages. */
  place(name: KeyName): string;
  /** Changes whenever the key does; `undefined` if the store cannot tell without reading it. */
  mark(name: KeyName): string | undefined;
  /** The key's bytes, `undefined` if there is none. Throws CommandError if it cannot be had, or others could read it. */
  read(name: KeyName): Uint8Array | undefined;
  /** The same without holding up the process meanwhile. */
  readLater(name: KeyName): Promise<Uint8Array | undefined>;
  /** Writes a key unless there is one. Durable when it returns. */
  create(name: KeyName, bytes: Uint8Array): void;
  /** Replaces a key as a whole. Durable when it returns. Throws CommandError. */
  write(name: KeyName, bytes: Uint8Array, options?: WriteOptions): void;
  /** Runs a change of a key while no other process of this machine changes it, where the store can tell. */
  alone<T>(name: KeyName, act: () => T): T;
}
