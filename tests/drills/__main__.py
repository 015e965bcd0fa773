"""`make drill`: every drill, one after the other; `python -m tests.drills reads moves` for some of them.

Each starts a site of its own, injects its faults, and prints whether its promise held. Not part of CI, which runs the
same with smaller numbers."""

import importlib
import sys
import time

DRILLS = ("uploads", "fairness", "reads", "failover", "moves")


def main(names: list[str]) -> int:
    """Run the drills of these names, or all; the exit code is 1 when one of them did not end well."""
    unknown = sorted(set(names) - set(DRILLS))
    if unknown:
        print(f"There is no drill {' '.join(unknown)!r}. There are: {', '.join(DRILLS)}.")
        return 2
    outcomes: dict[str, str] = {}
    for name in names or DRILLS:
        print(f"— {name}", flush=True)
        began = time.monotonic()
        is_good = importlib.import_module(f"tests.drills.{name}").main() == 0
        outcomes[name] = f"{'✓' if is_good else '✗'} {name:<10} {time.monotonic() - began:6.0f} s"
    print("\n".join(outcomes.values()))
    return 0 if all(line.startswith("✓") for line in outcomes.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
