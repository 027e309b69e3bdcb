"""Writes the reference values of the internal scores of package evaluate, made by scikit-learn.

    python internal/ref/gen_internal.py     (from the project's root)

Cases are small and seeded. Rows of label -1 are left out before scikit-learn
sees them. Silhouettes are of distances that scipy works out as differences,
squared: scikit-learn's own lose digits where rows are equal. For the same
reason Davies-Bouldin is of rows around their mean.
"""
import json
import platform
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.spatial.distance import cdist
from sklearn import metrics

VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
rng = np.random.default_rng(3)


def data():
    labels = rng.integers(0, 4, 150)
    yield "blobs", (rng.normal(size=(150, 3)) + 3 * labels[:, None]).round(4), labels
    yield "noise and a single", (rng.normal(size=(60, 2)) + 2 * (np.arange(60) % 3 == 0)[:, None]).round(4), np.r_[5, -1, -1, np.arange(57) % 3 - 1]
    x = rng.integers(0, 3, (120, 2)).astype(float)
    yield "lattice", x, rng.integers(0, 3, 120)
    x = np.repeat(rng.normal(size=(30, 5)).round(4), rng.integers(1, 6, 30), axis=0)
    yield "copies", x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    yield "far from 0", (rng.normal(size=(50, 9)) + 1e5).round(4), rng.integers(0, 2, 50)
    yield "many clusters", rng.normal(size=(40, 2)).round(4), np.r_[np.arange(30), np.arange(10)]


cases = []
for name, x, labels in data():
    keep = labels >= 0
    y, l = x[keep], labels[keep]
    cases.append({
        "name": name, "x": x.tolist(), "labels": labels.tolist(),
        "silhouettes": metrics.silhouette_samples(cdist(y, y), l, metric="precomputed").tolist(),
        "silhouette": metrics.silhouette_score(cdist(y, y), l, metric="precomputed"),
        "calinski_harabasz": metrics.calinski_harabasz_score(y, l),
        "davies_bouldin": metrics.davies_bouldin_score(y - y.mean(0), l),
    })
with open(Path("evaluate/testdata/internal.json"), "w") as f:
    json.dump({"versions": VERSIONS, "cases": cases}, f)
    f.write("\n")
