import type { Command } from "./command.ts";
import { analystsCommands } from "./commands/analysts.ts";
import { apiCommand } from "./commands/api.ts";
import { apiKeysCommands } from "./commands/api-keys.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand } from "./commands/backup.ts";
import { backupsCommands } from "./commands/backups.ts";
import { breachCommand } from "./commands/breach.ts";
import { checkCommand } from "./commands/check.ts";
import { clocksCommand } from "./commands/clocks.ts";
import { closeCommand } from "./commands/close.ts";
import { collectorCommand } from "./commands/collector.ts";
import { counterCommand } from "./commands/counter.ts";
import { deliverCommand } from "./commands/deliver.ts";
import { demoCommand } from "./commands/demo.ts";
import { exportCommand } from "./commands/export.ts";
import { exportsListCommand } from "./commands/exports-list.ts";
import { holdListCommand, holdReleaseCommand, holdSetCommand } from "./commands/hold.ts";
import { importAttendanceCommand } from "./commands/import-attendance.ts";
import { importEventsCommand } from "./commands/import-events.ts";
import { importFeedbackCommand } from "./commands/import-feedback.ts";
import { importAccessLogCommand, importMatomoCommand } from "./commands/import-history.ts";
import { initCommand } from "./commands/init.ts";
import { instructionCommands } from "./commands/instruction.ts";
import { keysCommands } from "./commands/keys.ts";
import { operatorsCommands } from "./commands/operators.ts";
import { partnersExportCommand } from "./commands/partners-export.ts";
import { partnersImportCommand } from "./commands/partners-import.ts";
import { processingCommand } from "./commands/processing.ts";
import { purgeCommand } from "./commands/purge.ts";
import { recordCommand, recordSchemaCommand } from "./commands/record.ts";
import { recordsCommand } from "./commands/records.ts";
import { reporterCommand } from "./commands/reporter.ts";
import { requestsCommands } from "./commands/requests.ts";
import { restoreCommand } from "./commands/restore.ts";
import { runsCommand } from "./commands/runs.ts";
import { serveCommand } from "./commands/serve.ts";
import { settingsCommand } from "./commands/settings.ts";
import { snippetCommand } from "./commands/snippet.ts";
import { sqlCommand } from "./commands/sql.ts";
import { subjectCommands } from "./commands/subject.ts";
import { tokenMintCommand } from "./commands/token-mint.ts";
import { transformCommand } from "./commands/transform.ts";

/** Every command, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  serveCommand,
  collectorCommand,
  transformCommand,
  reporterCommand,
  apiCommand,
  initCommand,
  demoCommand,
  partnersImportCommand,
  partnersExportCommand,
  importEventsCommand,
  importAttendanceCommand,
  importFeedbackCommand,
  importMatomoCommand,
  importAccessLogCommand,
  closeCommand,
  recordCommand,
  recordSchemaCommand,
  recordsCommand,
  counterCommand,
  deliverCommand,
  runsCommand,
  purgeCommand,
  clocksCommand,
  holdSetCommand,
  holdReleaseCommand,
  holdListCommand,
  backupCommand,
  ...backupsCommands,
  restoreCommand,
  breachCommand,
  exportsListCommand,
  processingCommand,
  ...subjectCommands,
  ...requestsCommands,
  ...instructionCommands,
  ...keysCommands,
  ...operatorsCommands,
  auditCommand,
  ...apiKeysCommands,
  ...analystsCommands,
  exportCommand,
  sqlCommand,
  snippetCommand,
  tokenMintCommand,
  settingsCommand,
  checkCommand,
];
