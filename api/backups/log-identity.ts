import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../schemas/settings.ts";
import { toLogFolder } from "../folders.ts";
import { isShared } from "../open-log.ts";
import { writeDurably } from "./folder.ts";

/** Tells one log from another, so that positions in one are never taken for positions in the other. Made at the first use. */
export function toLogIdentity(settings: Settings): string {
  if (isShared(settings)) {
    const brokers = settings.kafkaBrokers
      .split(/[\s,]+/)
      .filter(Boolean)
      .toSorted();
    const text = JSON.stringify([brokers, settings.kafkaTopicPrefix]);
    return `kafka ${createHash("sha256").update(text).digest("base64url").slice(0, 22)}`;
  }
  const folder = toLogFolder(settings);
  const file = join(folder, "identity");
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeDurably(file, `sqlite ${randomUUID()}`);
  }
  return readFileSync(file, "utf8").trim();
}
