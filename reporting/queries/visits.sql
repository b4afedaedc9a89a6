-- visits: runs of counted actions of one person with no gap over {visit_gap_ms}. A run is not cut at midnight and
-- belongs to the month of its first action, that is, of the action that follows a longer gap. The 30 minutes
-- before the month are enough to tell.
-- Source: Roebuck (web-analytics custom).
SELECT partner, sum(starts) AS value
FROM
(
    SELECT
        partner,
        arraySort(groupArray((at_ms, in_month))) AS run,
        arrayCount(
            (this, before) -> this.2 AND this.1 - before.1 > {visit_gap_ms:Int64},
            run,
            arrayPushFront(arrayPopBack(run), (toInt64(-1e15), 0))
        ) AS starts
    FROM {actions:Identifier}
    WHERE NOT double_click AND pseudonym != toFixedString('', 16)
    GROUP BY partner, pseudonym
)
GROUP BY partner
HAVING value > 0
