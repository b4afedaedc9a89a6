-- Step 0 of a close: the Partners that are counted, with the borders of the month, the same month's
-- beginning a year before, and the offsets from UTC that
-- hold around it in their zones. Filled by the caller, which knows zones; all times in milliseconds.
CREATE OR REPLACE TABLE {partners:Identifier}
(
    partner_no UInt32,
    partner String,
    earlier_ms Int64,
    begin_ms Int64,
    end_ms Int64,
    begin_wall_ms Int64,
    offsets_from_ms Array(Int64),
    offsets_ms Array(Int64)
)
ENGINE = Memory
