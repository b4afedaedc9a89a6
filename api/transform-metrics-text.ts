import type { TransformMetrics } from "../transform/metrics.ts";

/** The transform's counts in Prometheus text. Labels are words of our own lists. */
export function toMetricsText(metrics: TransformMetrics, running: boolean): string {
  const lines = [
    "# HELP roebuck_transform_running 1 while the transform runs.",
    "# TYPE roebuck_transform_running gauge",
    `roebuck_transform_running ${running ? 1 : 0}`,
    "# HELP roebuck_transform_lag_records Records on the log that are not stored yet.",
    "# TYPE roebuck_transform_lag_records gauge",
    `roebuck_transform_lag_records ${metrics.lag}`,
    "# HELP roebuck_transform_failing Tries that failed since the last success.",
    "# TYPE roebuck_transform_failing gauge",
    `roebuck_transform_failing ${metrics.failing}`,
    "# HELP roebuck_transform_events_total Events that the transform has read.",
    "# TYPE roebuck_transform_events_total counter",
    `roebuck_transform_events_total ${metrics.events}`,
    "# HELP roebuck_transform_quarantined_total Records that could not be read.",
    "# TYPE roebuck_transform_quarantined_total counter",
    `roebuck_transform_quarantined_total ${metrics.quarantined}`,
    "# HELP roebuck_transform_dropped_total Events that were not stored, by reason.",
    "# TYPE roebuck_transform_dropped_total counter",
    ...Object.entries(metrics.dropped).map(
      ([reason, count]) => `roebuck_transform_dropped_total{reason="${reason}"} ${count}`,
    ),
    "# HELP roebuck_transform_rows_total Rows that were stored, by table.",
    "# TYPE roebuck_transform_rows_total counter",
    ...Object.entries(metrics.rows).map(([table, count]) => `roebuck_transform_rows_total{table="${table}"} ${count}`),
  ];
  return `${lines.join("\n")}\n`;
}
