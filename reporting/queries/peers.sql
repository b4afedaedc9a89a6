-- What each Partner with a record of {month} brings into the band of its peer group, from its latest version.
-- Source: Roebuck.
SELECT
    partner,
    JSONExtractString(latest, 'partner', 'group') AS group,
    JSONExtract(latest, 'partner', 'seats', 'Nullable(UInt32)') AS seats,
    JSONExtract(latest, 'figures', 'Unique_Item_Requests', 'UInt32') AS Unique_Item_Requests,
    JSONExtract(latest, 'figures', 'active_people', 'UInt32') AS active_people
FROM (SELECT partner, argMax(body, version) AS latest FROM records WHERE month = {month:String} GROUP BY partner)
