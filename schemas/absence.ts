/** Why a number of a record is `null`: the words that may stand in its place, as a sentence. */
export const ABSENCES = {
  withheld: "Withheld, because it describes too few people or would reveal a number that does.",
  key_rotation: "Not known: pseudonym keys changed in the 12 months before, which unlinks people on purpose.",
  not_counted: "Not counted by the release that closed the month.",
  no_seats: "No licensed seats are recorded.",
  no_fee: "No contract fee is recorded.",
  no_contract_dates: "The fee cannot be shared out: beginning or end of the contract is not recorded.",
  out_of_contract: "No day of the month is under the contract.",
  no_requests: "Nothing was used in full.",
  none_given: "No feedback was given.",
  no_group: "The Partner is in no peer group.",
  few_peers: "The peer group has too few other Partners with a record of the month.",
} as const;

/** The name of a reason. */
export type Absence = keyof typeof ABSENCES;

/** All names. */
export const ABSENCE_NAMES = Object.keys(ABSENCES) as readonly Absence[]; // keys of a constant object
