use super::*;
use crate::timestamps::read::spare::Spare;

/// Every cell of every row whose cells are these.
const CELLS: [&str; 18] = [
    "0:12",
    "01:05",
    "14:30",
    "1:02:03",
    "0:12 - 0:47",
    "5:00-23:59",
    "7",
    "12.5",
    "Entry",
    "duration",
    "time",
    "total time",
    "ratio",
    "meeting",
    "2025-01-15",
    "AM",
    "",
    "30s",
];

#[test]
fn decides_a_cell_at_once_as_all_rules_do() {
    let mut at_once = 0;
    for (a, b, c) in CELLS.iter().flat_map(|a| CELLS.iter().flat_map(move |b| CELLS.map(|c| (*a, *b, c)))) {
        let text = format!("{a} | {b} | {c} |\n| {b} | {a} | {c} |\n");
        let mut spare = Spare::default();
        let page = Page::new(&text, &mut spare);
        let mut judge = Judge::new(&page, &mut spare);
        judge.judge();
        for index in 0..judge.groups.len() {
            let clock = matches!(page.atoms[judge.groups[index].to].shape, Shape::Clock(_));
            if clock && is_in_a_cell(&judge, index) {
                assert_eq!(fully(&mut judge, index), Verdict::Time, "group {index} of {text}");
                at_once += 1;
            }
        }
    }
    assert!(at_once > 1000, "only {at_once} were decided at once");
}

#[test]
fn decides_a_dressed_range_as_all_rules_do() {
    let befores =
        ["", "- ", "* ", "3. ", "+ ", "| ", "In the morning. ", "A ratio. ", "set - ", "The meeting: a. ", "10 May - "];
    let ranges =
        ["0:12 - 0:47", "1:20 - 1:40", "9:00 - 17:30", "16:10 - 16:20", "40:60 to 50:00", "11:00:00 - 11:05:00"];
    let behinds = [
        "",
        ".",
        ":",
        " |",
        ")",
        ": as the plate says",
        ": according to the pole",
        " - a fall",
        " train",
        ": the class",
    ];
    let mut dressed_ones = 0;
    for (before, range, behind) in
        befores.iter().flat_map(|a| ranges.iter().flat_map(move |b| behinds.map(|c| (*a, *b, c))))
    {
        for dress in ["", "*", "**", "\"", "`"] {
            let text = format!("{before}{dress}{range}{dress}{behind}\n0:50\n");
            let mut spare = Spare::default();
            let page = Page::new(&text, &mut spare);
            let mut judge = Judge::new(&page, &mut spare);
            judge.judge();
            let ranges: Vec<_> = (0..judge.groups.len()).filter(|index| judge.is_range(*index)).collect();
            for index in ranges {
                let first = judge.first(index);
                let left = page.left(first);
                let next = page.behind(judge.last(index) + 1);
                if !is_dressed(&page, first, next, &left) || is_of_day(&page, first, &left) {
                    continue;
                }
                for late in [false, true] {
                    let topic = judge.topic;
                    let all = by_all_rules(&mut judge, index, &left, late);
                    judge.topic = topic;
                    assert_eq!(dressed(&mut judge, index, &left, late), all, "{text}");
                }
                dressed_ones += 1;
            }
        }
    }
    assert!(dressed_ones > 500, "only {dressed_ones} were dressed");
}
