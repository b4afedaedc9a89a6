-- visits: runs of counted actions of one person with no gap over {visit_gap_ms}. A run is not cut at midnight and
-- belongs to the month of its first action, that is, of an action that follows a longer gap. So the 30 minutes
-- before the month are enough to tell, however long a run is.
-- Each action is written as twice its time, plus 1 if it lies in the month.
-- Source: Roebuck (web-analytics custom).
SELECT partner_no, sum(starts) AS value
FROM
(
    SELECT
        partner_no,
        arraySort(groupArray(at_ms * 2 + in_month)) AS run,
        arrayCount(
            (this, before) -> this % 2 = 1 AND intDiv(this, 2) - intDiv(before, 2) > {visit_gap_ms:Int64},
            run,
            arrayPushFront(arrayPopBack(run), toInt64(-1e15))
        ) AS starts
    FROM {actions:Identifier}
    WHERE NOT double_click AND person_no != 0
    GROUP BY partner_no, person_no
)
GROUP BY partner_no
