"""Measures trust, the one probability of all methods: makes the tables of docs/detection.md.

    go build -o toolkit ./cmd/toolkit
    python bench/trust.py ./toolkit WORKDIR [--seeds 20] [--records 20000] [NAME=FILE[,LABELS] ...]

For each seed of the synthetic set, and each file named, it runs the whole job once and then `ensemble`
with other choices. Labels are in the file, or in a file of record,label. Nothing but the standard library is
needed. Runs that are there already are used again.
"""
import argparse
import collections
import json
import pathlib
import statistics
import subprocess

BLIND = ["--combine", "noisy-or"]
CHOICES = [
    BLIND,
    BLIND + ["--context", "0"],
    BLIND + ["--unify", "gaussian"], BLIND + ["--unify", "gamma"], BLIND + ["--unify", "ranks"], BLIND + ["--unify", "mixture"],
    ["--combine", "average"], ["--combine", "agreement"], ["--combine", "maximum"], ["--combine", "aom"], ["--combine", "moa"],
    BLIND + ["--calibrate", "isotonic"],
    ["--combine", "stack"],
    ["--combine", "stack", "--context", "0"],
    ["--combine", "stack", "--calibrate", "isotonic"],
    ["--combine", "stack", "--calibrate", "platt"],
]


def call(binary, *args):
    subprocess.run([binary, *map(str, args)], check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class Set:
    def __init__(self, binary, name, out, source, labels):
        self.binary, self.name, self.out = binary, name, out
        self.labels = ["--labels", labels] if labels else []
        if not (out / "evaluation.json").exists():
            call(binary, "run", "-q", "--bootstrap", 0, "--workers", 1, "--out", out, source, *self.labels)

    def judge(self, choice):
        """Returns the outcomes of all methods, trust last."""
        call(self.binary, "ensemble", "-q", "--out", self.out, *self.labels, *choice)
        call(self.binary, "evaluate", "-q", "--bootstrap", 0, "--out", self.out, *self.labels)
        evaluation = json.loads((self.out / "evaluation.json").read_text())
        stats = next(r for r in reversed(json.loads((self.out / "manifest.json").read_text())["runs"]) if r["command"] == "ensemble")["stats"]
        return evaluation["methods"], evaluation, {s["name"]: s.get("value") for s in stats}


def at_recall(curve, want):
    """The highest precision of a curve at no less than a recall."""
    return max((p["precision"] for p in curve or [] if p["recall"] >= want), default=0)


def spread(values):
    values = [v for v in values if v is not None]
    if not values:
        return "–"
    mean = statistics.fmean(values)
    return f"{mean:.3f}" + (f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else "")


def measure(groups, choice):
    """Prints how good trust is by data set, and by label on the synthetic one."""
    recalls, benign, expected = collections.defaultdict(list), [], []
    print("\n## By data set\n")
    for name, sets in groups.items():
        rows = collections.defaultdict(list)
        for s in sets:
            methods, evaluation, stats = s.judge(choice)
            trust = methods[-1]
            assert trust["method"] == "trust"
            d, others = trust["detection"], [m for m in methods[:-1] if m.get("detection")]
            for key in ("auroc", "aupr"):
                best = max(others, key=lambda m: m["detection"][key] or 0)
                rows[key].append(d[key])
                rows["best " + key].append(best["detection"][key])
                rows["who " + key].append(best["method"])
            iqr = next((m["detection"] for m in others if m["method"] == "iqr"), None)
            if iqr:
                rows["iqr precision"].append(iqr["precision"])
                rows["iqr recall"].append(iqr["recall"])
                rows["trust at iqr recall"].append(at_recall(d["curve"], iqr["recall"] or 0))
            for key in ("precision", "recall", "recall_at_1_percent"):
                rows[key].append(d.get(key))
            rows["benign flagged"].append(d["fp"] / max(1, d["fp"] + d["tn"]))
            rows["brier"].append(stats.get("brier"))
            if name == "synth":
                for l in d["recall_by_label"]:
                    recalls[l["label"]].append(l["recall"])
                benign.append(rows["benign flagged"][-1])
                expected.append(stats["expected_false_alarms"])
        print(f"{name}:")
        for key, values in rows.items():
            if key.startswith("who"):
                print(f"  {key:22s} {', '.join(f'{m} ({n})' for m, n in collections.Counter(values).most_common(3))}")
            else:
                print(f"  {key:22s} {spread(values)}")
    print("\n## Synthetic set, recall by label at the threshold of --false-alarms 0.01\n")
    for label, values in recalls.items():
        print(f"  {label:18s} {spread(values)}  least {min(values):.3f}  {sum(v >= 0.95 for v in values)} of {len(values)} at least 0.95")
    print(f"  benign flagged     {spread(benign)}  most {max(benign):.4f}; expected {spread(expected)}", flush=True)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("binary")
    ap.add_argument("work", type=pathlib.Path)
    ap.add_argument("--seeds", type=int, default=20)
    ap.add_argument("--records", type=int, default=20000)
    ap.add_argument("--choices", type=int, default=3, help="seeds that other choices are tried on; 0 for none")
    ap.add_argument("sets", nargs="*")
    a = ap.parse_intermixed_args()
    a.work.mkdir(parents=True, exist_ok=True)
    groups = collections.OrderedDict(synth=[])
    for seed in range(1, a.seeds + 1):
        csv, labels = a.work / f"s{seed}.csv", a.work / f"s{seed}.labels.csv"
        if not csv.exists():
            call(a.binary, "datasets", "synth", "-q", "-o", csv, "--records", a.records, "--seed", seed)
        groups["synth"].append(Set(a.binary, f"s{seed}", a.work / f"s{seed}", csv, labels))
    for arg in a.sets:
        name, _, files = arg.partition("=")
        source, _, labels = files.partition(",")
        groups[name] = [Set(a.binary, name, a.work / name, source, labels)]

    print("\n# Without labels")
    measure(groups, BLIND)
    print("\n# With labels where they can be learned from")
    measure(groups, [])

    if a.choices == 0:
        return
    print("\n## Choices: AUROC / AUPR / recall at 1 % of the benign\n")
    print("| choice | " + " | ".join(groups) + " |")
    for choice in CHOICES:
        cells = []
        for name, sets in groups.items():
            got = [s.judge(choice)[0][-1]["detection"] for s in sets[:a.choices]]
            cells.append(" / ".join(f"{statistics.fmean([g.get(k) or 0 for g in got]):.3f}" for k in ("auroc", "aupr", "recall_at_1_percent")))
        print("| " + (" ".join(choice) or "default") + " | " + " | ".join(cells) + " |", flush=True)
    for sets in groups.values():
        for s in sets:
            s.judge([])


if __name__ == "__main__":
    main()
