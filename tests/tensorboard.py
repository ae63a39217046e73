"""Compares metrics with what TensorBoard reads of them: python tests/tensorboard.py RUN_DIR...

Each directory holds a run's metrics.jsonl and the events.out.tfevents.* made of it. Needs `pip install tensorboard`.
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


def read(run):
    """What TensorBoard reads: the same."""
    files = list(run.glob("events.out.tfevents.*"))
    assert len(files) == 1, f"{run} has {len(files)} files of events"
    events = EventAccumulator(str(files[0]), size_guidance={SCALARS: 0}).Reload()
    assert events.file_version == 2.0, f"{run}: version {events.file_version}"
    return {tag: [(at.step, at.value) for at in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def main():
    runs = [Path(run) for run in sys.argv[1:]]
    if not runs:
        sys.exit(__doc__)
    failed = False
    for run in runs:
        expected, found = written(run), read(run)
        wrong = [key for key in sorted(expected.keys() | found.keys()) if expected.get(key) != found.get(key)]
        for key in wrong:
            print(f"{run}: {key}: {found.get(key)}, not {expected.get(key)}")
        failed = failed or bool(wrong)
        print(f"{run}: {len(expected) - len(wrong)} keys, {sum(map(len, expected.values()))} values")
    sys.exit(failed)


if __name__ == "__main__":
    main()
