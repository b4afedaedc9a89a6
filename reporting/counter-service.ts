import type { Month } from "../schemas/ids.ts";
import { COUNTER_REPORTS, type CounterPlatform, type CounterReportId } from "./counter.ts";
import {
  COUNTER_EXCEPTIONS,
  type CounterException,
  type CounterExceptionName,
  toCounterException,
} from "./counter-exceptions.ts";

/** What access control found out about the caller, who is known by `requestor_id` and `api_key`. */
export type CounterStanding = "granted" | "too_many_requests" | "requestor_unknown" | "not_authorised" | "key_invalid";

/** What `/status` says of the service. */
export interface CounterStatus {
  readonly Description: string;
  readonly Service_Active: boolean;
  readonly Registry_Record?: string;
}

/** One report of the list of reports. */
export interface CounterReportEntry {
  readonly Report_Name: string;
  readonly Report_ID: CounterReportId;
  readonly Release: "5.1";
  readonly Report_Description: string;
  readonly Path: string;
  /** yyyy-mm; absent where no month is closed. */
  readonly First_Month_Available?: string;
  readonly Last_Month_Available?: string;
}

/** One institution whose usage a requestor may ask for. */
export interface CounterMember {
  readonly Customer_ID: string;
  readonly Requestor_ID: string;
  readonly Name: string;
  readonly Institution_ID: { readonly Proprietary: readonly string[] };
}

const DESCRIPTIONS: Readonly<Record<CounterReportId, string>> = {
  PR: "Use of the whole platform, summed by metric and kind of content.",
  IR: "Use of each resource.",
};

/** The answer to `/status`. Pure. @see COUNTER 5.1, 8.1 */
export function toCounterStatus(platform: CounterPlatform): readonly CounterStatus[] {
  const registry = platform.registry === "" ? {} : { Registry_Record: platform.registry };
  return [{ Description: `COUNTER 5.1 reports of ${platform.name}`, Service_Active: true, ...registry }];
}

/** The answer to `/reports`. Pure. @param months that are closed for the institution, in any order */
export function toCounterReportList(months: readonly Month[]): readonly CounterReportEntry[] {
  const sorted = months.toSorted();
  const [first] = sorted;
  const last = sorted.at(-1);
  return (Object.keys(COUNTER_REPORTS) as CounterReportId[]).map((id) => ({
    // keys of a constant object
    Report_Name: COUNTER_REPORTS[id],
    Report_ID: id,
    Release: "5.1",
    Report_Description: DESCRIPTIONS[id],
    Path: `/r51/reports/${id.toLowerCase()}`,
    ...(first === undefined || last === undefined ? {} : { First_Month_Available: first, Last_Month_Available: last }),
  }));
}

/** The answer to `/members`. Pure. */
export function toCounterMembers(
  requestor: string,
  platform: CounterPlatform,
  institutions: readonly { readonly id: string; readonly name: string }[],
): readonly CounterMember[] {
  return institutions.map(({ id, name }) => ({
    Customer_ID: id,
    Requestor_ID: requestor,
    Name: name,
    Institution_ID: { Proprietary: [`${platform.id}:${id}`] },
  }));
}

/** A request that has no report for an answer. */
export interface CounterRefusal {
  readonly status: number;
  readonly body: CounterException;
}

/** The refusal of a name. Pure. */
export function toCounterRefusal(name: CounterExceptionName, detail?: string): CounterRefusal {
  return { status: COUNTER_EXCEPTIONS[name].status, body: toCounterException(name, detail) };
}

/** Why a caller is not answered, by what they sent and how they stand; `undefined` if they are. Pure. @see COUNTER 5.1, Appendix D */
export function refuseCounterCaller(
  query: URLSearchParams,
  required: readonly string[],
  standing: CounterStanding,
): CounterRefusal | undefined {
  if (standing === "too_many_requests") return toCounterRefusal("too_many_requests");
  const missing = required.filter((name) => (query.get(name) ?? "") === "");
  if (missing.length > 0) return toCounterRefusal("insufficient", `missing: ${missing.join(", ")}`);
  return standing === "granted" ? undefined : toCounterRefusal(standing);
}
