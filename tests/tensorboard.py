"""Compares the metrics of a comparison with what TensorBoard reads of them: python tests/tensorboard.py DIR

DIR was made by `gymkhana compare ... --tensorboard`: every file under tensorboard/ is held to the metrics.jsonl of its run.
Needs `pip install tensorboard`.
"""

import json
import struct
import sys
from pathlib import Path

sys.path.pop(0)  # this file's folder, in which the package's name is this file's
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator


def single(x):
    """The nearest number of single precision."""
    try:
        return struct.unpack("<f", struct.pack("<f", x))[0]
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def written(run):
    """What the metrics say: step and value in order, by key."""
    scalars = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        step = record.pop("step")
        for key, value in record.items():
            scalars.setdefault(key, []).append((step, single(value)))
    return scalars


def read(file):
    """What TensorBoard reads: the same."""
    events = EventAccumulator(str(file), size_guidance={SCALARS: 0}).Reload()
    assert events.file_version == 2.0, f"{file}: version {events.file_version}"
    return {tag: [(at.step, at.value) for at in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    base = Path(sys.argv[1])
    files = sorted(base.glob("tensorboard/*/*/*/events.out.tfevents.*"))
    if not files:
        sys.exit(f"{base} has no tensorboard/: `gymkhana report {base} --tensorboard` writes it")
    failed, values = False, 0
    for file in files:
        run = base / "runs" / file.parent.relative_to(base / "tensorboard")
        expected, found = written(run), read(file)
        wrong = [key for key in sorted(expected.keys() | found.keys()) if expected.get(key) != found.get(key)]
        for key in wrong:
            print(f"{file}: {key}: {found.get(key)}, not {expected.get(key)}")
        failed = failed or bool(wrong)
        values += sum(map(len, expected.values()))
    print(f"{len(files)} runs, {values} values: {'they differ' if failed else 'all as in the metrics'}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
