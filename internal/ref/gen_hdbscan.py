"""Writes cluster/hdbscan/testdata/reference.json: what scikit-learn and the
hdbscan package say of small tables whose rows have no equal distances.

    python internal/ref/gen_hdbscan.py
"""

import json
import os
from importlib.metadata import version

import hdbscan
import numpy as np
import sklearn
from sklearn.cluster import HDBSCAN


def table(seed, n, d):
    """Clusters of unlike density and size, and some rows strewn about."""
    r = np.random.default_rng(seed)
    parts = [r.uniform(-12, 12, size=(n // 6, d))]
    left = n - n // 6
    for k in range(4):
        size = left if k == 3 else max(8, left // 3)
        left -= size
        parts.append(r.uniform(-8, 8, size=d) + r.normal(size=(size, d)) * 0.15 * 2.0**k)
    return np.round(r.permutation(np.vstack(parts)), 9)


def pack(values):
    return [round(float(v), 12) if np.isfinite(v) else None for v in values]


cases = []
for seed, (n, d, size, samples, method, epsilon, single) in enumerate([
    (150, 2, 5, 1, "eom", 0.0, False),
    (150, 2, 5, 2, "eom", 0.0, False),
    (150, 2, 5, 2, "leaf", 0.0, False),
    (120, 3, 8, 2, "eom", 0.6, False),
    (120, 3, 4, 2, "leaf", 1.2, False),
    (120, 2, 60, 2, "eom", 0.0, True),
    (100, 2, 10, 2, "eom", 30.0, True),
    (100, 2, 90, 2, "eom", 0.0, False),
    (180, 5, 3, 2, "eom", 0.0, False),
    (180, 4, 12, 2, "eom", 0.0, False),
    (200, 3, 5, 5, "eom", 0.0, False),
    (200, 2, 10, 4, "leaf", 0.0, False),
    (200, 4, 10, 10, "eom", 0.0, False),
]):
    x = table(seed, n, d)
    case = {
        "x": [pack(row) for row in x], "min_cluster_size": size, "min_samples": samples, "method": method,
        "epsilon": epsilon, "single": single,
    }
    given = dict(min_cluster_size=size, cluster_selection_method=method, cluster_selection_epsilon=epsilon, allow_single_cluster=single)
    if samples > 1:  # the package doesn't count the row itself
        result = hdbscan.HDBSCAN(min_samples=samples - 1, algorithm="generic", **given).fit(x)
        case["outlier_scores"] = pack(result.outlier_scores_)
    if epsilon == 0:  # scikit-learn 1.9.1 raises a TypeError with numpy 2.4 else
        result = HDBSCAN(min_samples=samples, algorithm="brute", copy=True, **given).fit(x)
    case["labels"], case["probabilities"] = result.labels_.tolist(), pack(result.probabilities_)
    cases.append(case)

here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, "..", "..", "cluster", "hdbscan", "testdata", "reference.json")
os.makedirs(os.path.dirname(path), exist_ok=True)
with open(path, "w") as f:
    json.dump({"versions": {"scikit-learn": sklearn.__version__, "hdbscan": version("hdbscan"), "numpy": np.__version__}, "cases": cases}, f, separators=(",", ":"))
    f.write("\n")
