import { RateLimit } from "../../ingest/limits.ts";
import type { Caller, KeyGate } from "../../ingest/parts.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Clock } from "../../schemas/ports.ts";
import { type Action, mayDo } from "../../schemas/roles.ts";
import type { Settings } from "../../schemas/settings.ts";
import type { KeyReader } from "../keys/key-reader.ts";
import { type Logger, toErrorFacts } from "../logger.ts";
import { type ApiKey, type ApiKeys, checkApiKey, parseAuthorization, reachesPartner } from "./api-key.ts";

/** What the gate is made of. */
export interface GateParts {
  readonly keys: Pick<KeyReader<ApiKeys>, "keysLater">;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "ratePerKey" | "ratePerAddress">;
  readonly logger: Logger;
  /** Notes that somebody whose key was right was turned away, where it can be noted. Never rejects. */
  noteRefused?(key: string, action: Action, code: string): Promise<void>;
}

/** Wrong keys from one address prefix in a minute before it is told to wait. */
const WRONG_KEYS_PER_MINUTE = 30;
/** How often the log says that wrong keys come, ms: a flood must not fill it. */
const TELL_MS = 60_000;
/** When a caller that met a key store without an answer should come again, seconds. */
const RETRY_AFTER_S = 5;

/**
 * Lets in who has a key for what they want to do.
 *
 * The cheapest refusal comes first: the address prefix's limit, the key's form, its hash (a microsecond), its own limit,
 * its role. Who sends wrong keys is told to wait after {@link WRONG_KEYS_PER_MINUTE}; a good key from the same prefix
 * goes on, since an office shares one.
 */
export function openGate(parts: GateParts): KeyGate {
  const { settings, logger } = parts;
  const addressLimit = new RateLimit(settings.ratePerAddress);
  const keyLimit = new RateLimit(settings.ratePerKey);
  const wrongLimit = new RateLimit(WRONG_KEYS_PER_MINUTE);
  const tellWrong = createTeller(logger);

  const refuse = async (key: ApiKey, action: Action, code: "key_invalid" | "key_expired" | "role_forbidden") => {
    logger.warn("an API key was refused", { key: key.id, action, code });
    await parts.noteRefused?.(key.id, action, code);
    return { refused: code } satisfies Refusal;
  };
  const readKeys = async (): Promise<ApiKeys | undefined> => {
    try {
      return await parts.keys.keysLater();
    } catch (error) {
      logger.error("cannot read the API keys; callers are told to come again", toErrorFacts(error));
      return undefined;
    }
  };

  return async ({ authorization, prefix }, action): Promise<Caller | Refusal> => {
    const nowMs = parts.clock.nowMs();
    const crowded = addressLimit.take(prefix, nowMs);
    if (crowded > 0) return { refused: "rate_limited", retryAfterS: crowded };
    if (authorization === undefined) return { refused: "key_missing" };
    const turnAway = (): Refusal => {
      tellWrong(nowMs);
      const waitS = wrongLimit.take(prefix, nowMs);
      return waitS > 0 ? { refused: "rate_limited", retryAfterS: waitS } : { refused: "key_invalid" };
    };
    const presented = parseAuthorization(authorization);
    if (presented === undefined) return turnAway();
    const keys = await readKeys();
    if (keys === undefined) return { refused: "keys_unavailable", retryAfterS: RETRY_AFTER_S };
    const { key, refused } = checkApiKey(keys, presented, nowMs);
    if (key === undefined) return turnAway();
    const busy = keyLimit.take(key.id, nowMs);
    if (busy > 0) return { refused: "rate_limited", retryAfterS: busy };
    if (refused !== undefined) return refuse(key, action, refused);
    if (!mayDo(key.roles, action)) return refuse(key, action, "role_forbidden");
    return {
      id: key.id,
      isLimited: key.partners !== null,
      reaches: (partner) => reachesPartner(key, partner),
      may: (other) => mayDo(key.roles, other),
    };
  };
}

/** Says in the log that wrong keys come, once a minute, with how many did since. */
function createTeller(logger: Logger): (nowMs: EpochMs) => void {
  let count = 0;
  let toldMs = toEpochMs(0);
  return (nowMs) => {
    count += 1;
    if (nowMs - toldMs < TELL_MS) return;
    logger.warn("wrong API keys were refused", { count });
    count = 0;
    toldMs = nowMs;
  };
}
