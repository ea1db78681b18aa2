//! Section 12: HTTP/2 toward clients (W1 to W6), and what an exchange over it has to be like.

mod bodies;
mod budget;
mod ends;
mod floods;
mod heads;
mod streams;
mod verdicts;

use viaduct::config::Overrides;

use super::frames::{Frames, get};
use super::lab::Recorder;
use crate::support::{Message, Origin, Viaduct};

/// A viaduct with these lines about clients, in front of `origin`.
fn patient(origin: &Origin, downstream: &str) -> Viaduct {
    let address = origin.address;
    let file = format!("[[upstream]]\nkind = 'http'\nendpoints = ['http://{address}']\n[downstream]\n{downstream}\n");
    Viaduct::with_file(&file, Overrides::default())
}

/// What the origin gets of a GET with these fields more.
async fn passed(fields: &[(&str, &str)]) -> Message {
    let lab = Recorder::start().await;
    let mut client = Frames::connect(lab.viaduct.address).await;
    client.headers(1, &[&get("/x")[..], fields].concat(), true).await;
    let outcome = client.outcome(1).await;
    assert!(outcome.status == 200 && outcome.is_whole, "{fields:?}: {outcome:?}");
    lab.seen().pop().unwrap()
}
