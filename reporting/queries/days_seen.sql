-- UTC days between two instants (milliseconds) on which anything was acknowledged for any Partner.
SELECT DISTINCT toString(day) AS day
FROM
(
    SELECT DISTINCT toDate(at) AS day FROM engagement
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT DISTINCT toDate(at) FROM behaviour
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT DISTINCT toDate(at) FROM feedback
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT DISTINCT toDate(at) FROM attendance
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    UNION ALL
    SELECT DISTINCT toDate(at) FROM drops
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
)
ORDER BY day
