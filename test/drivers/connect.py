"""What Python's clickhouse-connect sees of the analysts' door, a JSON line for each way of connecting."""

import json
import os

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

WAYS = {
    "as it comes": {},
    "without compression": {"compress": False},
    "lz4": {"compress": "lz4"},
    "zstd": {"compress": "zstd"},
    "gzip": {"compress": "gzip"},
    "with a session": {"session_id": "one-of-an-analyst"},
    "with settings": {"settings": {"max_execution_time": 30, "max_threads": 1}},
}


def refused(client, sql):
    try:
        client.query(sql)
    except DatabaseError as error:
        return "497" if "497" in str(error) else str(error)
    return "answered"


for way, options in WAYS.items():
    client = clickhouse_connect.get_client(
        host="127.0.0.1",
        port=int(os.environ["DRIVER_PORT"]),
        username=os.environ["DRIVER_USER"],
        password=os.environ["DRIVER_PASSWORD"],
        **options,
    )
    seen = client.query("SELECT day, path, full FROM engagement_v1 ORDER BY at").result_rows
    many = client.query("SELECT number, repeat('x', 100) FROM numbers(200000)").result_rows
    bound = client.query(
        "SELECT count() FROM engagement_v1 WHERE partner = {partner:String}", parameters={"partner": "o'hara"}
    )
    print(
        json.dumps(
            {
                "way": way,
                "views": sorted(row[0] for row in client.query("SHOW TABLES").result_rows),
                "rows": ["|".join(map(str, row)) for row in seen],
                "bound": bound.result_rows[0][0],
                "many": len(many),
                "sum": sum(row[0] for row in many),
                "refused": refused(client, "SELECT * FROM audit"),
            }
        )
    )
    client.close()
