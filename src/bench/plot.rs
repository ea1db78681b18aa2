//! Plots as inline SVG, written by hand: two kinds of lines need no drawing library, and only so do they take the
//! page's colours in light and dark (`plotters`, with its SVG backend alone, writes fixed colours and fonts).

use std::fmt::Write as _;

use super::idle::float;
use super::show::number;

/// Lines over two axes.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    /// What the axis across is.
    pub(super) across: &'a str,
    /// What the axis up is, with its unit.
    pub(super) up: &'a str,
    /// Marks of the axis across: where, and how they are called.
    pub(super) marks: Vec<(f64, String)>,
    /// Whether each step up multiplies.
    pub(super) is_log: bool,
    /// Name and points of each line.
    pub(super) lines: Vec<(&'a str, Vec<(f64, f64)>)>,
    /// Whether single points matter, or only the line.
    pub(super) has_dots: bool,
}

const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 26.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 40.0;

// === impl Plot ===

impl Plot<'_> {
    /// As an `svg` element; empty without points.
    pub(super) fn svg(&self) -> String {
        let points = || self.lines.iter().flat_map(|(_, points)| points).filter(|point| self.can_show(**point));
        let Some(((left, right), (low, high))) = range(points().map(|p| p.0)).zip(range(points().map(|p| p.1))) else {
            return String::new();
        };
        let (low, high) = if self.is_log { (low * 0.9, high * 1.1) } else { padded(low, high) };
        let right = if right > left { right } else { left + 1.0 };
        let scale = |y: f64| if self.is_log { y.log10() } else { y };
        let x = |value: f64| LEFT + (value - left) / (right - left) * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| {
            HEIGHT - BOTTOM - (scale(value) - scale(low)) / (scale(high) - scale(low)) * (HEIGHT - TOP - BOTTOM)
        };
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
        let mut put = |text: std::fmt::Arguments<'_>| {
            // Writing to a String cannot fail.
            let _ = svg.write_fmt(text);
        };
        put(format_args!("<title>{} over {}</title>", escape(self.up), escape(self.across)));
        for tick in if self.is_log { decades(low, high) } else { steps(low, high) } {
            let at = y(tick);
            put(format_args!("<path class=\"grid\" d=\"M{LEFT} {at:.1}H{:.1}\"/>", WIDTH - RIGHT));
            put(format_args!(
                "<text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 6.0,
                at + 4.0,
                short(tick)
            ));
        }
        for (at, name) in self.marks.iter().filter(|(at, _)| (left..=right).contains(at)) {
            let (at, base) = (x(*at), HEIGHT - BOTTOM);
            put(format_args!("<path class=\"grid\" d=\"M{at:.1} {TOP}V{base:.1}\"/>"));
            put(format_args!("<text class=\"mid\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>", base + 16.0, escape(name)));
        }
        put(format_args!("<text x=\"4\" y=\"14\">{}</text>", escape(self.up)));
        put(format_args!(
            "<text class=\"mid\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            f64::midpoint(LEFT, WIDTH),
            HEIGHT - 6.0,
            escape(self.across)
        ));
        for (index, (name, points)) in self.lines.iter().enumerate() {
            let points: Vec<_> = points.iter().filter(|point| self.can_show(**point)).collect();
            let line: Vec<_> = points.iter().map(|(px, py)| format!("{:.1},{:.1}", x(*px), y(*py))).collect();
            put(format_args!("<polyline class=\"line s{index}\" points=\"{}\"/>", line.join(" ")));
            for (px, py) in points.into_iter().filter(|_| self.has_dots) {
                put(format_args!(
                    "<circle class=\"dot s{index}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"><title>{}: {}</title></circle>",
                    x(*px),
                    y(*py),
                    escape(name),
                    number(*py)
                ));
            }
        }
        svg.push_str("</svg>");
        svg
    }

    fn can_show(&self, (x, y): (f64, f64)) -> bool {
        x.is_finite() && y.is_finite() && (!self.is_log || y > 0.0)
    }
}

/// Text inside of markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// From zero, unless all lies far from it, with some air above.
fn padded(low: f64, high: f64) -> (f64, f64) {
    let low = if low > 0.0 && low < high * 0.7 { 0.0 } else { low - (high - low).max(low.abs() * 0.05) * 0.3 };
    (low, high + (high - low).max(1e-9) * 0.08)
}

/// Round numbers, about five of them.
fn steps(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= rough).unwrap_or(rough);
    let first = (low / step).ceil();
    (0..12).map(|n| (first + f64::from(n)) * step).filter(|tick| *tick <= high).collect()
}

/// One, two and five of each decade, or only the ones when there are many.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let of = |multiples: &[f64]| -> Vec<f64> {
        let powers = (-3..=9).map(|power| 10_f64.powi(power));
        let all = powers.flat_map(|power| multiples.iter().map(move |multiple| multiple * power));
        all.filter(|tick| (low..=high).contains(tick)).collect()
    };
    let many = of(&[1.0, 2.0, 5.0]);
    if many.len() > 8 { of(&[1.0]) } else { many }
}

/// A number of an axis: `2.5k`.
fn short(value: f64) -> String {
    let size = value.abs();
    let (value, suffix) = match size {
        _ if size >= 1e6 => (value / 1e6, "M"),
        _ if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{value:.2}");
    format!("{}{suffix}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Rounds along the axis across.
pub(super) fn rounds(values: &[f64]) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(index, value)| (float(index as u64) + 1.0, *value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_lines_and_nothing_else() {
        let plot = Plot {
            across: "round",
            up: "µs <p50>",
            marks: vec![(1.0, "1".into()), (9.0, "outside".into())],
            is_log: false,
            lines: vec![("a & b", rounds(&[1.0, 3.0, 2.0])), ("none", Vec::new())],
            has_dots: true,
        };
        let svg = plot.svg();
        assert!(svg.contains("a &amp; b: 3.00") && svg.contains("µs &lt;p50&gt;") && !svg.contains("outside"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(Plot { lines: vec![("a", vec![(1.0, 0.0)])], is_log: true, ..plot }.svg(), "");
    }

    #[test]
    fn one_value_is_enough() {
        for is_log in [false, true] {
            let lines = vec![("a", vec![(1.0, 5.0)])];
            let svg = Plot { across: "", up: "", marks: Vec::new(), is_log, lines, has_dots: true }.svg();
            assert!(svg.contains("<circle") && !svg.contains("NaN"), "{svg}");
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(steps(0.0, 10.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(decades(9.0, 120.0), [10.0, 20.0, 50.0, 100.0]);
        assert_eq!([short(20_000.0), short(0.25), short(3.0)], ["20k", "0.25", "3"]);
    }
}
