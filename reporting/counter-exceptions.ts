/**
 * Exceptions of the COUNTER API that Roebuck answers with: code, HTTP status, and the message, which must be exactly
 * the Code's. Those with status 200 stand in the header of a report.
 *
 * @see COUNTER 5.1, Appendix D, Table D.1
 */
export const COUNTER_EXCEPTIONS = {
  classified_less: { code: 1, status: 200, message: "Data types that describe few people are reported as Unspecified" },
  service_unavailable: { code: 1000, status: 503, message: "Service Not Available" },
  too_many_requests: { code: 1020, status: 429, message: "Client has made too many requests" },
  insufficient: { code: 1030, status: 400, message: "Insufficient Information to Process Request" },
  requestor_unknown: { code: 2000, status: 401, message: "Requestor Not Authorized to Access Service" },
  not_authorised: { code: 2010, status: 403, message: "Requestor is Not Authorized to Access Usage for Institution" },
  key_invalid: { code: 2020, status: 401, message: "APIKey Invalid" },
  dates_invalid: { code: 3020, status: 400, message: "Invalid Date Arguments" },
  no_usage: { code: 3030, status: 200, message: "No Usage Available for Requested Dates" },
  not_ready: { code: 3031, status: 200, message: "Usage Not Ready for Requested Dates" },
  no_longer_available: { code: 3032, status: 200, message: "Usage No Longer Available for Requested Dates" },
  partial: { code: 3040, status: 200, message: "Partial Data Returned" },
  parameter_unknown: { code: 3050, status: 200, message: "Parameter Not Recognized in this Context" },
  attribute_invalid: { code: 3062, status: 200, message: "Invalid ReportAttribute Value" },
  filter_invalid: { code: 3060, status: 200, message: "Invalid ReportFilter Value" },
} as const satisfies Record<string, { readonly code: number; readonly status: number; readonly message: string }>;

/** The name of an exception. */
export type CounterExceptionName = keyof typeof COUNTER_EXCEPTIONS;

/** An exception as it stands in an answer or in the header of a report. */
export interface CounterException {
  readonly Code: number;
  readonly Message: string;
  readonly Data?: string;
}

/** The exception of a name; `detail` says what is particular, and names no person. */
export function toCounterException(name: CounterExceptionName, detail?: string): CounterException {
  const { code, message } = COUNTER_EXCEPTIONS[name];
  return { Code: code, Message: message, ...(detail === undefined ? {} : { Data: detail }) };
}
