//! The report for a terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::report::{Added, Report, Section};
use super::show::{Unit, headlines, times, title};

/// Lines above, below and under the head.
pub(super) const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// The whole report as text: for each scenario its main numbers, a table, and what to know.
pub fn text(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "viaduct {} ({}), {} cores, {}, {}, {} rounds of {} s\n",
        report.viaduct, report.build, machine.cores, machine.cpu, machine.kernel, report.rounds, report.duration_s
    );
    let warn = |text: &mut String, warnings: &[String]| {
        for warning in warnings {
            let _ = writeln!(text, "  ! {warning}");
        }
    };
    warn(&mut text, &report.warnings);
    for section in &report.scenarios {
        let _ = write!(text, "\n{}\n{}\n", title(section), table(section));
        for line in headlines(section) {
            let _ = writeln!(text, "  {line}");
        }
        warn(&mut text, &section.warnings);
    }
    text.push_str("\nmedian [quartiles] over rounds; differences and ratios are of the same round\n");
    text
}

/// What stands in each cell, for table and page: the head, then a row for each metric.
pub(super) fn cells(section: &Section) -> (Vec<String>, Vec<Vec<String>>) {
    let names: Vec<&str> = section.targets.iter().map(|target| target.name.as_str()).collect();
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for added in &section.added {
        let pair = (added.target.as_str(), added.against.as_str());
        // What a peer adds to direct stands in the JSON; here it is the proxy's turn.
        let is_ours = section.proxy().is_some_and(|proxy| proxy.name == added.target);
        if is_ours && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    let mut head = vec![String::new()];
    head.extend(names.iter().map(|name| (*name).to_owned()));
    // Beside peers it is ratios that count.
    let to_direct: Vec<_> = pairs.iter().filter(|(_, against)| *against == "direct").copied().collect();
    head.extend(to_direct.iter().map(|(target, against)| format!("{target} − {against}")));
    head.extend(pairs.iter().map(|(target, against)| format!("{target} / {against}")));
    let metrics: Vec<_> =
        section.proxy().or_else(|| section.targets.first()).into_iter().flat_map(|t| &t.metrics).collect();
    let rows = metrics.into_iter().map(|measure| {
        let unit = Unit::of(&measure.unit, measure.spread.median);
        let mut row = vec![format!("{}, {}", measure.label, unit.name)];
        row.extend(section.targets.iter().map(|target| {
            let found = target.measure(&measure.metric);
            found.map_or_else(dash, |found| unit.spread(&found.spread))
        }));
        let of = |(target, against): &(&str, &str), show: &dyn Fn(&Added) -> String| {
            section.added(target, against, &measure.metric).map_or_else(dash, show)
        };
        row.extend(to_direct.iter().map(|pair| of(pair, &|added| unit.spread(&added.difference))));
        row.extend(pairs.iter().map(|pair| of(pair, &|added| times(&added.ratio))));
        row
    });
    (head, rows.collect())
}

fn table(section: &Section) -> Table {
    let (head, rows) = cells(section);
    let mut table = Table::new();
    table.load_style(STYLE).set_header(head);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn dash() -> String {
    "–".into()
}
