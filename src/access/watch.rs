//! Looks at a request's body while it passes: how long it gets, and which form it is.
//!
//! Only a body that needs it has a [`Watch`]: one without a length on a route with a limit, one that is a form for VIA's
//! disk. All others are not looked at.

use super::multipart::Scanner;
use crate::body::Inspect;
use crate::error::{Error, Kind};

/// What is watched in one body.
#[derive(Debug)]
pub(super) struct Watch {
    /// How many bytes may still come.
    pub left: Option<u64>,
    /// The form.
    pub form: Option<Scanner>,
}

impl Inspect for Watch {
    fn look(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| Error::new(Kind::TooLarge))?;
        }
        self.form.as_mut().map_or(Ok(()), |form| form.look(bytes)).map_err(refused)
    }

    fn end(&mut self) -> Result<(), Error> {
        self.form.as_ref().map_or(Ok(()), Scanner::end).map_err(refused)
    }
}

/// A form that may not pass, or not be understood.
pub(super) fn refused(why: &'static str) -> Error {
    Error::new(Kind::ForbiddenForm).detail(why)
}
