import type { Mailer } from "../../schemas/ports.ts";
import type { ApiKeys } from "../access/api-key.ts";
import type { HouseStyle } from "../house-style.ts";
import type { KeyReader } from "../keys/key-reader.ts";
import type { Service } from "../service.ts";
import type { PortalAssets } from "./assets.ts";
import type { PortalBase } from "./portal-base.ts";
import type { PortalFile } from "./portal-file.ts";

/** What the portal acts on. */
export type PortalService = Pick<
  Service,
  | "settings"
  | "clock"
  | "warehouse"
  | "log"
  | "keyFiles"
  | "journal"
  | "decide"
  | "drain"
  | "logger"
  | "checks"
  | "backlog"
  | "storedUntilMs"
>;

/** What the portal is made of. */
export interface PortalParts {
  readonly service: PortalService;
  readonly file: PortalFile;
  readonly mailer: Pick<Mailer, "send">;
  readonly base: PortalBase;
  readonly style: HouseStyle;
  readonly assets: PortalAssets;
  /** Operators sign in with an API key. */
  readonly apiKeys: Pick<KeyReader<ApiKeys>, "keysLater">;
  /** Sign-ins of any kind that one address prefix may try in a minute. */
  readonly triesPerMinute: number;
}
