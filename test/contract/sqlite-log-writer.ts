/**
 * A program that writes a log until it is killed: `node sqlite-log-writer.ts <folder> <round> [expiring]`.
 *
 * Prints `open`, then for each record that was acknowledged a line of its text; with `expiring`, an hour passes
 * every 20 ms and what is more than two hours old is expired all the time, each time after
 * the file `bounds` has got a line with the first hour that is not due.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { toEpochMs } from "../../schemas/ids.ts";

const [folder = "", round = "0", mode] = process.argv.slice(2);
const hourMs = 3_600_000;
const hourOfRound = 500_000 + Number(round) * 1_000;
const startedMs = performance.now();

function hourNow(): number {
  return mode === "expiring" ? hourOfRound + Math.floor((performance.now() - startedMs) / 20) : hourOfRound;
}

const clock = { nowMs: () => toEpochMs(hourNow() * hourMs) };
const log = await openSqliteLog({ folder, clock, role: "writer" });
process.stdout.write("open\n");

let count = 0;
async function appendForever(): Promise<never> {
  for (;;) {
    count += 1;
    const text = `${round}:${count}:${hourNow()}`;
    await log.append("events", [{ key: `key-${count % 7}`, value: Buffer.from(text.padEnd(200, ".")) }]);
    process.stdout.write(`${text}\n`);
  }
}

async function expireForever(): Promise<never> {
  for (;;) {
    await pause(5);
    const bound = hourNow() - 2;
    appendFileSync(join(folder, "bounds"), `${bound}\n`); // a file: what waits for the pipe is lost with the process
    await log.expire("events", toEpochMs(bound * hourMs));
  }
}

const loops: Promise<never>[] = Array.from({ length: 64 }, () => appendForever());
if (mode === "expiring") loops.push(expireForever());
await Promise.all(loops);
