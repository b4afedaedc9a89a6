#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// The command `roebuck`. There is no build step, so what the first start makes of the sources is kept for the next.
enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/roebuck", import.meta.url)));
const { CommandError, UsageError } = await import("./command-io.ts");
const { runCommandLine } = await import("./command-line.ts");

try {
  process.exitCode = await runCommandLine(process.argv.slice(2));
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  const isKnown = error instanceof UsageError || error instanceof CommandError;
  if (!isKnown && process.env.NODE_DEBUG?.includes("roebuck")) console.error(error);
}
// Whatever still holds the event loop (an idle socket, a timer) is nothing that must be finished.
setTimeout(() => process.exit(), 5_000).unref();
