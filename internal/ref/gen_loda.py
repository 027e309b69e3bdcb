"""Writes the reference values of outlier/loda, made by PyOD.

    python internal/ref/gen_loda.py     (from the project's root)

The mean AUROC of PyOD's LODA over ADBench's three splits and five seeds, of
the data sets in data/adbench, which lies beside the project; columns are
scaled to 0..1 by the training rows.
"""
import gzip
import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import pyod
import sklearn
from pyod.models.loda import LODA
from sklearn.metrics import roc_auc_score

DATA = Path("../shared/data/adbench")
auc = {}
for path in sorted(DATA.glob("hbos_expected/*.json.gz")):
    name = path.name.removesuffix(".json.gz")
    splits = json.load(gzip.open(path))["seeds"]
    table = pd.read_csv(DATA / f"{name}.csv.gz")
    label, x = table.label.to_numpy(), table.drop(columns="label").to_numpy(float)
    got = []
    for s in splits.values():
        train, test = x[s["train"]], x[s["test"]]
        low, high = train.min(0), train.max(0)
        width = np.where(high > low, high - low, 1)
        for seed in range(5):
            m = LODA(random_state=seed).fit((train - low) / width)
            got.append(roc_auc_score(label[s["test"]], m.decision_function((test - low) / width)))
    auc[name] = np.mean(got)
out = Path("outlier/loda/testdata/pyod.json")
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__, "pyod": pyod.version.__version__},
    "auroc": auc,
}, indent=1) + "\n")
