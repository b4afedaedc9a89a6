-- days_with_data: local days of the month with anything acknowledged for the Partner, whatever became of it.
-- Source: Roebuck.
SELECT partner_no, uniqExact(day) AS value
FROM
(
    SELECT partner_no, toUInt8(intDiv(slot, 24)) AS day FROM {actions:Identifier} WHERE in_month
    UNION ALL
    SELECT partner_no, day FROM {held:Identifier}
)
GROUP BY partner_no
