"""Writes the reference values of package cluster/ward, made by scikit-learn.

    python internal/ref/gen_ward.py     (from the project's root)

Cases are small, seeded and without equal distances, but for copies of rows.
"""
import json
import platform
from pathlib import Path

import numpy as np
import scipy
import sklearn
from sklearn.cluster import AgglomerativeClustering

OUT = Path("cluster/ward/testdata")
cases = []
for seed in range(18):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(3, 90)), int(rng.integers(1, 6))
    kind = ["clumps", "lognormal", "copies"][seed % 3]
    if kind == "lognormal":
        x = np.exp(rng.normal(size=(n, d)))
    else:
        x = rng.normal(size=(n, d)) + 6 * rng.integers(0, 4, size=(n, 1))
    x = np.round(x, 6)
    if kind == "copies":
        x = x[rng.integers(0, n, size=2 * n)]
    full = AgglomerativeClustering(n_clusters=None, distance_threshold=0, linkage="ward").fit(x)
    distinct = len(np.unique(x, axis=0))
    case = {"kind": kind, "x": x.tolist(), "heights": np.sort(full.distances_)[::-1][: distinct - 1].tolist(), "labels": []}
    for k in (2, 3, 7):
        if k <= distinct:
            case["labels"].append({"k": k, "labels": AgglomerativeClustering(n_clusters=k, linkage="ward").fit(x).labels_.tolist()})
    cases.append(case)

OUT.mkdir(parents=True, exist_ok=True)
versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
(OUT / "sklearn.json").write_text(json.dumps({"versions": versions, "cases": cases}, separators=(",", ":")) + "\n")
