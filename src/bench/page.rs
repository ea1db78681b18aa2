//! The report as one HTML file: no network, no script, readable in light and dark.

use std::fmt::Write as _;

use super::plot::{Plot, escape, rounds};
use super::report::{Report, Section, Target};
use super::show::{headlines, title};
use super::table::cells;

/// The whole page.
pub fn html(report: &Report) -> String {
    let machine = &report.machine;
    let mut body = format!(
        "<h1>viaduct bench</h1>\n<p class=\"facts\">viaduct {} ({}) · {} · {} · {} cores, {} GiB, {}, TCP {} · \
         {} rounds of {} s for each target</p>\n<p><code>{}</code></p>\n{}",
        escape(&report.viaduct),
        escape(&report.build),
        escape(&report.started),
        escape(&machine.cpu),
        machine.cores,
        machine.memory_bytes >> 30,
        escape(&machine.kernel),
        escape(&machine.congestion_control),
        report.rounds,
        report.duration_s,
        escape(&report.command.join(" ")),
        warnings(&report.warnings),
    );
    for section in &report.scenarios {
        body.push_str(&part(section));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>viaduct bench</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}{HOW_TO_READ}</main>\n</body>\n</html>\n"
    )
}

fn part(section: &Section) -> String {
    let mut text = format!("<section>\n<h2>{}</h2>\n", escape(&title(section)));
    for line in headlines(section) {
        let _ = writeln!(text, "<p class=\"headline\">{}</p>", escape(&line));
    }
    text.push_str(&legend(&section.targets));
    text.push_str("<div class=\"plots\">\n");
    for main in section.proxy().into_iter().flat_map(|proxy| proxy.metrics.iter().take(2)) {
        let up = format!("{}, {}", main.label, main.unit);
        text.push_str(&figure(&over_rounds(section, &main.metric, &up), "Each round. What all do is the machine."));
    }
    for (name, up) in [("latency", "latency, µs"), ("first_event", "first event, µs"), ("gap", "gap, µs")] {
        text.push_str(&figure(&distribution(section, name, up), "All rounds together; right is the tail."));
    }
    text.push_str("</div>\n<div class=\"scroll\"><table>\n");
    let (head, rows) = cells(section);
    text.push_str(&row("th", &head));
    for cells in &rows {
        text.push_str(&row("td", cells));
    }
    text.push_str("</table></div>\n");
    text.push_str(&warnings(&section.warnings));
    text.push_str("</section>\n");
    text
}

fn over_rounds(section: &Section, metric: &str, up: &str) -> String {
    let lines = section.targets.iter().map(|target| {
        let points = target.measure(metric).map(|measure| rounds(&measure.spread.rounds)).unwrap_or_default();
        (target.name.as_str(), points)
    });
    let lines: Vec<_> = lines.collect();
    let count = lines.iter().map(|(_, points)| points.len()).max().unwrap_or_default();
    let every = count / 12 + 1;
    let marks = (1..=count).step_by(every).map(|n| (super::idle::float(n as u64), n.to_string())).collect();
    Plot { across: "round", up, marks, is_log: false, lines, has_dots: true }.svg()
}

fn distribution(section: &Section, curve: &str, up: &str) -> String {
    // Each nine is as wide as the one before it.
    let place = |share: f64| -(1.0 - share.min(0.9999)).log10();
    let lines = section.targets.iter().map(|target| {
        let found = target.curves.iter().find(|one| one.name == curve && one.count > 1);
        let points = found.into_iter().flat_map(|curve| &curve.points).filter(|(share, _)| *share < 1.0);
        (target.name.as_str(), points.map(|(share, value)| (place(*share), *value)).collect())
    });
    let marks = [0.5, 0.9, 0.99, 0.999, 0.9999];
    let marks = marks.map(|share| (place(share), format!("{}", (share * 1e6).round() / 1e4)));
    let lines = lines.collect();
    Plot { across: "percentile", up, marks: marks.into(), is_log: true, lines, has_dots: false }.svg()
}

fn figure(svg: &str, caption: &str) -> String {
    if svg.is_empty() {
        return String::new();
    }
    format!("<figure>{svg}<figcaption>{}</figcaption></figure>\n", escape(caption))
}

fn legend(targets: &[Target]) -> String {
    let mut text = "<p class=\"legend\">".to_owned();
    for (number, target) in targets.iter().enumerate() {
        let name = escape(format!("{} {}", target.name, target.version).trim());
        let _ = write!(text, "<span><i class=\"s{number}\"></i>{name}</span> ");
    }
    text + "</p>\n"
}

fn row(cell: &str, cells: &[String]) -> String {
    let mut row = "<tr>".to_owned();
    for text in cells {
        let _ = write!(row, "<{cell}>{}</{cell}>", escape(text));
    }
    row + "</tr>\n"
}

fn warnings(warnings: &[String]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let mut list = "<ul class=\"warnings\">\n".to_owned();
    for warning in warnings {
        let _ = writeln!(list, "<li>{}</li>", escape(warning));
    }
    list + "</ul>\n"
}

const HOW_TO_READ: &str = "<footer>\n<h2>How to read this</h2>\n<p>Numbers are medians over rounds, with quartiles in \
brackets. In each round every target gets one slice of the load, in an order that is reversed every other round; \
differences and ratios are taken between slices of the same round, so that what the machine does slower than that is in \
neither. CPU is that of the proxy's processes, user and system, from the kernel's scheduler. In a closed loop a latency is \
mostly the queue of the loop's own connections; in an open loop it counts from the moment when the request was \
due.</p>\n</footer>\n";

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1c2126; --dim: #66707a; --paper: #fff; --line: #dfe3e7; --warn: #8a5a00;
  --warn-paper: #fff6e0; --s0: #6b7580; --s1: #0b6bcb; --s2: #b3541e; --s3: #2e8540; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7ea; --dim: #98a2ac; --paper: #14181c; --line: #2c333a; --warn: #ffcf70; --warn-paper: #33290f;
    --s0: #a4adb6; --s1: #5fb0ff; --s2: #ff9a62; --s3: #6fd08c; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 6px; overflow-wrap: anywhere; }
.facts, figcaption { color: var(--dim); margin: 0; }
code { font-size: 13px; overflow-wrap: anywhere; }
section, footer { border-top: 1px solid var(--line); margin-top: 28px; padding-top: 20px; }
.headline { font-size: 17px; font-weight: 600; margin: 2px 0; }
.legend span { margin-right: 18px; white-space: nowrap; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; }
.plots { display: flex; flex-wrap: wrap; gap: 16px; }
figure { margin: 0; flex: 1 1 420px; max-width: 540px; } figcaption { font-size: 13px; }
svg { width: 100%; height: auto; } svg text { fill: var(--dim); font: 12px system-ui, sans-serif; }
svg .end { text-anchor: end; } svg .mid { text-anchor: middle; }
.grid { stroke: var(--line); fill: none; } .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); } .line.s3 { stroke: var(--s3); }
.dot.s0 { fill: var(--s0); } .dot.s1 { fill: var(--s1); } .dot.s2 { fill: var(--s2); } .dot.s3 { fill: var(--s3); }
i.s0 { background: var(--s0); } i.s1 { background: var(--s1); } i.s2 { background: var(--s2); } i.s3 { background: var(--s3); }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.warnings { background: var(--warn-paper); color: var(--warn); border-radius: 6px; padding: 8px 12px 8px 30px; }
";
