import { TRANSFORM_GROUP } from "../../transform/worker.ts";
import { isCluster } from "../cluster.ts";
import type { Service } from "../service.ts";
import { type Clones, dropClones, openClones } from "./clones.ts";
import { toKeyFingerprints } from "./fingerprints.ts";
import { toLogIdentity } from "./log-identity.ts";
import type { Manifest } from "./manifest.ts";

/** What a moment is taken of. */
export type MomentService = Pick<
  Service,
  "log" | "warehouse" | "settings" | "keyFiles" | "followed" | "pauseTransform"
>;

/** Tables, log, journal and keys as they fit together. */
export type Moment = Pick<Manifest, "log" | "journal" | "keys"> & { readonly clones: Clones };

/**
 * Takes everything that must fit together at one moment: nothing is stored meanwhile. Whoever has it disposes of the clones.
 *
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 */
export async function takeMoment(service: MomentService): Promise<Moment> {
  const { log, warehouse, settings, keyFiles, followed } = service;
  await dropClones(warehouse);
  await using pause = await service.pauseTransform();
  const positions = await log.positions("events", TRANSFORM_GROUP);
  const ends = await log.ends("events");
  await followed.caughtUp();
  const journal = followed.head();
  const keys = toKeyFingerprints(keyFiles.collectorKeys(), keyFiles.pseudonymKeys());
  const clones = await openClones(warehouse, isCluster(settings));
  return {
    clones,
    log: {
      id: toLogIdentity(settings),
      positions: toNamed(positions),
      ends: toNamed(ends),
      isPaused: pause.isPaused,
    },
    journal,
    keys,
  };
}

function toNamed(offsets: ReadonlyMap<number, number>): Record<string, number> {
  return Object.fromEntries([...offsets].map(([partition, offset]) => [String(partition), offset]));
}
