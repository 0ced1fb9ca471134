"""Results as Markdown tables."""
from statistics import median

BASELINE = "stock async"


def spread(values, digits):
    """`3.21 (3.18-3.40)`: the median, and the range when there is one."""
    text = f"{median(values):,.{digits}f}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def column(samples, key):
    return [sample[key] for sample in samples]


def ratios(samples, baseline):
    """The baseline's CPU time over this server's, round by round."""
    pairs = zip(column(baseline, "cpu_us_per_call"), column(samples, "cpu_us_per_call"))
    return [theirs / ours for theirs, ours in pairs]


def layout_table(layout, by_server, resident):
    lines = [f"### {layout}", ""]
    lines += [f"| server | CPU us/call | calls/s | CPU of {BASELINE} / its own | RSS MiB |"]
    lines += ["|---|---|---|---|---|"]
    baseline = by_server.get(BASELINE)
    for name, samples in by_server.items():
        ratio = spread(ratios(samples, baseline), 2) if baseline else "-"
        cpu = spread(column(samples, "cpu_us_per_call"), 2)
        rate = spread(column(samples, "calls_per_second"), 0)
        lines.append(f"| {name} | {cpu} | {rate} | {ratio} | {resident[name]:.0f} |")
    return lines + [""]


def client_table(rows):
    lines = ["### Clients, closed loop, 100 calls in flight", ""]
    lines += ["| client | connections | server | calls/s | client CPU us/call |", "|---|---|---|---|---|"]
    for row in rows:
        rate = spread(column(row["samples"], "calls_per_second"), 0)
        cpu = spread(column(row["samples"], "cpu_us_per_call"), 2)
        lines.append(f"| {row['client']} | {row['connections']} | {row['server']} | {rate} | {cpu} |")
    return lines + [""]


def markdown(results):
    machine = results["machine"]
    rounds = "1 round" if results["rounds"] == 1 else f"{results['rounds']} rounds"
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}; {rounds} of "
        f"{results['requests']:,} calls, servers taking turns; medians (range). Echo, 23-byte payload.",
        "",
    ]
    for layout, by_server in results["layouts"].items():
        lines += layout_table(layout, by_server, results["resident_mib"])
    if results.get("clients"):
        lines += client_table(results["clients"])
    return "\n".join(lines)
