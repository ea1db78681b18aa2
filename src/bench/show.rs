//! Numbers and sentences for people, the same in table and page.

use super::report::Section;
use super::statistics::Spread;

/// A unit that fits the size of what is shown in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit<'a> {
    pub(super) name: &'a str,
    /// What a value is divided by.
    by: f64,
}

// === impl Unit ===

impl<'a> Unit<'a> {
    /// For a number of `unit`, typically as great as `typical`: long times get milliseconds or seconds.
    pub(super) fn of(unit: &'a str, typical: f64) -> Self {
        match unit {
            "µs" if typical >= 1e6 => Self { name: "s", by: 1e6 },
            "µs" if typical >= 5e3 => Self { name: "ms", by: 1e3 },
            _ => Self { name: unit, by: 1.0 },
        }
    }

    /// `2.5`
    pub(super) fn number(&self, value: f64) -> String {
        number(value / self.by)
    }

    /// `2.5 [2.1–2.8]`
    pub(super) fn spread(&self, spread: &Spread) -> String {
        format!("{} [{}–{}]", self.number(spread.median), self.number(spread.q1), self.number(spread.q3))
    }
}

/// Three digits, without an exponent.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || size == 0.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// `1.42x [1.38–1.50]`
pub(super) fn times(ratio: &Spread) -> String {
    format!("{:.2}x [{:.2}–{:.2}]", ratio.median, ratio.q1, ratio.q3)
}

/// `get: GET /models, closed loop of 32 connections`
pub(super) fn title(section: &Section) -> String {
    let how = match section.rate {
        Some(rate) => format!("open loop of {rate} requests/s over {} connections", section.connections),
        None if section.scenario == "idle" => format!("{} idle connections", section.connections),
        None if section.connections == 1 => "one connection, one request after the other".into(),
        None => format!("closed loop of {} connections", section.connections),
    };
    let body = if section.body_bytes > 0 { format!(", {} bytes each", section.body_bytes) } else { String::new() };
    format!("{}: {}{body}, {how}", section.scenario, section.request)
}

/// The main numbers, as sentences. A closed loop of many connections is a queue: there throughput says more than latency.
pub(super) fn headlines(section: &Section) -> Vec<String> {
    let Some(proxy) = section.proxy() else { return Vec::new() };
    let name = &proxy.name;
    let is_main = |metric: &str| match section.rate {
        Some(_) => metric == "latency_p50_us" || metric.starts_with("cpu_"),
        None => proxy.metrics.iter().take(2).any(|main| main.metric == metric),
    };
    let mut lines = Vec::new();
    for measure in proxy.metrics.iter().filter(|measure| is_main(&measure.metric)) {
        let label = &measure.label;
        let unit = Unit::of(&measure.unit, measure.spread.median);
        lines.push(match section.added(name, "direct", &measure.metric) {
            Some(added) if measure.better == "less" => {
                let unit = Unit::of(&measure.unit, added.difference.median.abs());
                let difference = unit.spread(&added.difference);
                format!("{name} adds to {label}: {difference} {}, {} of direct", unit.name, times(&added.ratio))
            }
            Some(added) => {
                let value = unit.number(measure.spread.median);
                format!("{label} through {name}: {value} {}, {} of direct", unit.name, times(&added.ratio))
            }
            None => format!("{label} of {name}: {} {}", unit.spread(&measure.spread), unit.name),
        });
    }
    let mut peers: Vec<(&str, Vec<String>)> = Vec::new();
    let ours = section.added.iter().filter(|added| added.target == *name && is_main(&added.metric));
    for added in ours.filter(|added| added.against != "direct") {
        let text = format!("{} {}", added.label, times(&added.ratio));
        match peers.iter_mut().find(|(peer, _)| *peer == added.against) {
            Some((_, texts)) => texts.push(text),
            None => peers.push((&added.against, vec![text])),
        }
    }
    lines.extend(peers.into_iter().map(|(peer, texts)| format!("{name} / {peer}: {}", texts.join(", "))));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_fit_sizes() {
        let spread = Spread::of([20_000.0, 25_000.0, 30_000.0]).unwrap();
        let unit = Unit::of("µs", spread.median);
        assert_eq!((unit.name, unit.spread(&spread).as_str()), ("ms", "25.0 [22.5–27.5]"));
        assert_eq!(Unit::of("B", 1e9).name, "B");
        assert_eq!([number(0.0), number(-1.234), number(12.34), number(1234.0)], ["0", "-1.23", "12.3", "1234"]);
    }
}
