//! A command whose flags are described only once it is the command.
//!
//! The derived parser describes every flag of every command before it reads the first word: for `serve` three quarters
//! of that work were for other commands, and the memory that it took stayed with the process.

use clap::builder::Resettable;
use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The flags of one command.
#[derive(Debug)]
pub(super) struct Later<T>(Box<T>);

// === impl Later ===

impl<T> Later<T> {
    pub(super) fn into_inner(self) -> T {
        *self.0
    }
}

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| described(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| described(command, T::augment_args_for_update))
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(|flags| Self(Box::new(flags)))
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches_mut(matches).map(|flags| Self(Box::new(flags)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// With its flags. What the command is for is said where it is listed, and the flags' own words must not replace it.
fn described(command: Command, describe: impl FnOnce(Command) -> Command) -> Command {
    let about = Resettable::from(command.get_about().cloned());
    let long_about = Resettable::from(command.get_long_about().cloned());
    describe(command).about(about).long_about(long_about)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser, Subcommand};

    use super::*;

    /// Doubles.
    #[derive(Debug, Args)]
    struct Number {
        /// What is doubled
        #[arg(long, default_value_t = 1)]
        of: u32,
    }

    #[derive(Debug, Parser)]
    struct Whole {
        #[command(subcommand)]
        command: Listed,
    }

    #[derive(Debug, Subcommand)]
    enum Listed {
        /// As listed
        Double(Later<Number>),
    }

    #[test]
    fn flags_are_read_and_checked() {
        let Whole { command: Listed::Double(number) } =
            Whole::try_parse_from(["whole", "double", "--of", "4"]).unwrap();
        assert_eq!(number.into_inner().of, 4);
        assert!(Whole::try_parse_from(["whole", "double", "--for", "4"]).is_err());
    }

    #[test]
    fn flags_are_described_only_when_the_command_is_built() {
        let mut whole = Whole::command();
        let has_flag =
            |whole: &Command| whole.find_subcommand("double").unwrap().get_arguments().any(|a| a.get_id() == "of");
        assert!(!has_flag(&whole));
        whole.build();
        assert!(has_flag(&whole));
        assert_eq!(whole.find_subcommand("double").unwrap().get_about().unwrap().to_string(), "As listed");
    }
}
