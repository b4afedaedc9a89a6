-- top_resources: the {rows_max} resources of each Partner with most unique requests; ties by the other counts, then
-- by id, so that the order is stable. all_rows says how many resources the Partner used.
-- Source: COUNTER 5.1, 3.3, 7.2 and 7.3, as the totals.
WITH used AS
(
    SELECT
        partner, resource, unique_requests, total_requests, unique_investigations, total_investigations,
        finalizeAggregation(people) AS people,
        count() OVER (PARTITION BY partner) AS all_rows
    FROM {uses:Identifier}
    ORDER BY partner, unique_requests DESC, total_requests DESC, unique_investigations DESC, total_investigations DESC, resource
    LIMIT {rows_max:UInt32} BY partner
)
SELECT
    used.partner AS partner, used.resource AS id, named.latest_title AS title, named.latest_type AS type,
    unique_requests, total_requests, unique_investigations, total_investigations, people, all_rows
FROM used
LEFT JOIN
(
    SELECT partner, id, argMax(title, (at, title, type)) AS latest_title, argMax(type, (at, title, type)) AS latest_type
    FROM resources
    WHERE kind = 'resource' AND partner IN (SELECT partner FROM {partners:Identifier})
    GROUP BY partner, id
) AS named ON used.partner = named.partner AND used.resource = named.id
ORDER BY partner, unique_requests DESC, total_requests DESC, unique_investigations DESC, total_investigations DESC, id
