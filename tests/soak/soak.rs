//! A mixed load with faults, and then rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use viaduct::sim::{ollama, via};

use crate::load::{Target, Worker, prepare};
use crate::origin::Origin;
use crate::process::{SETTINGS, Viaduct};
use crate::tally::Tally;
use crate::{PATIENCE, setting};

const WORKERS: u64 = 40;
const STREAMS: u64 = 30;
/// Between two pieces of a worker, on average.
const PAUSE: Duration = Duration::from_millis(60);
const REPORT: Duration = Duration::from_secs(30);

fn simulated() -> (via::Via, ollama::Ollama) {
    let address = "127.0.0.1:0".parse().unwrap();
    let via = via::Settings { keep: false, chunk_time: Duration::from_millis(30), ..via::Settings::default() };
    let ollama = ollama::Settings { slots: 256, keep_alive: None, ..ollama::Settings::default() };
    (via::start(via, address).unwrap(), ollama::start(ollama, address).unwrap())
}

fn config(via: &str, ollama: &str, plain: [&str; 2]) -> String {
    format!(
        "{SETTINGS}\
         [[upstream]]\nkind = 'via'\nendpoints = ['{via}']\npool.idle = '1s'\ndeadlines.upload.upload = '1s'\n\
         [[upstream]]\nkind = 'ollama'\nendpoints = ['{ollama}']\npool.idle = '1s'\n\
         [[upstream]]\nkind = 'http'\nendpoints = ['{}', '{}']\npool.idle = '1s'\ndeadlines.plain.first_byte = '2s'\n\
         [[route]]\npath = '/plain'\nupstream = 'http'\nstrip = true\n",
        plain[0], plain[1]
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mixed_load_with_faults_leaves_nothing_behind() {
    let seconds = setting("VIADUCT_SOAK_SECONDS", 8);
    let (via, ollama) = simulated();
    let (steady, mortal) = (Origin::start(), Origin::start());
    let config = config(&via.url(), &ollama.url(), [&steady.url(), &mortal.url()]);
    let mut viaduct = Viaduct::start("load", &config).await;
    let base = viaduct.at_rest().await;

    let target = Arc::new(Target { viaduct: viaduct.address, file: prepare(viaduct.address).await });
    let (tally, is_over) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let mut load = JoinSet::new();
    for number in 0..WORKERS + STREAMS {
        load.spawn(work(number, Arc::clone(&target), Arc::clone(&tally), Arc::clone(&is_over)));
    }
    let dying = tokio::spawn(die_and_return(mortal, Arc::clone(&is_over)));

    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    println!("at rest: {} KiB, {base:?}", viaduct.resident());
    while Instant::now() < end {
        tokio::time::sleep_until(end.min(Instant::now() + REPORT)).await;
        let held = viaduct.held().await;
        println!(
            "{:5} s  {:6} KiB  {:4} descriptors  {:4} tasks  {tally}",
            begun.elapsed().as_secs(),
            viaduct.resident(),
            held.descriptors,
            held.tasks,
        );
    }
    is_over.store(true, Relaxed);
    while let Some(worker) = load.join_next().await {
        worker.unwrap();
    }
    let mortal = dying.await.unwrap();
    viaduct.returns_to(base).await;
    println!("  after  {:6} KiB, {:?}", viaduct.resident(), viaduct.held().await);
    for (origin, name) in [(steady, "steady"), (mortal, "mortal")] {
        println!("{name} origin: {}", origin.address);
        origin.die().await;
    }
    let (status, said) = viaduct.stop().await;
    assert_eq!(said, Vec::<String>::new());
    assert!(status.success(), "{status}");
    assert_eq!(tally.examples(), Vec::<String>::new(), "{tally}");
    via.stop().await;
    ollama.stop().await;
}

async fn work(number: u64, target: Arc<Target>, tally: Arc<Tally>, is_over: Arc<AtomicBool>) {
    let mut worker = Worker::new(&target, number + 1);
    let is_stream = number >= WORKERS;
    while !is_over.load(Relaxed) {
        let doing = async { if is_stream { worker.stream().await } else { worker.piece().await } };
        match tokio::time::timeout(PATIENCE, doing).await {
            Ok((name, came)) => tally.count(name, came),
            Err(_) => tally.count("any", crate::load::Came::Wrong("no end".into())),
        }
        tokio::time::sleep(worker.pause(PAUSE)).await;
    }
}

/// An origin that is there, and not, and there again; in the end it is there.
async fn die_and_return(mut origin: Origin, is_over: Arc<AtomicBool>) -> Origin {
    let mut rng = fastrand::Rng::with_seed(11);
    while !is_over.load(Relaxed) {
        tokio::time::sleep(Duration::from_millis(rng.u64(300..2000))).await;
        let address = origin.die().await;
        tokio::time::sleep(Duration::from_millis(rng.u64(50..500))).await;
        origin = Origin::listen(address);
    }
    origin
}
