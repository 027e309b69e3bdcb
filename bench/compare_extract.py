"""Times polars and DuckDB making flow tuples and IP pairs (10 s bins, empty ones too) of a CSV in the seed's nine columns,
each in a process of its own, and the toolkit beside them: the tables in memory, and, as the toolkit does it, sorted by key and
written to files, of polars as Arrow, of DuckDB as Parquet. See compare_extract.sh."""

import json
import os
import subprocess
import sys
import time

NAMES = ["ts", "ip_protocol", "state", "src_ip", "src_port", "dst_ip", "dst_port", "src_tx", "dst_tx"]
STATES = ["closed", "closing", "connecting", "established", "new", "reset"]


def polars(path, files=None):
    import polars as pl

    types = dict(zip(NAMES, [pl.String, pl.Categorical, pl.Categorical, pl.Categorical, pl.UInt16, pl.Categorical, pl.UInt16, pl.Int64, pl.Int64]))
    df = pl.read_csv(path, has_header=False, new_columns=NAMES, schema=types)
    df = df.with_columns(pl.col("ts").str.to_datetime("%Y-%m-%d %H:%M:%S"))
    tuples = df.group_by("src_ip", "src_port", "dst_ip", "dst_port", "ip_protocol").agg(
        pl.len().alias("num_conns"), pl.col("ts").first().alias("first_seen"), pl.col("ts").last().alias("last_seen"),
        pl.col("src_tx").sum().alias("bytes_up"), pl.col("dst_tx").sum().alias("bytes_dw"),
        pl.col("state").first().alias("first_state"), pl.col("state").last().alias("last_state"),
        *[(pl.col("state") == s).sum().alias("state_" + s) for s in STATES])
    bins = df.group_by("src_ip", "dst_ip", (pl.col("ts").dt.epoch("s") // 10).alias("bin")).agg(
        pl.col("src_tx").sum().alias("bytes_up"), pl.col("dst_tx").sum().alias("bytes_dw"), pl.len().alias("num_conns"),
        pl.col("dst_port").n_unique().alias("num_dst_port"), pl.col("src_port").n_unique().alias("num_src_port"),
        pl.col("ip_protocol").n_unique().alias("num_protocol"),
        (pl.col("ip_protocol") == "tcp").sum().alias("tcp_conns"), (pl.col("ip_protocol") == "udp").sum().alias("udp_conns"))
    del df
    spans = bins.group_by("src_ip", "dst_ip").agg(pl.int_ranges(pl.col("bin").min(), pl.col("bin").max() + 1).alias("bin")).explode("bin")
    pairs = spans.join(bins, on=["src_ip", "dst_ip", "bin"], how="left").fill_null(0)
    if files:
        keys = ["src_ip", "dst_ip"]
        tuples.sort(keys + ["src_port", "dst_port", "ip_protocol"]).write_ipc(files + "/tuples.arrow")
        pairs.sort(keys + ["bin"]).write_ipc(files + "/pairs.arrow")
    return {"tuples": tuples.height, "up": tuples["bytes_up"].sum(), "conns": tuples["num_conns"].sum(),
            "samples": pairs.height, "pair_up": pairs["bytes_up"].sum(), "src_ports": pairs["num_src_port"].sum()}


def duckdb(path, files=None):
    import duckdb as db

    con = db.connect()
    types = dict(zip(NAMES, ["TIMESTAMP", "VARCHAR", "VARCHAR", "VARCHAR", "USMALLINT", "VARCHAR", "USMALLINT", "BIGINT", "BIGINT"]))
    con.execute(f"CREATE TABLE r AS SELECT * FROM read_csv('{path}', header=false, columns={types})")
    states = ", ".join(f"count(*) FILTER (state = '{s}') state_{s}" for s in STATES)
    con.execute(f"""CREATE TABLE tuples AS SELECT src_ip, src_port, dst_ip, dst_port, ip_protocol, count(*) num_conns, min(ts) first_seen,
        max(ts) last_seen, sum(src_tx)::BIGINT bytes_up, sum(dst_tx)::BIGINT bytes_dw, arg_min(state, ts) first_state,
        arg_max(state, ts) last_state, {states} FROM r GROUP BY ALL""")
    con.execute("""CREATE TABLE bins AS SELECT src_ip, dst_ip, epoch(ts)::BIGINT // 10 bin, sum(src_tx)::BIGINT bytes_up,
        sum(dst_tx)::BIGINT bytes_dw, count(*) num_conns, count(DISTINCT dst_port) num_dst_port, count(DISTINCT src_port) num_src_port,
        count(DISTINCT ip_protocol) num_protocol, count(*) FILTER (ip_protocol = 'tcp') tcp_conns,
        count(*) FILTER (ip_protocol = 'udp') udp_conns FROM r GROUP BY ALL""")
    con.execute("DROP TABLE r")
    con.execute("""CREATE TABLE pairs AS SELECT src_ip, dst_ip, bin, coalesce(bytes_up, 0) bytes_up, coalesce(bytes_dw, 0) bytes_dw,
        coalesce(num_conns, 0) num_conns, coalesce(num_dst_port, 0) num_dst_port, coalesce(num_src_port, 0) num_src_port,
        coalesce(num_protocol, 0) num_protocol, coalesce(tcp_conns, 0) tcp_conns, coalesce(udp_conns, 0) udp_conns
        FROM (SELECT src_ip, dst_ip, unnest(range(a, b + 1)) bin
            FROM (SELECT src_ip, dst_ip, min(bin) a, max(bin) b FROM bins GROUP BY ALL))
        LEFT JOIN bins USING (src_ip, dst_ip, bin)""")
    if files:
        con.execute(f"""COPY (SELECT * FROM tuples ORDER BY src_ip, dst_ip, src_port, dst_port, ip_protocol)
            TO '{files}/tuples.parquet' (COMPRESSION lz4)""")
        con.execute(f"COPY (SELECT * FROM pairs ORDER BY src_ip, dst_ip, bin) TO '{files}/pairs.parquet' (COMPRESSION lz4)")
    one = lambda q: [int(v) for v in con.execute(q).fetchone()]
    n, up, conns = one("SELECT count(*), sum(bytes_up), sum(num_conns) FROM tuples")
    samples, pair_up, ports = one("SELECT count(*), sum(bytes_up), sum(num_src_port) FROM pairs")
    return {"tuples": n, "up": up, "conns": conns, "samples": samples, "pair_up": pair_up, "src_ports": ports}



def counted(folder):
    import pyarrow.compute as pc
    import pyarrow.ipc as ipc

    def sums(name, columns):
        total = dict.fromkeys(columns, 0)
        with ipc.open_file(f"{folder}/out/{name}.arrow") as f:
            rows = 0
            for i in range(f.num_record_batches):
                b = f.get_batch(i)
                rows += b.num_rows
                for c in columns:
                    total[c] += pc.sum(b.column(c)).as_py() or 0
        return rows, total

    n, t = sums("flow_tuples", ["bytes_up", "num_conns"])
    _, p = sums("ip_pairs", ["bytes_up", "num_src_port", "bins"])
    return {"tuples": n, "up": t["bytes_up"], "conns": t["num_conns"], "samples": p["bins"], "pair_up": p["bytes_up"], "src_ports": p["num_src_port"]}


def timed(args):
    """Runs args and returns CPU seconds, elapsed seconds, peak MiB, and its output."""
    began = time.monotonic()
    p = subprocess.Popen(args, stdout=subprocess.PIPE)
    out = p.stdout.read()
    _, status, use = os.wait4(p.pid, 0)
    if status != 0:
        sys.exit(f"{args} failed")
    return use.ru_utime + use.ru_stime, time.monotonic() - began, use.ru_maxrss / 1024, out


def main():
    if sys.argv[1] in ("polars", "duckdb"):
        print(json.dumps({"polars": polars, "duckdb": duckdb}[sys.argv[1]](*sys.argv[2:])))
        return
    folder, path, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    ours = [folder + "/toolkit", "extract", "--quiet", "--tables", "flow_tuples,ip_pairs", "--out", folder + "/out", path]
    runs = {"toolkit": ours, "toolkit, --memory 128MiB": ours[:-1] + ["--memory", "128MiB", path],
            "polars": [sys.executable, __file__, "polars", path], "duckdb": [sys.executable, __file__, "duckdb", path]}
    for name in ("polars", "duckdb"):
        runs[name + ", sorted and written"] = runs[name] + [folder]
    best, want = {}, None
    for _ in range(repeats):  # by turns, since the speed of a machine wanders
        for name, args in runs.items():
            cpu, wall, peak, out = timed(args)
            got = counted(folder) if name.startswith("toolkit") else json.loads(out)
            want = want or got
            if got != want:
                sys.exit(f"{name} makes {got}, toolkit {want}")
            old = best.get(name, (cpu, wall, peak))
            best[name] = tuple(map(min, old, (cpu, wall, peak)))
    print("all make", want)
    print("| program | CPU s | elapsed s | peak MiB | CPU / ours | elapsed / ours | ours / its peak |\n|---|---|---|---|---|---|---|")
    c, w, m = best["toolkit"]
    for name, (cpu, wall, peak) in best.items():
        print(f"| {name} | {cpu:.2f} | {wall:.2f} | {peak:.0f} | {cpu / c:.1f} | {wall / w:.1f} | {m / peak:.2f} |")


main()
