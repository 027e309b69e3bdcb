#!/usr/bin/env bash
# Times this toolkit beside polars and DuckDB on the same two tables, flow tuples and IP pairs with their empty bins, of the
# same generated CSV, and checks that all make the same: rows, samples and sums.
#
#     bench/compare_extract.sh [RECORDS [REPEATS [FOLDER]]]
#
# Ours is the whole command: reading, hashing, making the tables, sorting them by key, writing them as Arrow files and syncing
# these. Theirs is reading and grouping into memory, nothing sorted or written; and, once more, with the tables sorted by key and
# written (polars as Arrow, DuckDB as Parquet packed by LZ4), not synced. Ours keeps runs of empty bins as weighted rows,
# theirs one by one. The best of REPEATS runs of each; it makes its own Python environment in FOLDER (default: a temporary one).
set -euo pipefail
cd "$(dirname "$0")/.."
records=${1:-1400000} repeats=${2:-3} folder=${3:-$(mktemp -d)}
mkdir -p "$folder"
if [ ! -x "$folder/venv/bin/python" ]; then
	python3 -m venv "$folder/venv"
	"$folder/venv/bin/pip" install --quiet polars==2.1.0 duckdb==2.0.1 pyarrow
fi
go build -o "$folder/toolkit" ./cmd/toolkit
flows="$folder/flows-$records.csv"
[ -e "$flows" ] || "$folder/toolkit" datasets synth --quiet --records "$records" -o "$flows"
"$folder/venv/bin/python" bench/compare_extract.py "$folder" "$flows" "$repeats"
