//! What the numbers were taken on.

use std::fs;

use serde::{Deserialize, Serialize};

/// The machine, as far as numbers depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Cores that this process may use.
    pub cores: usize,
    /// As the processor calls itself.
    pub cpu: String,
    /// Name and release.
    pub kernel: String,
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// What the other processes asked of it at the start: the load average of the last minute.
    pub load_average: String,
    /// The default congestion control of TCP: `bbr` paces, which costs bulk on loopback.
    pub congestion_control: String,
}

// === impl Machine ===

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let line = |path: &str, name: &str| {
            let text = fs::read_to_string(path).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_once(':')).map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        let whole = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let kilobytes = line("/proc/meminfo", "MemTotal").split(' ').next().and_then(|n| n.parse::<u64>().ok());
        let load = whole("/proc/loadavg");
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: line("/proc/cpuinfo", "model name"),
            kernel: format!("Linux {}", whole("/proc/sys/kernel/osrelease")),
            memory_bytes: kilobytes.unwrap_or_default() * 1024,
            load_average: load.split(' ').next().unwrap_or_default().to_owned(),
            congestion_control: whole("/proc/sys/net/ipv4/tcp_congestion_control"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_something_of_everything() {
        let machine = Machine::this();
        assert!(machine.cores > 0 && machine.memory_bytes > 1 << 20 && machine.kernel.len() > 6, "{machine:?}");
    }
}
