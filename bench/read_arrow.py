"""Reads every Arrow file of a directory with pyarrow, polars and DuckDB, and compares them.

    python bench/read_arrow.py out

Rows, column names and the sums of numeric columns must be the same in all.
"""
import math
import pathlib
import sys

import duckdb
import polars
import pyarrow as pa
import pyarrow.ipc


def total(values):
    return math.fsum(float(v) for v in values if v is not None and math.isfinite(v))


def main(folder):
    print("pyarrow", pa.__version__, "polars", polars.__version__, "duckdb", duckdb.__version__)
    files = sorted(pathlib.Path(folder).glob("*.arrow"))
    for path in files:
        table = pa.ipc.open_file(path).read_all()
        table.validate(full=True)
        frame = polars.read_ipc(path)
        relation = duckdb.connect().from_arrow(table)
        assert table.num_rows == len(frame) == relation.count("*").fetchall()[0][0], path
        assert table.column_names == frame.columns == relation.columns, path
        for field in table.schema:
            if pa.types.is_integer(field.type) or pa.types.is_floating(field.type):
                want = total(table[field.name].to_pylist())
                got = total(frame[field.name].to_list())
                rows = relation.select(f'"{field.name}"').fetchall()
                assert want == got == total(r[0] for r in rows), (path, field.name)
            elif pa.types.is_dictionary(field.type):
                want = table[field.name].cast(pa.string()).to_pylist()
                assert want == frame[field.name].cast(polars.String).to_list(), (path, field.name)
                rows = relation.select(f'"{field.name}"').fetchall()
                assert want == [r[0] for r in rows], (path, field.name)
        print(f"{table.num_rows:>9} rows {table.num_columns:>3} columns  {path.name}")
    if not files:
        sys.exit(f"no Arrow files in {folder}")


main(sys.argv[1])
