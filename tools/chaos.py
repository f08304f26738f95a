"""`make chaos`: kill, fail and repeat at every call of every handler, and compare what is left.

Each worker process has an emulated AWS and a fake X of its own. Ends with a table of call places
and faults (how often each was played, or `-n` for n that left a difference), and with status 1 when
anything differs from an undisturbed run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.util
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from tests.chaos.drill import Case, Peace, Result
    from tests.chaos.faults import Fault
    from tests.chaos.sites import Site

_world: Any = None
Played = tuple[str, "Case", "Result"]
Work = tuple[str, "Peace", "Case"]


def main() -> None:
    """Play all cases, show how far it is, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="", help="only those whose name has this in it")
    parser.add_argument("--jobs", type=int, default=max(1, min(8, os.cpu_count() or 1)))
    parser.add_argument("--every", type=int, default=1, help="play only every n-th case")
    parser.add_argument("--calls", type=int, default=3, help="calls from one place, at most")
    given = parser.parse_args()
    console, began = Console(highlight=False), time.monotonic()
    context = multiprocessing.get_context("spawn")
    with context.Pool(given.jobs, initializer=_begin) as pool:
        names = [name for name in pool.apply(_names) if given.scenario in name]
        peaces = dict(zip(names, pool.map(_in_peace, names, chunksize=1), strict=True))
        work = [
            (name, peaces[name], case)
            for name in names
            for case in pool.apply(_cases, (peaces[name], given.calls))
        ][:: given.every]
        played = _show(console, pool.imap_unordered(_play, _unlike_first(work)), len(work))
        pool.close()
        pool.join()
    status = _report(console, peaces, played)
    console.print(f"{(time.monotonic() - began) / 60:.0f} minutes with {given.jobs} workers")
    sys.exit(status)


def _unlike_first(work: Sequence[Work]) -> list[Work]:
    """What was not played yet at all before what another story or call plays again."""
    seen: Counter[tuple[Site | None, Fault]] = Counter()
    ranked = []
    for place, each in enumerate(work):
        what = (each[2].site, each[2].fault)
        ranked.append((seen[what], place))
        seen[what] += 1
    return [work[place] for _, place in sorted(ranked)]


def _show(console: Console, results: Iterable[Played], total: int) -> list[Played]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("faults", total=total)
        played = []
        for each in results:
            played.append(each)
            progress.advance(task)
            if each[2].difference:
                console.print(f"[red]differs[/red] {_told(each)}")
    return played


def _told(played: Played) -> str:
    scenario, case, result = played
    at = case.site or "message"
    return f"{scenario}: {case.fault} at {at} ({case.at}): {result.difference}"


def _report(console: Console, peaces: dict[str, Peace], played: list[Played]) -> int:
    """Print call places against faults, and the sums. Returns the exit status."""
    sites = {site for peace in peaces.values() for site in peace.calls}
    calls = sum(len(peace.calls) for peace in peaces.values())
    failed = [each for each in played if each[2].difference]
    unmet = sites - {result.site for _, _, result in played}
    print("\n".join(_table(played)), end="\n\n")
    for each in failed:
        console.print(f"[red]differs[/red] {_told(each)}", soft_wrap=True)
    console.print(
        f"{len(peaces)} scenarios, {calls} calls from {len(sites)} places, {len(unmet)} of them "
        f"without a fault; {len(played)} faults played, {len(failed)} left a difference",
        soft_wrap=True,
    )
    return int(bool(failed))


def _table(played: list[Played]) -> Iterator[str]:
    """A line for each place that calls, a column for each fault: how many were played."""
    cells: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for _, case, result in played:
        cells[str(result.site or "(messages)"), case.fault].append(not result.difference)
    places = sorted({place for place, _ in cells})
    faults = sorted({fault for _, fault in cells})
    width = max(map(len, places))
    for number, fault in enumerate(faults):
        yield " " * width + "     |" * number + f"     {fault}"
    for place in places:
        yield place.ljust(width) + "".join(_cell(cells.get((place, fault), [])) for fault in faults)


def _cell(ends: list[bool]) -> str:
    if not ends:
        return "     ."
    return f"{len(ends):6}" if all(ends) else f"{'-' + str(ends.count(False)):>6}"


def _begin() -> None:
    """Give this process a world of its own; what handlers print is nobody's concern here."""
    from bench.world import emulated_aws
    from localdev.xworld.server import serve
    from localdev.xworld.world import XWorld
    from tests.worlds import a_small_world

    global _world  # noqa: PLW0603 - one world a process, made before its first case
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process lives
    stack = ExitStack()
    stack.enter_context(emulated_aws())
    _world = stack.enter_context(serve(XWorld(a_small_world(), present=1.0)))
    os.environ |= {"SCRAPEBADGER_BASE_URL": _world.url, "APIFY_BASE_URL": _world.url}
    multiprocessing.util.Finalize(None, stack.close, exitpriority=1)


def _names() -> list[str]:
    from tests.chaos.scenarios import SCENARIOS

    return [scenario.name for scenario in SCENARIOS]


def _in_peace(name: str) -> Peace:
    from tests.chaos import drill

    return drill.in_peace(_scenario(name), _world)


def _cases(peace: Peace, calls: int) -> list[Case]:
    from tests.chaos import drill

    return list(drill.cases(peace, calls))


def _play(work: Work) -> Played:
    from tests.chaos import drill

    name, peace, case = work
    return name, case, drill.under_fire(_scenario(name), peace, case, _world)


def _scenario(name: str) -> Any:
    from tests.chaos.scenarios import SCENARIOS

    return next(scenario for scenario in SCENARIOS if scenario.name == name)


if __name__ == "__main__":
    main()
