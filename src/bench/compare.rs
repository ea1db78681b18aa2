//! This run beside an older one: of each number what the proxy adds now and what it added then.
//!
//! Runs of different days differ by what the machine did; so differences and ratios to `direct` of the same run are
//! compared, not the numbers themselves, and only middle halves that do not overlap count as a change.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table};

use super::report::{Report, SCHEMA, Section};
use super::show::{Unit, times};
use super::statistics::Spread;
use super::table::STYLE;

/// A number, then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The scenario.
    pub scenario: String,
    /// The number, for people.
    pub label: String,
    /// Then, as text.
    pub old: String,
    /// Now, as text.
    pub new: String,
    /// Which it is.
    pub verdict: Verdict,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The middle halves of both overlap.
    Same,
    /// Apart, to the good.
    Better,
    /// Apart, to the bad.
    Worse,
}

/// Reads an older report. The error says why it cannot be one.
pub fn read(json: &str) -> Result<Report, String> {
    let report: Report = serde_json::from_str(json).map_err(|e| format!("not a report of this bench: {e}"))?;
    if report.schema != SCHEMA {
        return Err(format!("a report of the shape {}, not {SCHEMA}", report.schema));
    }
    Ok(report)
}

/// Every number of the proxy that both runs have.
pub fn changes(old: &Report, new: &Report) -> Vec<Change> {
    let pairs = new.scenarios.iter().filter_map(|now| {
        let then = old.scenarios.iter().find(|then| then.scenario == now.scenario)?;
        Some((then, now))
    });
    pairs.flat_map(|(then, now)| section(then, now)).collect()
}

/// Why the two cannot be compared without a thought.
pub fn caveats(old: &Report, new: &Report) -> Vec<String> {
    let mut caveats = Vec::new();
    let mut differ = |what: &str, old: &str, new: &str| {
        if old != new {
            caveats.push(format!("{what}: {old} then, {new} now"));
        }
    };
    differ("build", &old.build, &new.build);
    differ("processor", &old.machine.cpu, &new.machine.cpu);
    differ("cores", &old.machine.cores.to_string(), &new.machine.cores.to_string());
    differ("kernel", &old.machine.kernel, &new.machine.kernel);
    differ("workers", &old.workers.to_string(), &new.workers.to_string());
    for now in &new.scenarios {
        let Some(then) = old.scenarios.iter().find(|then| then.scenario == now.scenario) else { continue };
        let load = |section: &Section| {
            let rate = section.rate.map_or_else(String::new, |rate| format!(", {rate}/s"));
            format!("{}, {} connections{rate}, {} bytes", section.request, section.connections, section.body_bytes)
        };
        // Ids of files differ always.
        if !now.request.contains("/files/") {
            differ(&now.scenario, &load(then), &load(now));
        }
    }
    caveats
}

/// For a terminal.
pub fn text(old: &Report, new: &Report) -> String {
    let mut text = format!("\ncompared with the run of {} (viaduct {})\n", old.started, old.viaduct);
    for caveat in caveats(old, new) {
        let _ = writeln!(text, "  ! {caveat}");
    }
    let mut table = Table::new();
    table.load_style(STYLE).set_header(["", "", "then", "now", ""]);
    for change in changes(old, new) {
        let verdict = match change.verdict {
            Verdict::Same => "",
            Verdict::Better => "better",
            Verdict::Worse => "WORSE",
        };
        table.add_row([&change.scenario, &change.label, &change.old, &change.new, verdict]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let _ = writeln!(text, "{table}");
    text
}

fn section(then: &Section, now: &Section) -> Vec<Change> {
    let (Some(old), Some(new)) = (then.proxy(), now.proxy()) else { return Vec::new() };
    let all = new.metrics.iter().filter_map(|measure| {
        let change = |label: String, old: String, new: String, verdict| Change {
            scenario: now.scenario.clone(),
            label,
            old,
            new,
            verdict,
        };
        let is_more_better = measure.better == "more";
        let added = |section: &Section, name: &str| section.added(name, "direct", &measure.metric).cloned();
        if let Some((a, b)) = added(then, &old.name).zip(added(now, &new.name)) {
            let verdict = verdict(&a.ratio, &b.ratio, is_more_better);
            return Some(change(format!("{} / direct", measure.label), times(&a.ratio), times(&b.ratio), verdict));
        }
        let before = &old.measure(&measure.metric)?.spread;
        let number = |spread: &Spread| {
            let unit = Unit::of(&measure.unit, spread.median);
            format!("{} {}", unit.spread(spread), unit.name)
        };
        let verdict = verdict(before, &measure.spread, is_more_better);
        Some(change(measure.label.clone(), number(before), number(&measure.spread), verdict))
    });
    all.collect()
}

fn verdict(old: &Spread, new: &Spread, is_more_better: bool) -> Verdict {
    match old.is_apart_from(new) {
        false => Verdict::Same,
        true if (new.median > old.median) == is_more_better => Verdict::Better,
        true => Verdict::Worse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_apart_is_a_change() {
        let [low, near, high] =
            [[1.0, 2.0, 3.0], [1.5, 2.5, 3.5], [7.0, 8.0, 9.0]].map(|rounds| Spread::of(rounds).unwrap());
        assert_eq!(verdict(&low, &near, false), Verdict::Same);
        assert_eq!(verdict(&low, &high, false), Verdict::Worse);
        assert_eq!(verdict(&low, &high, true), Verdict::Better);
        assert_eq!(verdict(&high, &low, false), Verdict::Better);
    }

    #[test]
    fn refuses_what_is_no_report() {
        assert!(read("{}").unwrap_err().starts_with("not a report of this bench"));
    }
}
