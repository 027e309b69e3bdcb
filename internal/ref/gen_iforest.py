"""Writes outlier/iforest/testdata/*.json: a forest grown by scikit-learn with its scores, and AUROCs of PyOD's IForest.

    python internal/ref/gen_iforest.py FOLDER     (FOLDER: with the data that internal/ref finds, adbench in it)

sklearn.json has the trees of a small IsolationForest and what score_samples makes of its rows and of others. pyod.json has,
for data sets of ADBench and the benchmark's three splits, mean and standard deviation over forests (random_state 0 to
FORESTS-1) of the mean AUROC of the three.
"""
import gzip
import json
import os
import sys

import numpy as np
import pyod
import sklearn
from pyod.models.iforest import IForest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

FORESTS = 40
DATA = os.path.join(sys.argv[1], "adbench")
OUT = os.path.join(os.path.dirname(__file__), "..", "..", "outlier", "iforest", "testdata")
VERSIONS = {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "pyod": pyod.version.__version__}


def write(name, value):
    with open(os.path.join(OUT, name), "w") as f:
        json.dump({"versions": VERSIONS, **value}, f, separators=(",", ":"))
        f.write("\n")


def grown():
    rng = np.random.default_rng(1)
    cases = []
    for rows, sample, trees in ((1, 2, 3), (2, 2, 3), (40, 256, 5), (300, 64, 10)):
        x = np.floor(np.exp(rng.normal(size=(rows, 3))) * 4) / 4  # exact as float32, with copies
        other = np.floor(np.exp(rng.normal(size=(50, 3)) * 2) * 4) / 4 - 1
        m = IsolationForest(n_estimators=trees, max_samples=min(sample, rows), random_state=0).fit(x)
        cases.append({
            "sample": int(m.max_samples_),
            "trees": [{
                "column": t.tree_.feature.tolist(), "split": t.tree_.threshold.tolist(),
                "left": t.tree_.children_left.tolist(), "right": t.tree_.children_right.tolist(),
                "samples": t.tree_.n_node_samples.tolist(),
            } for t in m.estimators_],
            "rows": np.concatenate([x[:50], other]).tolist(),
            "scores": (-m.score_samples(np.concatenate([x[:50], other]))).tolist(),
        })
    return cases


def aurocs(name):
    with gzip.open(os.path.join(DATA, "hbos_expected", name + ".json.gz")) as f:
        splits = json.load(f)["seeds"].values()
    d = np.loadtxt(os.path.join(DATA, name + ".csv.gz"), delimiter=",", skiprows=1)
    x, y = d[:, :-1], d[:, -1]
    means = []
    for seed in range(FORESTS):
        got = []
        for s in splits:
            m = IForest(random_state=seed).fit(x[s["train"]])
            got.append(roc_auc_score(y[s["test"]], m.decision_function(x[s["test"]])))
        means.append(np.mean(got))
    return {"mean": np.mean(means), "deviation": np.std(means, ddof=1)}


os.makedirs(OUT, exist_ok=True)
write("sklearn.json", {"cases": grown()})
names = sorted(n.split(".")[0] for n in os.listdir(os.path.join(DATA, "hbos_expected")))
write("pyod.json", {"forests": FORESTS, "auroc": {n: aurocs(n) for n in names}})
