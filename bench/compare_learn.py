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
IMPORT
whole, x = x, x[:1000]
FIT  # loads and compiles what the first call does
x = whole
began = time.process_time()
FIT
print('fit', time.process_time() - began, RESULT)
"""

STAGES = [
    ("k-means, k=8, n_init=10", "cluster --algo kmeans --k 8 --n-init 10", "scikit-learn",
     "from sklearn.cluster import KMeans", "m = KMeans(8, n_init=10, random_state=0).fit(x)", "'inertia', m.inertia_"),
    ("DBSCAN, eps 1, min_samples 2", "cluster --algo dbscan --eps 1 --min-samples 2", "scikit-learn",
     "from sklearn.cluster import DBSCAN", "m = DBSCAN(eps=1, min_samples=2).fit(x)", "'clusters', m.labels_.max() + 1"),
    ("HBOS, 10 bins", "score --algo hbos", "PyOD",
     "from pyod.models.hbos import HBOS", "m = HBOS().fit(x)", "'max score', m.decision_scores_.max()"),
    ("Isolation Forest, 100 trees", "score --algo iforest", "PyOD",
     "from pyod.models.iforest import IForest", "m = IForest().fit(x)", "'max score', m.decision_scores_.max()"),
    ("PCA, 8 columns", "pca --components all", "scikit-learn",
     "from sklearn.decomposition import PCA", "m = PCA().fit(x); c = m.transform(x)", "'variance', m.explained_variance_.sum()"),
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
    for name, command, peer, imports, fit, result in STAGES:
        ours = [timed([FOLDER + "/toolkit", *command.split(), "--on", "ip_pairs", "--out", FOLDER + "/out"]) for _ in range(RUNS)]
        assert all(o[2] == 0 for o in ours), ours[0][3]
        code = PREPARE.replace("FOLDER", repr(FOLDER)).replace("IMPORT", imports).replace("FIT", fit).replace("RESULT", result)
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
    for name, command, *_ in STAGES:
        _, _, _, out = timed([FOLDER + "/toolkit", *command.split(), "--on", "ip_pairs", "--out", FOLDER + "/out"])
        print(f"\n{name}:\n{out}")


main()
