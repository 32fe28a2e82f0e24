"""The figures of a run as a Markdown table with the targets beside them, and the ratios as a bar chart."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

Results = dict[str, Any]
RATIO_TARGETS = (("faust", 35.0), ("quix", 2.5), ("bytewax", 2.0), ("hand", 0.45))


def speed(results: Results, peer: str) -> float | None:
    """Events for each CPU second of a peer, if it was measured."""
    figure = results["plain"].get(peer, {}).get("events_per_cpu_s")
    return float(figure) if figure else None


def targets(results: Results) -> list[tuple[str, str, str, bool | None]]:
    """What was aimed at, what was measured, and whether that is enough; None: not measured."""
    rows: list[tuple[str, str, str, bool | None]] = []
    ours = speed(results, "ours")
    for peer, factor in RATIO_TARGETS:
        other = speed(results, peer)
        ratio = ours / other if ours and other else None
        label = results["plain"].get(peer, {}).get("label", peer)
        row = f"plain job, ours against {label}"
        rows.append((row, f">= {factor:g} x", f"{ratio:.2f} x" if ratio else "-", ratio >= factor if ratio else None))
    full = results.get("full", {})
    live, replay, latency = full.get("live_per_cpu_s"), full.get("replay_per_cpu_s"), full.get("latency", {})
    rows.append(
        (
            "full engine, live, events per CPU second",
            ">= 15,000",
            f"{live:,.0f}" if live else "-",
            live >= 15_000 if live else None,
        )
    )
    share = live / replay if live and replay else None
    rows.append(
        (
            "full engine, live against replay",
            ">= 70 %",
            f"{share:.0%}" if share else "-",
            share >= 0.7 if share else None,
        )
    )
    rate = latency.get("rate", 0)
    for name, limit in (("p50", 150), ("p99", 500)):
        found = latency.get(f"{name}_ms")
        enough = None if found is None else found < limit and rate >= 3000 and bool(latency["held"])
        shown = "-" if found is None else f"{found:,.0f} ms at {rate:,}/s" + ("" if latency["held"] else ", not held")
        rows.append((f"event to alert, {name}, at 3,000 events/s", f"< {limit} ms", shown, enough))
    rows.append(_memory_target(results))
    return rows


def _memory_target(results: Results) -> tuple[str, str, str, bool | None]:
    found = results.get("memory", {}).get("rocksdb", {})
    most = max((found[key] for key in ("recovery_peak_mb", "load_peak_mb", "after_load_mb") if found), default=None)
    enough = None if most is None or found["customers"] < 1_000_000 else most < 1_000
    what = "a worker with RocksDB and 1,000,000 customers, at the most resident"
    return what, "< 1,000 MB", "-" if most is None else f"{most:,} MB of {found['customers']:,} customers", enough


def markdown(results: Results) -> str:
    """All tables of a run."""
    machine = results["machine"]
    lines = [
        f"{results['date']}, {machine['cpus']} CPUs ({machine['model']}), {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}, Kafka {machine['kafka']} on the same machine, "
        f"load before the run {machine['load_before']}.",
        "",
        f"The plain job, the median of {results['repeat']} runs:",
        "",
        "| | guarantee | events | events per CPU second | events/s | ours is | broker, µs per event | rewards |",
        "|---|---|---|---|---|---|---|---|",
    ]
    ours = speed(results, "ours")
    for peer, row in results["plain"].items():
        figure = speed(results, peer)
        if figure is None:
            lines.append(
                f"| {row['label']} | {row['guarantee']} | {row['events']:,} | not measured: {row['problem']} | | | | |"
            )
            continue
        ratio = f"{ours / figure:.2f} x" if ours else ""
        rewards = f"{row['rewards']:,} of {row['expected']:,}"
        lines.append(
            f"| {row['label']} | {row['guarantee']} | {row['events']:,} | {figure:,.0f} "
            f"({row['slowest']:,.0f} - {row['fastest']:,.0f}) | {row['events_per_s']:,.0f} | {ratio} "
            f"| {row['broker_us_per_event']:.1f} | {rewards} |"
        )
    lines += ["", *_full(results), "", *_memory(results), "", "| target | | measured | |", "|---|---|---|---|"]
    verdicts = {True: "met", False: "**missed**", None: "not measured"}
    lines += [f"| {what} | {aim} | {found} | {verdicts[met]} |" for what, aim, found, met in targets(results)]
    return "\n".join(lines)


def _full(results: Results) -> list[str]:
    full = results.get("full", {})
    if "problem" in full:
        return [f"The full engine was not measured: {full['problem']}"]
    if not full:
        return ["The full engine was not measured in this run."]
    latency = full["latency"]
    figures = ", ".join(f"{name} {latency[key]:,.0f} ms" for name, key in _PERCENTILES if key in latency)
    held = "" if latency["held"] else " (the worker did not hold this rate)"
    return [
        f"The full engine, {full['events']:,} events of {full['customers']:,} customers over {full['days']} days, "
        f"medians of {results['full_repeat']} runs:",
        "",
        "| | |",
        "|---|---|",
        f"| live, events per CPU second of the worker | {full['live_per_cpu_s']:,.0f}"
        f" ({full['live_slowest']:,.0f} - {full['live_fastest']:,.0f}) |",
        f"| live, events per second | {full['live_per_s']:,.0f} |",
        f"| live, CPU of the broker | {full['broker_us_per_event']:.0f} µs per event |",
        f"| replay in process, events per CPU second | {full['replay_per_cpu_s']:,.0f}"
        f" ({full['replay_slowest']:,.0f} - {full['replay_fastest']:,.0f}) |",
        f"| live against replay | {full['live_per_cpu_s'] / full['replay_per_cpu_s']:.0%} |",
        f"| decisions, replay | {full['replay_decisions']:,} |",
        f"| decisions, live, about moments up to the last event | {full['live_decisions']:,} |",
        f"| as many events within one day, nobody due for a wake ({full['day_decisions']:,} decisions): live"
        f" and replay, one run | {full['day_live_per_cpu_s']:,.0f} and {full['day_replay_per_cpu_s']:,.0f} |",
        f"| event to alert at {latency['rate']:,} events/s{held}, {latency['alerts']:,} alerts | {figures} |",
        f"| the worker's CPU at that rate | {full['latency_worker_cpu']:.0%} of one core |",
    ]


def _memory(results: Results) -> list[str]:
    stores = results.get("memory", {})
    if "problem" in stores or not stores:
        return [f"The memory of a worker was not measured{': ' + stores['problem'] if stores else ' in this run'}."]
    customers, events = stores["memory"]["customers"], stores["memory"]["events"]
    return [
        f"A whole worker with {customers:,} customers recovered from the changelog, then {events:,} events of theirs, "
        "MB resident:",
        "",
        "| | all states recovered | at the most until then | at the most under load | after it |",
        "|---|---|---|---|---|",
        *(
            f"| {store} | {row['recovered_mb']:,} | {row['recovery_peak_mb']:,} | {row['load_peak_mb']:,} "
            f"| {row['after_load_mb']:,} |"
            for store, row in stores.items()
        ),
    ]


_PERCENTILES = (("p50", "p50_ms"), ("p99", "p99_ms"), ("p99.9", "p999_ms"), ("max", "max_ms"))


def svg(results: Results) -> str:
    """Events for each CPU second as multiples of stock Faust's (of ours, without it)."""
    speeds = {peer: figure for peer in results["plain"] if (figure := speed(results, peer))}
    base = "faust" if "faust" in speeds else "ours"
    if base not in speeds:
        base = next(iter(speeds), "")
    ratios = {peer: figure / speeds[base] for peer, figure in speeds.items()}
    widest = max(ratios.values(), default=1.0)
    left, width, step = 200, 400, 34
    height = 56 + step * len(ratios)
    base_label = results["plain"][base]["label"] if base else ""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 {height}" font-family="sans-serif" font-size="13">',
        f"<title>Events per CPU second of the worker, {escape(base_label)} = 1</title>",
        f'<rect width="680" height="{height}" fill="#fff"/>',
        f'<text x="16" y="26" font-weight="bold">Events per CPU second of the worker, {escape(base_label)} = 1</text>',
    ]
    for row, (peer, ratio) in enumerate(ratios.items()):
        y = 44 + row * step
        fill = "#1a7f5a" if peer == "ours" else "#9aa5b1"
        label = escape(results["plain"][peer]["label"])
        parts += [
            f'<text x="{left - 10}" y="{y + 17}" text-anchor="end">{label}</text>',
            f'<rect x="{left}" y="{y}" width="{max(1.0, ratio / widest * width):.1f}" height="24" fill="{fill}"/>',
            f'<text x="{left + ratio / widest * width + 8:.1f}" y="{y + 17}">{ratio:.1f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
