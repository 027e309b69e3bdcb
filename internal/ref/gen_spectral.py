"""Writes the reference values of package cluster/spectral, made by scikit-learn.

    python internal/ref/gen_spectral.py     (from the project's root)

Cases are small and seeded; "copies" says how often each row is given to
scikit-learn. Eigenvalues are those of its normalised Laplacian, by LAPACK;
"embedding" is its spectral_embedding (of distinct rows), without the first
eigenvector dropped, where the graph hangs together.
"""
import json
import platform
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import SpectralClustering
from sklearn.manifold import spectral_embedding
from sklearn.metrics.pairwise import rbf_kernel

OUT = Path("cluster/spectral/testdata")
VERSIONS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}


def blobs(rng):
    """Three round groups, their rows on a lattice so that some are equal."""
    x = np.concatenate([rng.normal(c, 0.6, (40, 2)) for c in ((0, 0), (4, 1), (1, 5))])
    return np.unique(np.round(x * 3) / 3, axis=0)


def moons(rng):
    t = rng.uniform(0, np.pi, 150)
    up = np.arange(150) % 2
    x = np.column_stack([np.cos(t), np.sin(t)])
    x[up == 1] = [1, 0.5] - x[up == 1]
    return np.unique(x + rng.normal(0, 0.05, x.shape), axis=0)


def tails(rng):
    """Counts of traffic: heavy tails, many copies."""
    return np.unique(np.floor(np.exp(rng.normal(0, 0.9, (150, 3)))), axis=0) / 2


def large(rng):
    """More rows than are taken apart as a whole."""
    x = np.concatenate([rng.normal(c, 1, (200, 3)) for c in ((0, 0, 0), (3, 3, 0), (0, 4, 4))])
    return np.unique(np.round(x * 4) / 4, axis=0)


def case(name, x, gamma, k, rng, **more):
    copies = rng.integers(1, 5, len(x))
    copies[rng.integers(len(x))] = 60
    full = np.repeat(x, copies, axis=0)
    w = rbf_kernel(full, gamma=gamma)
    lap = laplacian(w, normed=True)
    values = np.linalg.eigvalsh(lap)[: k + 4]
    labels = SpectralClustering(k, gamma=gamma, assign_labels="discretize", random_state=0).fit_predict(full)
    km = SpectralClustering(k, gamma=gamma, assign_labels="kmeans", random_state=0).fit_predict(full)
    qr = SpectralClustering(k, gamma=gamma, assign_labels="cluster_qr", random_state=0).fit_predict(full)
    u = spectral_embedding(w, n_components=k, random_state=0, drop_first=False, eigen_tol=1e-13)
    first = np.concatenate([[0], np.cumsum(copies)[:-1]])
    return {
        "name": name, "x": x.tolist(), "copies": copies.tolist(), "gamma": gamma, "k": k,
        "laplacian": values.tolist(),
        "embedding": u[first].tolist() if more.get("embedding", True) else None,
        "discretize": labels[first].tolist(), "kmeans": km[first].tolist(),
        "cluster_qr": qr[first].tolist(),
        "separated": more.get("separated", True),
    }


def main():
    rng = np.random.default_rng(5)
    cases = [
        case("blobs", blobs(rng), 1.0, 3, rng),
        case("moons", moons(rng), 30.0, 2, rng),
        case("tails", tails(rng), 0.5, 4, rng, separated=False),
        case("large", large(rng), 0.5, 3, rng),
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "sklearn.json").write_text(json.dumps({"versions": VERSIONS, "cases": cases}) + "\n")
    for c in cases:
        print(c["name"], len(c["x"]), sum(c["copies"]), c["laplacian"], np.bincount(c["discretize"]), np.bincount(c["kmeans"]))


main()
