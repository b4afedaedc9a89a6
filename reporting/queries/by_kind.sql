-- by_kind: use by kind of resource, the kind being the latest that the site gave with the resource; empty if none.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals.
SELECT
    used.partner AS partner,
    named.latest_type AS id,
    sum(unique_requests) AS unique_requests,
    sum(total_requests) AS total_requests,
    sum(unique_investigations) AS unique_investigations,
    sum(total_investigations) AS total_investigations,
    uniqExactIfMerge(people) AS people
FROM {uses:Identifier} AS used
LEFT JOIN
(
    SELECT partner, id, argMax(type, (at, title, type)) AS latest_type
    FROM resources
    WHERE kind = 'resource' AND partner IN (SELECT partner FROM {partners:Identifier})
    GROUP BY partner, id
) AS named ON used.partner = named.partner AND used.resource = named.id
GROUP BY partner, id
ORDER BY partner, unique_requests DESC, total_requests DESC, unique_investigations DESC, total_investigations DESC, id
