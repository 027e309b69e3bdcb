"""Writes the reference values of packages outlier/knn and outlier/lof, made by PyOD and scikit-learn.

    python internal/ref/gen_neighbours.py     (from the project's root)

Cases are small and seeded. Neighbours are searched for by a k-d tree, whose
distances are differences, squared: scikit-learn's brute force loses digits.
In "copies" rows have copies, more of some than there are neighbours, and no
two different rows are equally far from a third.
"""
import json
import platform
import warnings
from pathlib import Path

import numpy as np
import pyod
import sklearn
from pyod.models.knn import KNN
from sklearn.neighbors import LocalOutlierFactor

warnings.filterwarnings("ignore")
VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__, "pyod": pyod.__version__}


def data():
    rng = np.random.default_rng(1)
    for name, n, d, neighbors in (("normal", 200, 3, 20), ("line", 60, 1, 5), ("wide", 90, 20, 10), ("few", 8, 2, 20)):
        x = rng.normal(size=(n, d)) * rng.lognormal(size=(n, 1))
        yield name, neighbors, x.round(6), rng.normal(size=(20, d)).round(6) * 3
    x = rng.normal(size=(80, 4)).round(6)
    x = np.repeat(x, rng.choice([1, 1, 1, 2, 4, 9], size=80), axis=0)
    yield "copies", 6, x, rng.normal(size=(20, 4)).round(6) * 2


def write(package, cases):
    path = Path("outlier") / package / "testdata"
    path.mkdir(exist_ok=True)
    with open(path / "reference.json", "w") as f:
        json.dump({"versions": VERSIONS, "cases": cases}, f)
        f.write("\n")


knn, lof = [], []
for name, k, x, y in data():
    case = {"name": name, "neighbors": k, "x": x.tolist(), "y": y.tolist()}
    near = min(k, len(x) - 1)  # PyOD takes no fewer by itself
    scores = {}
    for method in ("largest", "mean", "median"):
        m = KNN(n_neighbors=near, method=method, algorithm="kd_tree").fit(x)
        scores[method] = {"fit": m.decision_scores_.tolist(), "apply": m.decision_function(y).tolist()}
    knn.append({**case, "scores": scores})
    m = LocalOutlierFactor(n_neighbors=k, algorithm="kd_tree", novelty=True).fit(x)
    lof.append({**case, "fit": (-m.negative_outlier_factor_).tolist(), "apply": (-m.score_samples(y)).tolist(), "again": (-m.score_samples(x)).tolist()})
write("knn", knn)
write("lof", lof)
