//! `viaduct key`.

use super::{Failure, say};
use crate::access;

/// Makes an API key.
#[derive(Debug, clap::Args)]
pub(super) struct KeyArgs {
    /// The name of the key in logs
    #[arg(long, value_name = "NAME", default_value = "app")]
    name: String,
}

// === impl KeyArgs ===

impl KeyArgs {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let (key, digest) = access::new_key()?;
        say(&format!(
            "# Give this to the client; it is shown only here:\n#   {key}\n# And put this into the configuration:"
        ));
        say(&format!("[[keys]]\nname = {}\nsha256 = \"{}\"", toml::Value::from(self.name.as_str()), digest.hex()));
        Ok(())
    }
}
