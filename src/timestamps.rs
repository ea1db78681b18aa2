//! Time ranges named by VIA's answers: read from the text, or by a model, checked, and added to the answer.

pub mod read;
pub mod time;
