import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { CommandError, type CommandIo } from "./command-io.ts";

const BAR_WIDTH = 24;
/** How often progress is told where there is no terminal to draw a bar on. */
const TELL_MS = 2_000;

/** A command's io on this process's own terminal. `finish` puts the output file in place; without it nothing is left behind. */
export interface Terminal extends CommandIo {
  /** Ends the progress line and, if `keep`, moves what was written to the output file's place. */
  finish(keep: boolean): void;
}

/** The account name of whoever runs this process; `uid 1000` where the machine knows no name. */
function toActor(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/**
 * Writes a command's lines, bytes and progress to this terminal.
 *
 * @param outputFile where bytes go; absent: standard output
 * @throws CommandError if the output file's folder cannot be written
 */
export function openTerminal(outputFile: string | undefined, signal: AbortSignal): Terminal {
  const output = outputFile === undefined ? undefined : openOutput(outputFile);
  const bar = createBar();
  return {
    actor: toActor(),
    signal,
    line(text) {
      bar.clear();
      process.stdout.write(`${text}\n`);
    },
    warn(text) {
      bar.clear();
      process.stderr.write(`${text}\n`);
    },
    async bytes(chunk) {
      bar.clear();
      if (output !== undefined) output.write(chunk);
      else if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
    },
    progress: bar.draw,
    finish(keep) {
      bar.clear();
      output?.finish(keep);
    },
  };
}

function createBar(): { draw(label: string, done: number, total: number): void; clear(): void } {
  const terminal = process.stderr.isTTY === true;
  let drawn = false;
  let toldMs = performance.now();
  return {
    draw(label, done, total) {
      const part = total === 0 ? 1 : Math.min(1, done / total);
      const text = `${label}  ${done.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")}`;
      if (terminal) {
        const full = Math.round(part * BAR_WIDTH);
        process.stderr.write(`\r\u001B[K[${"#".repeat(full)}${".".repeat(BAR_WIDTH - full)}] ${text}`);
        drawn = true;
      } else if (performance.now() - toldMs > TELL_MS) {
        process.stderr.write(`${text}\n`);
        toldMs = performance.now();
      }
    },
    clear() {
      if (drawn) process.stderr.write("\r\u001B[K");
      drawn = false;
    },
  };
}

function openOutput(file: string): { write(chunk: Uint8Array): void; finish(keep: boolean): void } {
  const temporary = join(dirname(file), `.${randomBytes(6).toString("hex")}.roebuck`);
  let handle: number;
  try {
    handle = openSync(temporary, "wx", 0o600);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "it cannot be opened";
    throw new CommandError(`Cannot write "${file}": ${code}. Name a folder that exists and can be written.`);
  }
  return {
    write(chunk) {
      let written = 0;
      while (written < chunk.length) written += writeSync(handle, chunk, written);
    },
    finish(keep) {
      if (keep) fsyncSync(handle);
      closeSync(handle);
      if (keep) renameSync(temporary, file);
      else rmSync(temporary, { force: true });
    },
  };
}
