//! A viaduct as a process of its own, looked at from outside: what it counts, what the kernel counts for it, what it
//! says, how it ends.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::patiently;

/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(100);
/// So many equal looks in a row are rest: longer than connections idle in these tests (see [`SETTINGS`]).
const RESTS: u32 = 20;

/// Patience that is short enough to be waited for.
pub(crate) const SETTINGS: &str = "[downstream]\nhead = '1s'\nidle = '2s'\nwrite = '2s'\n";

pub(crate) struct Viaduct {
    pub(crate) address: SocketAddr,
    child: Child,
    /// One connection for all looks, so that looking costs the same in each of them.
    admin: Client,
    said: JoinHandle<Vec<String>>,
    config: PathBuf,
}

/// What a viaduct holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) tasks: u64,
    pub(crate) descriptors: usize,
    /// Exchanges, client connections and tunnels.
    pub(crate) open: u64,
}

/// The numbers of `/metrics`.
pub(crate) struct Metrics(String);

// === impl Viaduct ===

impl Viaduct {
    /// `viaduct serve` with this configuration; `VIADUCT_SOAK_PROGRAM` names another build than the one under test.
    pub(crate) async fn start(name: &str, config: &str) -> Self {
        let path = std::env::temp_dir().join(format!("viaduct-soak-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, config).unwrap();
        let program = std::env::var_os("VIADUCT_SOAK_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_viaduct").into());
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--config"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut addresses = Vec::new();
        while addresses.len() < 2 {
            let line = patiently(lines.next_line()).await.unwrap().expect("it ended at once");
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            addresses.extend(line["address"].as_str().map(|address| address.parse::<SocketAddr>().unwrap()));
        }
        // Read on to the end: a full pipe would stop it. Only what no JSON is (a panic) is kept.
        let said = tokio::spawn(async move {
            let mut said = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if !line.starts_with('{') || line.contains("panic") {
                    said.push(line);
                }
            }
            said
        });
        let admin = Client::connect(addresses[1]).await.unwrap();
        Self { address: addresses[0], child, admin, said, config: path }
    }

    pub(crate) async fn metrics(&mut self) -> Metrics {
        self.admin.send(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let answer = patiently(self.admin.answer()).await.unwrap();
        assert_eq!(answer.status, 200);
        Metrics(String::from_utf8(answer.body).unwrap())
    }

    pub(crate) async fn held(&mut self) -> Held {
        let metrics = self.metrics().await;
        let open = ["requests_in_flight", "downstream_connections_open", "tunnels_open"];
        let open = open.iter().map(|name| metrics.sum(name)).sum();
        Held { tasks: metrics.sum("tasks"), descriptors: self.descriptors(), open }
    }

    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// Resident memory in KiB.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// What it holds when nothing changes any more.
    pub(crate) async fn at_rest(&mut self) -> Held {
        patiently(async {
            let (mut last, mut equal) = (self.held().await, 0);
            while equal < RESTS {
                tokio::time::sleep(LOOK).await;
                let held = self.held().await;
                equal = if held == last { equal + 1 } else { 0 };
                last = held;
            }
            last
        })
        .await
    }

    /// Waits until it holds no more than `base`.
    pub(crate) async fn returns_to(&mut self, base: Held) {
        let mut held = self.held().await;
        let is_back =
            |held: &Held| held.tasks <= base.tasks && held.descriptors <= base.descriptors && held.open <= base.open;
        for _ in 0..400 {
            if is_back(&held) {
                return;
            }
            tokio::time::sleep(LOOK).await;
            held = self.held().await;
        }
        panic!("leaked: {held:?}, at first {base:?}\n{}", self.metrics().await.0);
    }

    /// SIGTERM; how it ended, and what it said that was no log line.
    pub(crate) async fn stop(mut self) -> (ExitStatus, Vec<String>) {
        kill_process(Pid::from_raw(self.pid().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
        let status = patiently(self.child.wait()).await.unwrap();
        let _ = std::fs::remove_file(&self.config);
        (status, patiently(self.said).await.unwrap())
    }

    fn pid(&self) -> u32 {
        self.child.id().expect("it still runs")
    }
}

// === impl Metrics ===

impl Metrics {
    /// Of one metric, all labels together.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        let lines = self.0.lines().filter_map(|line| line.strip_prefix("viaduct_")?.strip_prefix(name));
        let values = lines.filter(|rest| rest.starts_with(['{', ' '])).filter_map(|rest| rest.rsplit(' ').next());
        values.map(|value| value.parse::<u64>().unwrap()).sum()
    }
}
