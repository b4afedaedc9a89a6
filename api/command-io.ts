/** Where a command's words and bytes go, so that it runs the same here and inside the running service. */
export interface CommandIo {
  /** One line for people, on standard output. */
  line(text: string): void;
  /** One line about what goes wrong or must be known, on standard error. */
  warn(text: string): void;
  /** Result bytes: to the file of `-o`, or to standard output. Resolves when taken. */
  bytes(chunk: Uint8Array): Promise<void>;
  /** How far a long task is; drawn as a bar where there is a terminal. */
  progress(label: string, done: number, total: number): void;
  /** Who gives the command: the account name on this machine. For the audit trail. */
  readonly actor: string;
  /** Aborted when the user gives up. */
  readonly signal: AbortSignal;
}

/** The command line was wrong: exit code 2, with what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something that the user asked for cannot be done as things are: exit code 1, without a stack. The message names the action, the value and the remedy. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
