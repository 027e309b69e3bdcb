"""Writes the reference values of package cluster/optics, made by scikit-learn.

    python internal/ref/gen_optics.py     (from the project's root)

Cases are small, seeded and without equal distances, but for a table of copies.
Rows are in ascending order, column by column, since scikit-learn takes the first
of the rows that are reached equally.
"""
import json
import platform
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import OPTICS, cluster_optics_dbscan, cluster_optics_xi

OUT = Path("cluster/optics/testdata")


def table(kind, n, d, rng):
    if kind == "clumps":
        x = rng.normal(size=(n, d)) * rng.choice([0.2, 1, 3], size=(n, 1)) + 8 * rng.integers(0, 4, size=(n, 1))
    elif kind == "nested":
        x = rng.normal(size=(n, d)) * np.exp(rng.normal(size=(n, 1)) * 1.5)
    elif kind == "lognormal":
        x = np.exp(rng.normal(size=(n, d)))
    else:
        x = rng.uniform(size=(n, d))
    x = np.round(x, 6)
    return x[np.lexsort(x.T[::-1])]


def number(v):
    return [None if np.isinf(a) else float(a) for a in v]


cases = []
for seed in range(24):
    rng = np.random.default_rng(seed)
    kind = ["clumps", "nested", "lognormal", "uniform"][seed % 4]
    n, d = int(rng.integers(60, 130)), int(rng.integers(1, 5))
    x = table(kind, n, d, rng)
    k = int(rng.integers(2, 9))
    max_eps = float(np.inf) if seed % 3 else float(np.round(np.quantile(np.ptp(x, axis=0), 0.5) / 4, 3))
    m = OPTICS(min_samples=k, max_eps=max_eps).fit(x)
    args = dict(reachability=m.reachability_, core_distances=m.core_distances_, ordering=m.ordering_)
    case = {"kind": kind, "x": x.tolist(), "min_samples": k, "max_eps": 0 if np.isinf(max_eps) else max_eps,
            "ordering": m.ordering_.tolist(), "reachability": number(m.reachability_), "core_distances": number(m.core_distances_),
            "predecessor": m.predecessor_.tolist(), "xi": [], "cut": []}
    for xi, size in ((0.05, None), (0.01, 3), (0.2, None), (0.1, 10)):
        labels, _ = cluster_optics_xi(reachability=m.reachability_, predecessor=m.predecessor_, ordering=m.ordering_,
                                      min_samples=k, min_cluster_size=size, xi=xi)
        case["xi"].append({"xi": xi, "min_cluster_size": size or 0, "labels": labels.tolist()})
    finite = m.reachability_[np.isfinite(m.reachability_)]
    for q in (0.3, 0.9):
        eps = float(np.round(np.quantile(finite, q), 4))
        labels = cluster_optics_dbscan(eps=eps, **args)
        case["cut"].append({"eps": eps, "labels": labels.tolist()})
    cases.append(case)

OUT.mkdir(parents=True, exist_ok=True)
versions = {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}
(OUT / "sklearn.json").write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
