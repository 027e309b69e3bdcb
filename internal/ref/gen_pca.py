"""Makes pca/testdata/pca.json: whitened coordinates, Q, T2 and their limits.

Coordinates and variances are scikit-learn's; the limits are written out here
from Jackson & Mudholkar (1979) and with scipy's distributions.
"""
import json
import sys

import numpy as np
import scipy
import sklearn
from scipy.stats import chi2, f, norm
from sklearn.decomposition import PCA


def limit_q(v, alpha):
    p1, p2, p3 = v.sum(), (v**2).sum(), (v**3).sum()
    h0 = 1 - 2 * p1 * p3 / (3 * p2**2)
    if h0 <= 0:
        return p2 / p1 * chi2.ppf(1 - alpha, p1**2 / p2)
    c = norm.ppf(1 - alpha)
    return p1 * (c * np.sqrt(2 * p2 * h0**2) / p1 + 1 + p2 * h0 * (h0 - 1) / p1**2) ** (1 / h0)


rng = np.random.default_rng(7)
x = rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)) * [1, 2, 4, 1, 1, 3] + [5, 0, -3, 100, 0, 1]
n, d = x.shape
full = PCA(svd_solver="full").fit(x)
cases = []
for kept, alpha in [(1, 0.001), (2, 0.01), (3, 0.3), (5, 0.05)]:
    white = PCA(kept, whiten=True, svd_solver="full").fit(x)
    y = white.transform(x)
    rest = x - white.inverse_transform(y)
    cases.append({
        "components": kept, "alpha": alpha, "abs_white": np.abs(y).tolist(),
        "q": (rest**2).sum(axis=1).tolist(), "t2": (y**2).sum(axis=1).tolist(),
        "q_limit": limit_q(full.explained_variance_[kept:], alpha),
        "t2_limit": kept * (n - 1) * (n + 1) / (n * (n - kept)) * f.ppf(1 - alpha, kept, n - kept),
    })
limits = []
for v in [[3.0], [5, 2, 1, 0.5], [1] * 10, [100] + [1] * 300, [1e-9, 1e-10, 0]]:
    for alpha in [0.001, 0.05, 0.7]:
        limits.append({"variances": v, "alpha": alpha, "q_limit": limit_q(np.array(v, float), alpha)})
json.dump({
    "versions": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
    "x": x.tolist(), "cases": cases, "limits": limits,
}, open(sys.argv[1], "w"), indent=None)
