-- How many rows each Partner has between two instants (milliseconds, UTC), in any table that a close reads.
SELECT partner, sum(n) AS value
FROM
(
    SELECT partner, count() AS n FROM engagement
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner
    UNION ALL
    SELECT partner, count() FROM behaviour
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner
    UNION ALL
    SELECT partner, count() FROM feedback
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner
    UNION ALL
    SELECT partner, count() FROM attendance
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner
    UNION ALL
    SELECT partner, count() FROM drops
    WHERE at >= fromUnixTimestamp64Milli({first_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({last_ms:Int64}, 'UTC')
    GROUP BY partner
)
WHERE partner != ''
GROUP BY partner
