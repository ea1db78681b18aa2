//! What the kernel says of a process: CPU time, memory, and which process listens on a port.
//!
//! Run time comes from `schedstat` (nanoseconds); `stat` counts in ticks of 10 ms, too coarse for a slice of a second.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// CPU time, user and system, of these processes so far; `None` if the kernel does not tell.
pub(super) fn cpu(pids: &[u32]) -> Option<Duration> {
    let mut total = Duration::ZERO;
    for pid in pids {
        for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
            // A thread may end between the listing and the look.
            total += thread_cpu(&thread.path()).unwrap_or_default();
        }
    }
    (!total.is_zero()).then_some(total)
}

/// CPU time of one thread, by its folder under `/proc`.
pub(super) fn thread_cpu(folder: &Path) -> Option<Duration> {
    let text = fs::read_to_string(folder.join("schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Time that a thread ran or waited to run: near the time that went by, it had more to do than it could.
pub(super) fn thread_demand(folder: &Path) -> Option<Duration> {
    let text = fs::read_to_string(folder.join("schedstat")).ok()?;
    let mut times = text.split_whitespace().map_while(|time| time.parse().ok());
    Some(Duration::from_nanos(times.next()?) + Duration::from_nanos(times.next()?))
}

/// The folder of the calling thread.
pub(super) fn this_thread() -> PathBuf {
    fs::read_link("/proc/thread-self")
        .map_or_else(|_| PathBuf::from("/proc/thread-self"), |link| Path::new("/proc").join(link))
}

/// Bytes of memory of these processes: their share of shared pages included (PSS), or the resident size where that
/// cannot be read.
pub(super) fn memory(pids: &[u32]) -> Option<u64> {
    let mut total = 0;
    for pid in pids {
        let pss = field(&format!("/proc/{pid}/smaps_rollup"), "Pss:");
        total += pss.or_else(|| field(&format!("/proc/{pid}/status"), "VmRSS:"))?;
    }
    (total > 0).then_some(total)
}

/// Bytes of memory that these processes made themselves, without files and libraries: what grows with connections,
/// and is not shared anew when another process starts from the same files.
pub(super) fn anonymous(pids: &[u32]) -> Option<u64> {
    let all = pids.iter().map(|pid| field(&format!("/proc/{pid}/status"), "RssAnon:"));
    all.sum::<Option<u64>>().filter(|total| *total > 0)
}

/// A field in kB, in bytes.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// The processes of this machine that listen on this TCP port, as far as we may see them: a server and its workers.
pub(super) fn listeners(port: u16) -> Vec<u32> {
    let mut sockets = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = fs::read_to_string(table).unwrap_or_default();
        sockets.extend(text.lines().filter_map(|line| listening_inode(line, port)));
    }
    let sockets: BTreeSet<PathBuf> = sockets.into_iter().map(|inode| format!("socket:[{inode}]").into()).collect();
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let holds = |pid: u32| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        descriptors.filter_map(|fd| fs::read_link(fd.path()).ok()).any(|link| sockets.contains(&link))
    };
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| holds(*pid)).collect()
}

/// The inode of a line of `/proc/net/tcp`, if it is a listener on `port`.
fn listening_inode(line: &str, port: u16) -> Option<u64> {
    const LISTEN: &str = "0A";
    let fields: Vec<_> = line.split_whitespace().collect();
    let local = fields.get(1)?.rsplit(':').next()?;
    if *fields.get(3)? != LISTEN || u16::from_str_radix(local, 16) != Ok(port) {
        return None;
    }
    fields.get(9)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_who_listens_and_what_it_costs() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let us = std::process::id();
        assert_eq!(listeners(listener.local_addr().unwrap().port()), [us]);
        assert!(cpu(&[us]).is_some() && memory(&[us]).is_some_and(|bytes| bytes > 100_000));
        assert!(thread_cpu(&this_thread()).is_some());
        assert_eq!((cpu(&[u32::MAX]), memory(&[])), (None, None));
    }

    #[test]
    fn reads_a_line_of_the_table() {
        let line =
            "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 4711 1 0 100 0 0 10 0";
        assert_eq!((listening_inode(line, 8080), listening_inode(line, 80)), (Some(4711), None));
        assert_eq!(listening_inode("  sl  local_address rem_address", 80), None);
    }
}
