"""Results of the signing service's benchmark as Markdown, against the goals."""
from statistics import median

from signing import ALGORITHMS
from table import column, spread

PUBLIC_KEY_GOAL = 1.3  # times Echo's
BESIDE_FACTOR, BESIDE_EXTRA_US = 1.5, 300  # either is enough
REFUSAL_GOAL_US = 1000


def verdict(reached):
    return "reached" if reached else "**not reached**"


def shares(samples, ours, bare):
    return [sample[ours] / sample[bare] for sample in samples]


def signing_table(samples_of, speeds):
    lines = ["### Signatures a second, one worker on a core of its own", ""]
    lines += ["| algorithm | `openssl speed` | bare loop | through the service | share | goal | | "
              "CPU us bare | CPU us of the worker | share of CPU |", "|" + "---|" * 10]
    for algorithm in ALGORITHMS:
        samples = samples_of[algorithm.name]
        share = shares(samples, "per_s", "bare_per_s")
        cpu_share = shares(samples, "bare_cpu_us", "worker_cpu_us")
        cells = [algorithm.title, f"{speeds[algorithm.name]:,.0f}",
                 spread(column(samples, "bare_per_s"), 0), spread(column(samples, "per_s"), 0),
                 spread([100 * one for one in share], 1) + " %", f"{100 * algorithm.goal:.0f} %",
                 verdict(median(share) >= algorithm.goal),
                 spread(column(samples, "bare_cpu_us"), 1), spread(column(samples, "worker_cpu_us"), 1),
                 spread([100 * one for one in cpu_share], 1) + " %"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [""]


def public_key_table(samples, instructions):
    ratios = shares(samples, "public_key", "echo")
    lines = ["### GetPublicKey against Echo of as many bytes", ""]
    lines += ["| | GetPublicKey | Echo | ratio | goal | |", "|---|---|---|---|---|---|"]
    ours, echo = spread(column(samples, "public_key"), 2), spread(column(samples, "echo"), 2)
    lines.append(f"| server CPU us/call | {ours} | {echo} | {spread(ratios, 2)} | {PUBLIC_KEY_GOAL} | "
                 f"{verdict(median(ratios) <= PUBLIC_KEY_GOAL)} |")
    if instructions:
        ours, echo = instructions["public_key"], instructions["echo"]
        ratio = f"{ours / echo:.2f} | {PUBLIC_KEY_GOAL} | {verdict(ours / echo <= PUBLIC_KEY_GOAL)}"
        lines.append(f"| instructions/call | {ours:,.0f} | {echo:,.0f} | {ratio} |")
    return lines + [""]


def is_near(idle_us, other_us):
    return other_us <= max(BESIDE_FACTOR * idle_us, idle_us + BESIDE_EXTRA_US)


def signed(samples, key):
    """`OK 1,200, RESOURCE_EXHAUSTED 4,000` of all rounds."""
    total = {}
    for sample in samples:
        for status, count in sample[key].items():
            total[status] = total.get(status, 0) + count
    return ", ".join(f"{status} {count:,}" for status, count in total.items())


def beside_table(samples):
    lines = ["### Echo beside RSA-4096", ""]
    lines += ["| slow lane | Echo p50 us | Echo p99 us | goal for p99 | | calls of RSA-4096 |",
              "|---|---|---|---|---|---|"]
    idle = median([sample["idle"]["p99"] for sample in samples])
    for key, title in (("idle", "idle"), ("busy", "saturated"), ("flooded", "flooded")):
        p50 = [sample[key]["p50"] for sample in samples]
        p99 = [sample[key]["p99"] for sample in samples]
        goal, reached, calls = "", "", ""
        if key != "idle":
            goal = f"{BESIDE_FACTOR} x idle, or + {BESIDE_EXTRA_US} us"
            reached, calls = verdict(is_near(idle, median(p99))), signed(samples, f"{key}_signing")
        lines.append(f"| {title} | {spread(p50, 0)} | {spread(p99, 0)} | {goal} | {reached} | {calls} |")
    refused = [sample["refused"] for sample in samples if sample["refused"]]
    if refused:
        p50, p99 = [one["p50"] for one in refused], [one["p99"] for one in refused]
        lines += ["", f"A refusal takes {spread(p50, 0)} us at p50 and {spread(p99, 0)} us at p99 (goal: "
                  f"{REFUSAL_GOAL_US} us): {verdict(median(p99) <= REFUSAL_GOAL_US)}."]
    return lines + [""]


def deadline_lines(deadlines):
    codes = ", ".join(f"{code} {count:,}" for code, count in deadlines["codes"].items())
    late = deadlines["signed_too_late"]
    return ["### Deadlines", "", f"Calls of RSA-4096 with a deadline, in a flood: {codes}. Signatures begun "
            f"after the deadline: {late} (goal: 0): {verdict(late == 0)}.", ""]


def markdown(results):
    machine = results["machine"]
    rounds = "1 round" if results["rounds"] == 1 else f"{results['rounds']} rounds"
    lines = [f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}; {rounds} of "
             f"{results['milliseconds'] / 1000:g} s, those of signatures a second in quarters, bare loop and "
             "service in turn; medians (range).", ""]
    lines += signing_table(results["signing"], results["openssl_speed"])
    lines += public_key_table(results["public_key"], results.get("instructions"))
    lines += beside_table(results["beside"]) + deadline_lines(results["deadlines"])
    return "\n".join(lines)
