"""Writes the reference values of package evaluate, made by scikit-learn.

    python internal/ref/gen_evaluate.py     (from the project's root)

Cases are small and seeded. Beside scikit-learn's value, which loses digits in
the log-gammas of its expected mutual information, clusters.json has the same
formula in exact fractions (probabilities) and 50 digits (logarithms).
"""
import json
import platform
from decimal import Decimal, getcontext
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import scipy
import sklearn
from sklearn import metrics

OUT = Path("evaluate/testdata")
VERSIONS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}
getcontext().prec = 50


def ami_exact(a, b):
    """AMI with the arithmetic mean; 1 where it is 0/0, as for equal partitions."""
    n = len(a)
    ua, ia = np.unique(a, return_inverse=True)
    ub, ib = np.unique(b, return_inverse=True)
    if len(ua) == len(ub) <= 1:
        return 1.0
    if len(ua) == 1 or len(ub) == 1:
        return 0.0
    table = np.zeros((len(ua), len(ub)), int)
    np.add.at(table, (ia, ib), 1)
    rows, cols = table.sum(1).tolist(), table.sum(0).tolist()
    logs = {}

    def log(num, den):
        q = Fraction(num, den)
        if q not in logs:
            logs[q] = dec(q).ln()
        return logs[q]

    def entropy(sizes):
        return -sum(dec(Fraction(s, n)) * log(s, n) for s in sizes)

    mi = sum(
        dec(Fraction(int(k), n)) * log(n * int(k), rows[i] * cols[j])
        for (i, j), k in np.ndenumerate(table) if k
    )
    cells = {}
    for r in rows:
        for c in cols:
            cells[r, c] = cells.get((r, c), 0) + 1
    emi = Decimal(0)
    for (r, c), times in cells.items():
        ways = comb(n, c)
        for k in range(max(1, r + c - n), min(r, c) + 1):
            p = Fraction(comb(r, k) * comb(n - r, c - k) * k, ways * n)
            emi += times * dec(p) * log(n * k, r * c)
    bound = (entropy(rows) + entropy(cols)) / 2
    if abs(bound - emi) < Decimal(10) ** -40:
        return 1.0
    return float((mi - emi) / (bound - emi))


def dec(q):
    return Decimal(q.numerator) / Decimal(q.denominator)


def cluster_cases():
    rng = np.random.default_rng(1)

    def noisy(truth, share, k):
        out = truth.copy()
        hit = rng.random(len(truth)) < share
        out[hit] = rng.integers(-1, k, hit.sum())
        return out

    yield "empty", [], []
    yield "one", [0], [0]
    yield "two together and apart", [0, 0], [0, 1]
    yield "two apart and together", [0, 1], [0, 0]
    yield "two apart", [0, 1], [1, 0]
    yield "worse than chance", [0, 0, 1, 1], [0, 1, 0, 1]
    yield "one cluster", [0, 1, 2, 0, 1, 2, 0], [0] * 7
    yield "all noise", [0, 1, 1, 0, 2], [-1] * 5
    yield "both single", [3] * 6, [-1] * 6
    yield "renamed", [0, 0, 1, 1, 2, 2, 2], [5, 5, 0, 0, -1, -1, -1]
    yield "all apart in both", list(range(9)), list(range(8, -1, -1))
    yield "all apart in one", [0, 0, 0, 1, 1, 2, 2, 2, 2], list(range(9))
    yield "one moved", [0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]
    for n, k, m, share in [(10, 3, 3, 0.5), (50, 4, 9, 0.3), (200, 2, 40, 1), (500, 10, 10, 0.1),
                           (1000, 7, 1000, 1), (1500, 5, 6, 1), (3000, 8, 300, 0.6)]:
        truth = rng.integers(0, k, n)
        yield f"n={n} k={k} m={m} share={share}", truth, noisy(truth, share, m)
    rare = np.zeros(4000, int)
    rare[rng.choice(4000, 30, replace=False)] = rng.integers(1, 4, 30)
    yield "rare labels, geometric clusters", rare, np.minimum(rng.geometric(0.2, 4000), 30) - 2


def clusters():
    for name, a, b in cluster_cases():
        a, b = np.asarray(a, int), np.asarray(b, int)
        yield {
            "name": name,
            "a": a.tolist(),
            "b": b.tolist(),
            "ari": metrics.adjusted_rand_score(a, b),
            "ami": metrics.adjusted_mutual_info_score(a, b),
            "ami_exact": ami_exact(a, b),
        }


def score_cases():
    rng = np.random.default_rng(2)
    yield "documentation", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    yield "two, right", [0, 1], [0, 1]
    yield "two, wrong", [1, 0], [0, 1]
    yield "constant", [0, 1, 1, 0, 0], [7] * 5
    yield "perfect", [0] * 6 + [1] * 3, list(range(9))
    yield "inverted", [1] * 3 + [0] * 6, list(range(9))
    yield "ties across", [1, 0, 1, 0, 1, 0, 0, 1], [1, 1, 2, 2, 2, 0, -1, -1]
    yield "signed zeros", [1, 0, 1, 0], [0.0, -0.0, -1.5, 1.5]
    yield "tiny and huge", [1, 0, 1, 0, 1], [5e-324, -5e-324, 1.7e308, -1.7e308, 0]
    for n, share, decimals in [(20, 0.5, 1), (100, 0.1, 0), (300, 0.9, 2), (1000, 0.02, 1), (2000, 0.3, 15), (3000, 0.2, 1)]:
        y = (rng.random(n) < share).astype(int)
        yield f"n={n} share={share} decimals={decimals}", y, np.round(rng.normal(size=n) + y, decimals)


def scores():
    for name, y, s in score_cases():
        y, s = np.asarray(y, int), np.asarray(s, float)
        flagged = (s >= np.median(s)).astype(int)
        (tn, fp), (fn, tp) = metrics.confusion_matrix(y, flagged, labels=[0, 1]).tolist()
        yield {
            "name": name,
            "positive": y.astype(bool).tolist(),
            "score": s.tolist(),
            "flagged": flagged.astype(bool).tolist(),
            "auroc": metrics.roc_auc_score(y, s),
            "aupr": metrics.average_precision_score(y, s),
            "tp": tp, "fp": fp, "fn": fn, "tn": tn,
            "precision": metrics.precision_score(y, flagged),
            "recall": metrics.recall_score(y, flagged),
            "f1": metrics.f1_score(y, flagged),
        }


def write(name, cases):
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    (OUT / name).write_text(f'{{"versions": {json.dumps(VERSIONS)},\n"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    write("clusters.json", clusters())
    write("scores.json", scores())
