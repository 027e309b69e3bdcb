#!/usr/bin/env bash
# Times the learning stages of this toolkit beside scikit-learn, PyOD and others, in one run on this machine, on the pair
# table of the built-in data set: 342,093 samples of 8 standardised columns.
#
#     bench/compare_learn.sh [FOLDER]
#
# It makes its own Python environment in FOLDER (default: a temporary one). Ours is the whole command (reading the table,
# fitting, writing results); theirs is the fit alone, with the matrix in memory.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
if [ ! -x "$folder/venv/bin/python" ]; then
	python3 -m venv "$folder/venv"
	"$folder/venv/bin/pip" install --quiet numpy pyarrow scikit-learn==1.9.1 pyod==3.6.7 hdbscan==0.8.44 fast_hdbscan==0.3.4 dbscan==1.0.0
fi
go build -o "$folder/toolkit" ./cmd/toolkit
"$folder/toolkit" datasets synth --quiet -o "$folder/flows.csv"
"$folder/toolkit" extract --quiet --out "$folder/out" "$folder/flows.csv"
"$folder/venv/bin/python" bench/compare_learn.py "$folder"
