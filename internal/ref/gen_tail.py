"""Writes the reference values of outlier/ecod and outlier/copod, made by PyOD.

    python internal/ref/gen_tail.py     (from the project's root)

Small seeded tables with ties, constant columns, skewness of both signs and of
0, weights as repeated rows; and checksums of the scores of the tables of
reference/office10k, which lies beside the project.
"""
import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import pyod
import scipy
import sklearn
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD

OFFICE = Path("../shared/reference/office10k")
VERSIONS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
    "pyod": pyod.version.__version__,
}
MIN = "num_conns time_flow bytes_up bytes_dw".split()
PAIR8 = "bytes_up bytes_dw num_conns num_flows num_dst_port num_src_port tcp_conns udp_conns".split()


def tables():
    r = np.random.default_rng(1)
    yield "normal", r.normal(size=(60, 3))
    yield "lognormal", np.exp(2 * r.normal(size=(60, 3)))
    yield "negative skew", -np.exp(r.normal(size=(50, 2)))
    yield "counts with ties", np.floor(np.exp(r.normal(size=(80, 4))))
    yield "constant columns", np.column_stack([np.full(40, 3.0), r.integers(0, 3, 40), np.zeros(40), r.normal(size=40)])
    yield "symmetric whole numbers", np.column_stack([np.arange(21) - 10, np.repeat([-1, 0, 1], 7), r.permutation(21)]).astype(float)
    yield "mostly zeros", np.where(r.random((100, 3)) < 0.9, 0, r.integers(1, 1000, (100, 3))).astype(float)
    yield "two values", r.integers(0, 2, (30, 2)).astype(float)
    yield "far from 0", 1e6 + r.exponential(size=(40, 2))
    yield "huge and tiny", np.column_stack([1e90 * r.exponential(size=30), 1e-90 * r.exponential(size=30), -1e9 * r.exponential(size=30)])
    yield "one row", np.array([[1.0, 2.0]])
    yield "two rows", np.array([[1.0, 2.0], [3.0, 2.0]])


def fit(kind, x):
    with np.errstate(all="ignore"):
        m = kind()
        return m.decision_function(x.copy()) if len(x) < 3 else m.fit(x.copy()).decision_scores_


for name, kind in ("ecod", ECOD), ("copod", COPOD):
    cases = []
    for title, x in tables():
        cases.append({"name": title, "rows": x.tolist(), "scores": fit(kind, x).tolist()})
    r = np.random.default_rng(2)
    x, weight = np.floor(np.exp(r.normal(size=(30, 3)))), r.integers(1, 9, 30)
    scores = fit(kind, np.repeat(x, weight, axis=0))[np.cumsum(weight) - 1]
    cases.append({"name": "weights", "rows": x.tolist(), "weight": weight.tolist(), "scores": scores.tolist()})
    old, new = r.normal(size=(40, 3)) ** 2, r.normal(size=(10, 3)) ** 2
    joined = kind().fit(old).decision_function(new)

    office = {}
    for set_, file, cols in ("min", "flow_tuples.csv.gz", MIN), ("pair8", "ip_pairs_dense.csv.gz", PAIR8):
        s = fit(kind, pd.read_csv(OFFICE / file)[cols].to_numpy(float))
        order = np.argsort(-s, kind="stable")[:20]
        office[set_] = {
            "columns": cols, "file": file, "sum": s.sum(), "min": s.min(), "max": s.max(),
            "quantiles": np.quantile(s, [0.5, 0.9, 0.99, 0.999]).tolist(),
            "rows": order.tolist() + list(range(0, len(s), max(1, len(s) // 500))),
        }
        office[set_]["scores"] = s[office[set_]["rows"]].tolist()
    out = Path("outlier/internal/tail/testdata") / (name + ".json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({
        "versions": VERSIONS, "cases": cases, "office10k": office,
        "joined": {"old": old.tolist(), "new": new.tolist(), "scores": joined.tolist()},
    }))
