-- departments: active people, each in the last department that was given for them (steps/persons), their unique requests and all
-- that they did. The most people first.
-- Source: Roebuck; unique requests: COUNTER 5.1, 3.3 and 7.3.
SELECT partner_no, dept, count() AS people, sum(unique_requests) AS unique_requests, sum(actions) AS actions
FROM {persons:Identifier} AS person
LEFT JOIN
(
    SELECT partner_no, person_no, count() AS unique_requests
    FROM {uses:Identifier}
    WHERE requests > 0
    GROUP BY partner_no, person_no
) AS requested ON person.partner_no = requested.partner_no AND person.person_no = requested.person_no
GROUP BY partner_no, dept
ORDER BY partner_no, people DESC, unique_requests DESC, actions DESC, dept
