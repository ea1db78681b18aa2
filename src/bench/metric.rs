//! What is made of a slice: one number for each thing that a user asks about.

use super::idle::float;
use super::load::Slice;
use super::record::Latencies;
use super::scenario::Scenario;

/// A number of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    LatencyP50,
    LatencyP99,
    FirstByteP50,
    FirstEventP50,
    GapP50,
    GapP99,
    Requests,
    Megabytes,
    Events,
    CpuRequest,
    CpuEvent,
    CpuGigabyte,
    CpuIdle,
    PerConnection,
    Memory,
}

// === impl Metric ===

impl Metric {
    /// Those of a scenario, the main one first.
    pub(super) fn of_scenario(scenario: Scenario) -> &'static [Self] {
        match scenario {
            Scenario::Ping => {
                &[Self::LatencyP50, Self::CpuRequest, Self::LatencyP99, Self::FirstByteP50, Self::Requests]
            }
            Scenario::Get | Scenario::Post => &[
                Self::CpuRequest,
                Self::Requests,
                Self::LatencyP50,
                Self::LatencyP99,
                Self::FirstByteP50,
                Self::Memory,
            ],
            Scenario::Upload | Scenario::Download => &[
                Self::CpuGigabyte,
                Self::Megabytes,
                Self::LatencyP50,
                Self::LatencyP99,
                Self::FirstByteP50,
                Self::Memory,
            ],
            Scenario::Sse | Scenario::Ndjson | Scenario::Summary => &[
                Self::FirstEventP50,
                Self::CpuEvent,
                Self::FirstByteP50,
                Self::GapP50,
                Self::GapP99,
                Self::LatencyP50,
                Self::Events,
                Self::Memory,
            ],
            Scenario::Idle => &[Self::PerConnection, Self::CpuIdle, Self::LatencyP50, Self::LatencyP99, Self::Memory],
        }
    }

    /// For programs; stable, with its unit.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LatencyP50 => "latency_p50_us",
            Self::LatencyP99 => "latency_p99_us",
            Self::FirstByteP50 => "first_byte_p50_us",
            Self::FirstEventP50 => "first_event_p50_us",
            Self::GapP50 => "gap_p50_us",
            Self::GapP99 => "gap_p99_us",
            Self::Requests => "requests_per_s",
            Self::Megabytes => "megabytes_per_s",
            Self::Events => "events_per_s",
            Self::CpuRequest => "cpu_us_per_request",
            Self::CpuEvent => "cpu_us_per_event",
            Self::CpuGigabyte => "cpu_ms_per_gigabyte",
            Self::CpuIdle => "cpu_us_per_s",
            Self::PerConnection => "bytes_per_connection",
            Self::Memory => "memory_mib",
        }
    }

    /// For people.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::LatencyP50 => "latency p50",
            Self::LatencyP99 => "latency p99",
            Self::FirstByteP50 => "first byte p50",
            Self::FirstEventP50 => "first event p50",
            Self::GapP50 => "gap between events p50",
            Self::GapP99 => "gap between events p99",
            Self::Requests => "requests",
            Self::Megabytes => "throughput",
            Self::Events => "events",
            Self::CpuRequest => "proxy CPU per request",
            Self::CpuEvent => "proxy CPU per event",
            Self::CpuGigabyte => "proxy CPU per GB",
            Self::CpuIdle => "proxy CPU per second",
            Self::PerConnection => "memory per connection",
            Self::Memory => "proxy memory",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Requests | Self::Events => "/s",
            Self::Megabytes => "MB/s",
            Self::CpuGigabyte => "ms",
            Self::PerConnection => "B",
            Self::Memory => "MiB",
            _ => "µs",
        }
    }

    /// Whether more of it is better.
    pub(super) fn is_more_better(self) -> bool {
        matches!(self, Self::Requests | Self::Megabytes | Self::Events)
    }

    /// Its value; `None` when the slice has none.
    pub(super) fn of(self, slice: &Slice) -> Option<f64> {
        let record = &slice.record;
        let counts = &record.counts;
        let rate = |count: u64| (count > 0).then(|| float(count) / slice.seconds);
        let cpu = |count: f64| (count > 0.0).then(|| slice.cpu.map(|cpu| cpu.as_secs_f64() / count)).flatten();
        match self {
            Self::LatencyP50 => microseconds(&record.latency, 0.5),
            Self::LatencyP99 => microseconds(&record.latency, 0.99),
            Self::FirstByteP50 => microseconds(&record.first_byte, 0.5),
            Self::FirstEventP50 => microseconds(&record.first_event, 0.5),
            Self::GapP50 => microseconds(&record.gap, 0.5),
            Self::GapP99 => microseconds(&record.gap, 0.99),
            Self::Requests => rate(counts.requests),
            Self::Megabytes => rate(counts.bytes).map(|bytes| bytes / 1e6),
            Self::Events => rate(counts.events),
            Self::CpuRequest => cpu(float(counts.requests)).map(|seconds| seconds * 1e6),
            Self::CpuEvent => cpu(float(counts.events)).map(|seconds| seconds * 1e6),
            Self::CpuGigabyte => cpu(float(counts.bytes) / 1e9).map(|seconds| seconds * 1e3),
            Self::CpuIdle => cpu(slice.seconds).map(|share| share * 1e6),
            Self::PerConnection => slice.per_connection,
            Self::Memory => slice.memory.map(|bytes| float(bytes) / 1_048_576.0),
        }
    }
}

/// A quantile in microseconds; `None` of nothing.
pub(super) fn microseconds(latencies: &Latencies, quantile: f64) -> Option<f64> {
    (!latencies.is_empty()).then(|| float(latencies.value_at_quantile(quantile)) / 1e3)
}
