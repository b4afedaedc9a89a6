-- how_counted: every event id acknowledged for the Partner in the month, once, by what became of it.
-- place: engagement (counted) or double_click, behaviour, feedback, attendance (counted as engagement; two of one
-- person are two events, never a double-click), dropped (with its reason).
-- Source: Roebuck.
SELECT partner_no, if(double_click, 'double_click', 'engagement') AS place, '' AS reason, count() AS value
FROM {actions:Identifier}
WHERE in_month
GROUP BY partner_no, place
UNION ALL
SELECT partner_no, ['behaviour', 'feedback', 'attendance', 'dropped'][rank - 1] AS place, reason, count() AS value
FROM {held:Identifier}
GROUP BY partner_no, place, reason
