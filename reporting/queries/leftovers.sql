-- Tables of snapshots whose run must have died: older than {seconds}.
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
  AND metadata_modification_time < now() - toIntervalSecond({seconds:UInt32})
