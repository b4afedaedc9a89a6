// What clickhouse-go over HTTP through database/sql, as Grafana has it, sees of the analysts' door: a JSON line for each way of connecting.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"sort"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

type seen struct {
	Way     string   `json:"way"`
	Views   []string `json:"views"`
	Rows    []string `json:"rows"`
	Bound   uint64   `json:"bound"`
	Many    uint64   `json:"many"`
	Sum     uint64   `json:"sum"`
	Refused string   `json:"refused"`
}

type way struct {
	name        string
	compression *clickhouse.Compression
	settings    clickhouse.Settings
}

func main() {
	ways := []way{
		{"as it comes", nil, nil},
		{"without compression", &clickhouse.Compression{Method: clickhouse.CompressionNone}, nil},
		{"lz4", &clickhouse.Compression{Method: clickhouse.CompressionLZ4}, nil},
		{"gzip", &clickhouse.Compression{Method: clickhouse.CompressionGZIP, Level: 1}, nil},
		{"with settings", nil, clickhouse.Settings{"max_execution_time": 30}},
	}
	for _, one := range ways {
		line, err := json.Marshal(look(one))
		check(err)
		fmt.Println(string(line))
	}
}

func look(one way) seen {
	connection := clickhouse.OpenDB(&clickhouse.Options{
		Addr:        []string{"127.0.0.1:" + os.Getenv("DRIVER_PORT")},
		Protocol:    clickhouse.HTTP,
		Auth:        clickhouse.Auth{Database: "default", Username: os.Getenv("DRIVER_USER"), Password: os.Getenv("DRIVER_PASSWORD")},
		Compression: one.compression,
		Settings:    one.settings,
		DialTimeout: 60 * time.Second,
	})
	defer connection.Close()
	ctx := context.Background()
	check(connection.PingContext(ctx))
	found := seen{Way: one.name, Refused: "answered", Rows: []string{}}
	views, err := connection.QueryContext(ctx, "SHOW TABLES")
	check(err)
	for views.Next() {
		var name string
		check(views.Scan(&name))
		found.Views = append(found.Views, name)
	}
	sort.Strings(found.Views)
	rows, err := connection.QueryContext(ctx, "SELECT day, path, full FROM engagement_v1 ORDER BY at")
	check(err)
	for rows.Next() {
		var day time.Time
		var path string
		var full uint8
		check(rows.Scan(&day, &path, &full))
		found.Rows = append(found.Rows, fmt.Sprintf("%s|%s|%d", day.Format("2006-01-02"), path, full))
	}
	many, err := connection.QueryContext(ctx, "SELECT number, repeat('x', 100) FROM numbers(200000)")
	check(err)
	for ; many.Next(); found.Many++ {
		var number uint64
		var text string
		check(many.Scan(&number, &text))
		found.Sum += number
	}
	check(many.Err())
	check(connection.QueryRowContext(ctx, "SELECT count() FROM engagement_v1 WHERE partner = ?", "o'hara").Scan(&found.Bound))
	var refusal *clickhouse.Exception
	if _, err := connection.ExecContext(ctx, "SELECT * FROM audit"); errors.As(err, &refusal) {
		found.Refused = fmt.Sprint(refusal.Code)
	} else if err != nil {
		found.Refused = err.Error()
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
