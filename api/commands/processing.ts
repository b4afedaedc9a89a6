import type { ServiceCommand } from "../command.ts";
import { PROCESSING_FORMATS, toProcessingText } from "../processing/formats.ts";
import { readProcessing } from "../processing/record.ts";

/** `roebuck processing`: the records of processing activities, from the code and the settings in force. */
export const processingCommand: ServiceCommand = {
  name: "processing",
  summary: "Write the records of processing activities: what is kept, why, for how long, for whom (GDPR Art. 30).",
  prose: `Made from the code and the settings in force, for the organisation as controller (Art. 30(1)) and as processor of its
Partners (Art. 30(2)), with these and their Link Officers. The HTML page needs no network and prints on A4. What only you
know (transfers to third countries) is marked "to be filled in". ROEBUCK_ORGANISATION and ROEBUCK_PRIVACY_CONTACT name
you and your data protection contact.`,
  operands: [],
  flags: [
    { name: "format", value: "FORMAT", initial: "html", choices: PROCESSING_FORMATS, prose: "html, md or json." },
    { name: "output", short: "o", value: "FILE", prose: "Where to write. Default: standard output." },
  ],
  on: "service",
  async run(service, { flags }, io) {
    const format = PROCESSING_FORMATS.find((known) => known === flags.format) ?? "html";
    const record = await readProcessing(service, () => true);
    await io.bytes(Buffer.from(toProcessingText(record, format)));
    if (record.organisation === undefined) io.warn("ROEBUCK_ORGANISATION is not set: the page has a gap for its name.");
    if (record.contact === undefined)
      io.warn("ROEBUCK_PRIVACY_CONTACT is not set: the page has a gap for the data protection contact.");
    return 0;
  },
};
