"""Writes the reference values of DBCV of package evaluate, made by the hdbscan package and scipy.

    python internal/ref/gen_dbcv.py     (from the project's root)

Core distances are hdbscan's; the tree is scipy's, of mutual reachability
distances of which equal ones, which are common, are told apart by the distance
of the rows. hdbscan's own validity_index takes of equal edges that of the first
row, so that it depends on the order of the rows: it is kept for comparison, of
the rows in order and backwards. Rows are all different: it also leaves copies,
at distance 0, out of core distances, where the paper's formula makes these 0.
"""
import json
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
from hdbscan.validity import all_points_core_distance, validity_index
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import cdist

rng = np.random.default_rng(7)


def moons(n):
    t = rng.uniform(0, np.pi, n)
    side = rng.integers(0, 2, n)
    x = np.c_[np.cos(t) * (1 - 2 * side) + side, np.sin(t) * (1 - 2 * side) + side / 2]
    return x + rng.normal(size=(n, 2)) / 20, side


def data():
    labels = rng.integers(0, 4, 150)
    yield "blobs", rng.normal(size=(150, 3)) + 6 * labels[:, None], labels
    labels = rng.integers(-1, 3, 120)
    yield "noise", rng.normal(size=(120, 2)) + 4 * labels[:, None], labels
    x, labels = moons(160)
    yield "moons", x, labels
    yield "moons cut across", x, (x[:, 0] > 0.5).astype(int)
    yield "eight columns", rng.normal(size=(80, 8)) * [1, 2, 3, 1, 2, 3, 1, 9], rng.integers(0, 3, 80)


def dbcv(x, labels):
    ks = range(labels.max() + 1)
    rows = [np.flatnonzero(labels == k) for k in ks]
    core = np.zeros(len(x))
    sparse, inner = [], []
    for of in rows:
        d = cdist(x[of], x[of])
        core[of] = all_points_core_distance(d.copy(), x.shape[1])
        reach = np.maximum(d, np.maximum.outer(core[of], core[of]))
        tree = minimum_spanning_tree(reach + 1e-7 * d).tocoo()
        degree = np.bincount(np.r_[tree.row, tree.col], minlength=len(of))
        inside = (degree[tree.row] > 1) & (degree[tree.col] > 1)
        sparse.append(reach[tree.row, tree.col][inside].max())
        inner.append(of[degree > 1])
    validity = []
    for k in ks:
        apart = min(np.maximum(cdist(x[inner[k]], x[inner[m]]), np.maximum.outer(core[inner[k]], core[inner[m]])).min() for m in ks if m != k)
        validity.append((apart - sparse[k]) / max(apart, sparse[k]))
    return sum(len(of) * v for of, v in zip(rows, validity)) / len(x), validity


cases = []
for name, x, labels in data():
    x = x.round(6)
    index, validity = dbcv(x, labels)
    there, back = validity_index(x, labels), validity_index(x[::-1], labels[::-1])
    print(f"{name}: {index:.4f}; validity_index {there:.4f}, backwards {back:.4f}")
    cases.append({"name": name, "x": x.tolist(), "labels": labels.tolist(), "dbcv": index, "validity": validity, "validity_index": [there, back]})
with open(Path("evaluate/testdata/dbcv.json"), "w") as f:
    json.dump({"versions": {"python": platform.python_version(), "numpy": np.__version__, "hdbscan": version("hdbscan")}, "cases": cases}, f)
    f.write("\n")
