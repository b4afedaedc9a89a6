/**
 * A program that writes a log until it is killed: `node sqlite-log-writer.ts <folder> <round> [expiring|emptying]`.
 *
 * Prints `open`, then for each record that was acknowledged a line of its text; with `expiring`, an hour passes
 * every 20 ms and what is more than two hours old is expired all the time, each time after
 * the file `bounds` has got a line with the first hour that is not due. With `emptying`, every third record holds
 * `erase-me;` and is emptied all the time; each time after that the file `emptied` gets a line with the count up to
 * which all of them are.
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
const waiting = new Set<number>();
async function appendForever(): Promise<never> {
  for (;;) {
    count += 1;
    const number = count;
    const isMarked = mode === "emptying" && number % 3 === 0;
    const text = `${round}:${number}:${isMarked ? `erase-me;${round}.${number};` : hourNow()}`;
    waiting.add(number);
    await log.append("events", [{ key: `key-${number % 7}`, value: Buffer.from(text.padEnd(200, ".")) }]);
    waiting.delete(number);
    process.stdout.write(`${text}\n`);
  }
}

async function emptyForever(): Promise<never> {
  for (;;) {
    await pause(5);
    const upTo = Math.min(count + 1, ...waiting) - 1;
    await log.blank("events", ({ value }) => Buffer.from(value).includes("erase-me;"));
    appendFileSync(join(folder, "emptied"), `${upTo}\n`); // a file: what waits for the pipe is lost with the process
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
if (mode === "emptying") loops.push(emptyForever());
await Promise.all(loops);
