import { join } from "node:path";
import { parentPort } from "node:worker_threads";
import { parseRecord } from "../../reporting/records.ts";
import type { DrawJob, Drawn } from "./draw-job.ts";
import { putFile, toDigest } from "./put-file.ts";
import { toRecordFiles } from "./record-files.ts";

// The entry of a thread that draws records: a job comes as a message, its outcome goes back as one.
const parent = parentPort;
if (parent === null) throw new Error("Cannot draw records here: this module must be the entry of a thread");

async function draw({ partner, rows, month, format, folder, style }: DrawJob): Promise<Drawn> {
  try {
    const record = parseRecord(rows, month);
    if (record === undefined) return { problem: `${month} is not closed for it` };
    if (record.partner.id !== partner) return { problem: `what is stored for it belongs to "${record.partner.id}"` };
    const files = await toRecordFiles(record, format, style);
    for (const { name, bytes } of files) putFile(join(folder, name), bytes);
    return { files: files.map(({ name, bytes }) => ({ name, sha256: toDigest(bytes) })) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

parent.on("message", (job: DrawJob) => {
  void draw(job).then((drawn) => parent.postMessage(drawn));
});
