"""Runs each stage by the toolkit and by its peer, each in a process of its own, and prints a table; see compare_learn.sh."""
import os
import resource
import subprocess
import sys

FOLDER = sys.argv[1]
RUNS = 3
LIMIT = 12 << 30  # address space of a peer: scikit-learn's DBSCAN would take all memory there is

PREPARE = """
import time, numpy as np, pyarrow as pa, pyarrow.ipc
from sklearn.preprocessing import StandardScaler
names = 'bytes_up bytes_dw num_conns num_flows num_dst_port num_src_port tcp_conns udp_conns'.split()
t = pa.ipc.open_file(FOLDER + '/out/ip_pairs.arrow').read_all()
x = np.stack([t[n].to_numpy() for n in names], axis=1).astype(float)
x = StandardScaler().fit_transform(np.repeat(x, t['bins'].to_numpy(), axis=0))
SHAPE
IMPORT
whole, x = x, x[:1000]
FIT  # loads and compiles what the first call does
x = whole
began = time.process_time()
FIT
print('fit', time.process_time() - began, RESULT)
"""

DISTINCT = "x = np.unique(x, axis=0)"

# Name, our command, the peer, what it imports, what is done to the matrix x first, its fit, and what to print of it.
STAGES = [
    ("k-means, k=8, n_init=10", "cluster --algo kmeans --k 8 --n-init 10 --internal-scores none --on ip_pairs", "scikit-learn",
     "from sklearn.cluster import KMeans", "", "m = KMeans(8, n_init=10, random_state=0).fit(x)", "'inertia', m.inertia_"),
    ("DBSCAN, eps 1, min_samples 2", "cluster --algo dbscan --eps 1 --min-samples 2 --internal-scores none --on ip_pairs", "scikit-learn",
     "from sklearn.cluster import DBSCAN", "", "m = DBSCAN(eps=1, min_samples=2).fit(x)", "'clusters', m.labels_.max() + 1"),
    ("DBSCAN, eps 1, min_samples 2", "cluster --algo dbscan --eps 1 --min-samples 2 --internal-scores none --on ip_pairs", "dbscan 1.0.0 (Wang, Gu, Shun)",
     "from dbscan import DBSCAN", "", "labels, core = DBSCAN(x, eps=1, min_samples=2)", "'clusters', labels.max() + 1"),
    ("HDBSCAN, min_cluster_size 5", "cluster --algo hdbscan --internal-scores none --on ip_pairs", "hdbscan, distinct rows",
     "from hdbscan import HDBSCAN", DISTINCT, "m = HDBSCAN().fit(x)", "'clusters', m.labels_.max() + 1"),
    ("HDBSCAN, min_cluster_size 5", "cluster --algo hdbscan --internal-scores none --on ip_pairs", "fast_hdbscan, distinct rows",
     "from fast_hdbscan import HDBSCAN", DISTINCT, "m = HDBSCAN(min_cluster_size=5).fit(x)", "'clusters', m.labels_.max() + 1"),
    ("spectral, rbf, 8 clusters, 5,000 rows", "cluster --algo spectral --k 8 --internal-scores none --scale none --on FOLDER/rows5000.csv", "scikit-learn",
     "from sklearn.cluster import SpectralClustering", "x = np.loadtxt(FOLDER + '/rows5000.csv', delimiter=',', skiprows=1)",
     "m = SpectralClustering(8, gamma=1, random_state=0).fit(x)", "'clusters', len(set(m.labels_))"),
    ("HBOS, 10 bins", "score --algo hbos --on ip_pairs", "PyOD",
     "from pyod.models.hbos import HBOS", "", "m = HBOS().fit(x)", "'max score', m.decision_scores_.max()"),
    ("ECOD", "score --algo ecod --on ip_pairs", "PyOD",
     "from pyod.models.ecod import ECOD", "", "m = ECOD().fit(x)", "'max score', m.decision_scores_.max()"),
    ("Isolation Forest, 100 trees", "score --algo iforest --on ip_pairs", "PyOD",
     "from pyod.models.iforest import IForest", "", "m = IForest().fit(x)", "'max score', m.decision_scores_.max()"),
    ("LOF, 20 neighbours, equal rows once", "score --algo lof --distinct --on ip_pairs", "PyOD, distinct rows",
     "from pyod.models.lof import LOF", DISTINCT, "m = LOF().fit(x)", "'max score', m.decision_scores_.max()"),
    ("PCA, 8 columns", "pca --components all --on ip_pairs", "scikit-learn",
     "from sklearn.decomposition import PCA", "", "m = PCA().fit(x); c = m.transform(x)", "'variance', m.explained_variance_.sum()"),
]


def timed(args, limit=None):
    """Returns CPU seconds, peak MiB, exit code and output of a process."""
    def restrict():
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    p = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=restrict)
    out = p.stdout.read()
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, p.returncode, out


def main():
    print(f"best of {RUNS} runs; peak memory is of the whole process\n")
    print("| stage | toolkit: CPU s, whole command | peak MiB | peer | CPU s, fit alone | peak MiB | what it says |")
    print("|---|---|---|---|---|---|---|")
    subprocess.run([sys.executable, "-c", ROWS.replace("FOLDER", repr(FOLDER))], check=True)
    for name, command, peer, imports, shape, fit, result in STAGES:
        ours = [timed(ours_command(command)) for _ in range(RUNS)]
        assert all(o[2] == 0 for o in ours), ours[0][3]
        code = PREPARE.replace("FOLDER", repr(FOLDER))
        code = code.replace("SHAPE", shape.replace("FOLDER", repr(FOLDER))).replace("IMPORT", imports).replace("FIT", fit).replace("RESULT", result)
        theirs, said = [], ""
        for _ in range(RUNS):
            _, peak, status, out = timed([sys.executable, "-c", code], LIMIT)
            last = out.strip().splitlines()[-1] if out.strip() else ""
            if status != 0:
                said = f"ends with {last.split(':')[0] or status} at {LIMIT >> 30} GiB"
                break
            theirs.append((float(last.split()[1]), peak))
            said = " ".join(last.split()[2:])
        cpu = f"{min(t[0] for t in theirs):.3f}" if theirs else "—"
        peak = f"{min(t[1] for t in theirs):.0f}" if theirs else "—"
        print(f"| {name} | {min(o[0] for o in ours):.3f} | {min(o[1] for o in ours):.0f} | {peer} | {cpu} | {peak} | {said} |", flush=True)


def ours_command(command):
    return [FOLDER + "/toolkit", *command.replace("FOLDER", FOLDER).split(), "--quiet", "--out", FOLDER + "/out"]


# 5,000 of the distinct standardised rows, evenly spread, for what is quadratic at the peer's.
ROWS = PREPARE[:PREPARE.index("SHAPE")] + """
x = np.unique(x, axis=0)
x = x[np.linspace(0, len(x) - 1, 5000).astype(int)]
np.savetxt(FOLDER + '/rows5000.csv', x, delimiter=',', header=','.join(names), comments='', fmt='%.17g')
"""

main()
