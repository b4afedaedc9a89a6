-- Tables of snapshots, in use or left by runs that were killed; their names say when they began.
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
