-- Partners on file, each as last imported.
SELECT id, name, peer_group, seats, toString(fee) AS fee, currency, zone, toString(contract_start) AS contract_start, toString(contract_end) AS contract_end
FROM partners FINAL
WHERE id != ''
ORDER BY id
