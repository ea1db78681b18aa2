//! What a reader has to know before believing a number: each rule says what was seen and what to do.

use super::machine::Machine;
use super::record::Latencies;
use super::report::{Section, Target};
use super::show::{Unit, number};
use super::statistics::Spread;

/// A thread that is busy for more than this share of the time has nothing left to give.
const FULL: f64 = 0.85;
/// With fewer rounds quartiles are little more than guesses.
const ROUNDS: usize = 5;
/// A generator that begins later than this, in microseconds, shows in the latencies.
const LATE: f64 = 500.0;

/// About one scenario. `simulators`: share of the time in which they were busy, by round.
pub(super) fn of_section(section: &Section, simulators: Option<&Spread>, lateness: &[&Latencies]) -> Vec<String> {
    let mut advice = Vec::new();
    let targets = &section.targets;
    let shares = targets.iter().filter_map(|target| Some((target, target.generator_share.as_ref()?.median)));
    if let Some((target, share)) = shares.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, share)| *share > FULL) {
        advice.push(format!(
            "the load generator was the limit ({} of the time toward {}): rates and latencies are its own, look at CPU \
             per request, or give a --rate",
            number(share),
            target.name
        ));
    }
    if let Some(share) = simulators.filter(|share| share.median > FULL) {
        advice.push(format!(
            "the simulators were the limit ({} of the time): rates say little, look at CPU per request",
            number(share.median)
        ));
    }
    advice.extend(targets.iter().filter_map(failures));
    advice.extend(noisy_tail(section));
    if let Some(rate) = section.rate {
        let missed = targets.iter().filter(|target| target.unstarted > 0);
        advice.extend(missed.map(|target| {
            format!("{} did not keep up with {rate} requests/s: {} could not begin", target.name, target.unstarted)
        }));
        let late = lateness.iter().filter(|late| !late.is_empty()).map(|late| late.value_at_quantile(0.5)).max();
        let late = super::idle::float(late.unwrap_or_default()) / 1e3;
        if late > LATE {
            advice.push(format!(
                "half of the requests began more than {} µs late, which is in their latency",
                number(late)
            ));
        }
    }
    if section
        .proxy()
        .is_some_and(|proxy| !proxy.metrics.iter().any(|m| m.metric.starts_with("cpu_") || m.metric == "memory_mib"))
    {
        advice.push(
            "the proxy's processes cannot be seen from here (another machine, user or container): no CPU, no memory"
                .into(),
        );
    }
    advice
}

/// About the whole run. `threads`: how many want a core of their own at the same time.
pub(super) fn of_run(machine: &Machine, rounds: usize, threads: usize, is_debug: bool) -> Vec<String> {
    let mut advice = Vec::new();
    if is_debug {
        advice.push("a debug build: its numbers say nothing about the program that users run".into());
    }
    if rounds < ROUNDS {
        advice.push(format!("{rounds} rounds: differences below some 20 % are noise, take 7 or more"));
    }
    if machine.cores < threads {
        advice.push(format!(
            "{} cores for {threads} busy threads (load, servers, one proxy): they wait for each other, and latencies show \
             it; CPU per request does less so",
            machine.cores
        ));
    }
    let load: f64 = machine.load_average.parse().unwrap_or_default();
    if load > 0.5 {
        advice.push(format!("the machine was busy before the run (load average {})", machine.load_average));
    }
    if machine.congestion_control == "bbr" {
        advice
            .push("TCP's default congestion control is bbr, which paces: bulk over loopback is slower for all".into());
    }
    advice
}

fn failures(target: &Target) -> Option<String> {
    let reasons: Vec<_> = target.failures.iter().map(|(reason, count)| format!("{count} x {reason}")).collect();
    match (target.failed, target.requests) {
        (0, 0) => Some(format!("{}: nothing ended within a slice, take a longer --duration", target.name)),
        (0, _) => None,
        (failed, _) => Some(format!("{}: {failed} requests failed ({})", target.name, reasons.join(", "))),
    }
}

/// Whether the added p99 drowns in what the direct path's own p99 varies by.
fn noisy_tail(section: &Section) -> Option<String> {
    let (proxy, direct) = (section.proxy()?, section.targets.first()?);
    let added = section.added(&proxy.name, "direct", "latency_p99_us")?;
    let own = &direct.measure("latency_p99_us")?.spread;
    let middle = direct.measure("latency_p50_us")?.spread.median;
    let is_noise = added.difference.median.abs() <= own.width() || own.median > 10.0 * middle;
    is_noise.then(|| {
        let unit = Unit::of("µs", own.median);
        let (own, difference) = (unit.spread(own), unit.number(added.difference.median));
        format!(
            "p99 is noise here: direct's own is {own} {}, beside which a difference of {difference} means nothing",
            unit.name
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::report::{Added, Measure};
    use super::*;

    fn target(name: &str, p99: [f64; 3]) -> Target {
        let measure = |metric: &str, values: [f64; 3]| Measure {
            metric: metric.into(),
            label: String::new(),
            unit: "µs".into(),
            better: "less".into(),
            spread: Spread::of(values).unwrap(),
        };
        Target {
            name: name.into(),
            version: String::new(),
            requests: 9,
            failed: 0,
            failures: BTreeMap::new(),
            reopened: 0,
            unstarted: 0,
            generator_share: Spread::of([0.5]),
            metrics: vec![
                measure("latency_p50_us", [20.0; 3]),
                measure("latency_p99_us", p99),
                measure("memory_mib", [1.0; 3]),
            ],
            curves: Vec::new(),
        }
    }

    fn section(direct: [f64; 3], added: f64) -> Section {
        let added = Added {
            metric: "latency_p99_us".into(),
            label: String::new(),
            unit: "µs".into(),
            better: "less".into(),
            target: "viaduct".into(),
            against: "direct".into(),
            difference: Spread::of([added]).unwrap(),
            ratio: Spread::of([1.0]).unwrap(),
        };
        Section {
            scenario: "get".into(),
            request: "GET /".into(),
            connections: 1,
            rate: None,
            body_bytes: 0,
            targets: vec![target("direct", direct), target("viaduct", direct)],
            added: vec![added],
            warnings: Vec::new(),
        }
    }

    #[test]
    fn says_when_a_tail_is_noise() {
        assert_eq!(of_section(&section([30.0, 31.0, 32.0], 20.0), None, &[]), Vec::<String>::new());
        assert!(of_section(&section([30.0, 90.0, 190.0], 20.0), None, &[])[0].contains("p99 is noise"));
    }

    #[test]
    fn says_who_was_the_limit() {
        let mut full = section([30.0, 31.0, 32.0], 20.0);
        full.targets[0].generator_share = Spread::of([0.97]);
        full.targets[1].failed = 2;
        full.targets[1].failures.insert("status 503".into(), 2);
        let advice = of_section(&full, Spread::of([0.99]).as_ref(), &[]).join("\n");
        for part in
            ["the load generator was the limit (0.97 of the time toward direct)", "simulators", "2 x status 503"]
        {
            assert!(advice.contains(part), "{part}: {advice}");
        }
    }
}
