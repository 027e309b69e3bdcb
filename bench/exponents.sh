#!/usr/bin/env bash
# Runs benchmarks whose names have n=SIZE and fits, for each family, the exponent of time against n by least squares on
# logarithms:
#
#     bench/exponents.sh ./cluster/... ./outlier/... ./pca 2>/dev/null
#
# A family is a benchmark with everything but n the same. Sizes are written as 1k, 10k, 1M.
set -euo pipefail
cd "$(dirname "$0")/.."
go test -run '^$' -bench . -benchtime "${BENCHTIME:-3x}" "$@" | awk '
/^Benchmark/ {
	name = $1; sub(/-[0-9]+$/, "", name)
	if (!match(name, /n=[0-9.]+[kM]?/)) next
	size = substr(name, RSTART + 2, RLENGTH - 2)
	family = substr(name, 1, RSTART + 1) "*" substr(name, RSTART + RLENGTH)
	n = size + 0; if (size ~ /k$/) n *= 1e3; if (size ~ /M$/) n *= 1e6
	if (!(family in count)) order[++families] = family
	x = log(n); y = log($3)
	count[family]++; sx[family] += x; sy[family] += y; sxx[family] += x * x; sxy[family] += x * y
	line[family] = line[family] sprintf("  %s: %.3g ms", size, $3 / 1e6)
}
END {
	for (i = 1; i <= families; i++) {
		f = order[i]; k = count[f]; d = k * sxx[f] - sx[f] * sx[f]
		e = d > 0 ? (k * sxy[f] - sx[f] * sy[f]) / d : 0
		printf "n^%.2f  %-60s%s\n", e, f, line[f]
	}
}'
