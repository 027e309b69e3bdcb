"""Writes the reference values of algo/threshold, made by numpy and scipy.

    python internal/ref/gen_threshold.py     (from the project's root)
"""
import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import optimize, stats

r = np.random.default_rng(1)


def pareto(y):
    """The likeliest shape above -1 and scale, from many starts."""
    def loss(p):
        shape, scale = p[0], np.exp(p[1])
        if shape <= -1 or 1 + shape * y.max() / scale <= 0:
            return np.inf
        return -stats.genpareto.logpdf(y, shape, 0, scale).mean()
    best = None
    for shape in -0.5, -0.1, 0.1, 0.5, 1:
        for scale in 0.5, 1, 2:
            p = optimize.minimize(loss, [shape, np.log(scale * y.mean() * (1 + abs(shape)))], method="Nelder-Mead",
                                  options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000})
            if best is None or p.fun < best.fun:
                best = p
    return {"shape": best.x[0], "scale": float(np.exp(best.x[1])), "likelihood": -best.fun}


scores = {
    "normal": r.normal(size=401),
    "exponential": r.exponential(size=200),
    "rounded": np.round(r.exponential(size=300), 1),
    "mostly zeros": np.where(r.random(100) < 0.7, 0, r.exponential(size=100)),
    "few": np.array([1.0, 2, 2, 3, 10]),
}
tails = {f"shape {c}": stats.genpareto.rvs(c, scale=2, size=200, random_state=r) for c in (-0.4, -0.2, 0.0, 0.2, 0.5, 1.0, 2.0)}
tails["uniform integers"] = r.integers(1, 20, 150).astype(float)
tails["two"] = np.array([1.0, 3.0])
out = Path("algo/threshold/testdata/scipy.json")
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps({
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
    "scores": [{
        "name": name, "scores": s.tolist(),
        "iqr": np.quantile(s, 0.75) + 1.5 * stats.iqr(s),
        "median": np.median(s), "mad": stats.median_abs_deviation(s), "mean_deviation": np.abs(s - np.median(s)).mean(),
    } for name, s in scores.items()],
    "tails": [{"name": name, "excesses": y.tolist(), **pareto(y)} for name, y in tails.items()],
}))
