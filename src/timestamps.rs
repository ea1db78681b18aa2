//! Time ranges named by VIA's answers: read from the text, or by a model, checked, and added to the answer.
//!
//! | room | what happens there |
//! | --- | --- |
//! | [`parameters`] | what the client asks for |
//! | [`splice_json`], [`splice_sse`] | the body passes; where something may be added, and what the text was |
//! | [`answer`] | a message: its text, and what an event repeats of it |
//! | [`prompt`], [`reply`], [`verify`] | asking a model, reading what it says, holding that against the text |
//! | [`list`], [`object`] | what was found, put in order; the `timestamps` object of it |
//! | [`time`] | the words: times, ranges, doubt |
//!
//! All of these are pure: bytes in, bytes out, no waiting, nothing of the crate's other rooms.

pub mod answer;
pub mod ask;
mod gather;
mod guard;
pub mod item;
mod json;
pub mod list;
pub mod object;
pub mod parameters;
pub mod prompt;
pub mod read;
pub mod reply;
mod room;
mod sentence;
pub mod splice_json;
pub mod splice_sse;
pub mod time;
pub mod verify;
