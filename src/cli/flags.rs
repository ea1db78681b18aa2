//! The flags that stand over a configuration's file, each with its environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use ipnet::IpNet;

use crate::config::Overrides;

#[derive(Debug, Args)]
struct Flags {
    /// Where clients connect; repeatable [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "VIADUCT_LISTEN", value_delimiter = ',')]
    listen: Vec<SocketAddr>,
    /// Where probes and metrics are, or `off` [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDR", env = "VIADUCT_ADMIN")]
    admin: Option<String>,
    /// A certificate chain in PEM: with it, clients connect with TLS
    #[arg(long, value_name = "FILE", env = "VIADUCT_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM
    #[arg(long, value_name = "FILE", env = "VIADUCT_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Where clients connect with TLS, those of --listen staying plain; repeatable [default: all of --listen]
    #[arg(long, value_name = "ADDR", env = "VIADUCT_TLS_LISTEN", value_delimiter = ',')]
    tls_listen: Vec<SocketAddr>,
    /// A VIA server; a path in the URL is put in front of every request's [default: `http://127.0.0.1:8100`]
    #[arg(long, value_name = "URL", env = "VIADUCT_VIA", value_delimiter = ',')]
    via: Vec<String>,
    /// An Ollama server; repeatable [default: `http://127.0.0.1:11434`]
    #[arg(long, value_name = "URL", env = "VIADUCT_OLLAMA", value_delimiter = ',')]
    ollama: Vec<String>,
    /// A plain upstream for every path that no other route takes; repeatable
    #[arg(long, value_name = "URL", env = "VIADUCT_TO", value_delimiter = ',')]
    to: Vec<String>,
    /// Who reads times from answers: off, text, auto or model
    #[arg(long, value_name = "MODE", env = "VIADUCT_TIMESTAMPS")]
    timestamps: Option<String>,
    /// Ollama's model that reads them where the parser is not sure
    #[arg(long, value_name = "NAME", env = "VIADUCT_MODEL")]
    model: Option<String>,
    /// A name that Host may have besides loopback's, `*` for any; repeatable
    #[arg(long, value_name = "NAME", env = "VIADUCT_HOST", value_delimiter = ',')]
    host: Vec<String>,
    /// A network whose X-Forwarded-* are believed; repeatable
    #[arg(long, value_name = "CIDR", env = "VIADUCT_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<IpNet>,
    /// A network whose connections begin with a PROXY header (version 1 or 2), always; repeatable
    #[arg(long, value_name = "CIDR", env = "VIADUCT_PROXY_PROTOCOL", value_delimiter = ',')]
    proxy_protocol: Vec<IpNet>,
    /// What is off beyond loopback and is to be on: ollama.library, via.filename; a list holds on every listener, `none`
    /// is an empty one; repeatable
    #[arg(long, value_name = "NAME", env = "VIADUCT_ALLOW", value_delimiter = ',')]
    allow: Vec<String>,
    /// How long running exchanges may take after SIGTERM [default: 30s]
    #[arg(long, value_name = "DURATION", env = "VIADUCT_DRAIN", value_parser = humantime::parse_duration)]
    drain: Option<Duration>,
    /// How long to be unready but still accepting after SIGTERM [default: 0s]
    #[arg(long, value_name = "DURATION", env = "VIADUCT_DRAIN_DELAY", value_parser = humantime::parse_duration)]
    drain_delay: Option<Duration>,
    /// Worker threads [default: one for each core]
    #[arg(long, value_name = "N", env = "VIADUCT_WORKERS")]
    workers: Option<usize>,
}

/// The flags, and which of them the environment said.
#[derive(Debug)]
pub(super) struct Sourced {
    flags: Flags,
    environment: Vec<String>,
}

// === impl Sourced ===

impl Sourced {
    pub(super) fn overrides(self) -> Overrides {
        let flags = self.flags;
        Overrides {
            listen: flags.listen,
            admin: flags.admin,
            tls_cert: flags.tls_cert,
            tls_key: flags.tls_key,
            tls_listen: flags.tls_listen,
            via: flags.via,
            ollama: flags.ollama,
            to: flags.to,
            host: flags.host,
            trusted_proxy: flags.trusted_proxy,
            proxy_protocol: flags.proxy_protocol,
            allow: flags.allow,
            timestamps: flags.timestamps,
            model: flags.model,
            drain: flags.drain,
            drain_delay: flags.drain_delay,
            workers: flags.workers,
            environment: self.environment,
        }
    }
}

/// The names of what the environment said. To be asked before the values are taken out.
fn environment(matches: &ArgMatches) -> Vec<String> {
    let names = matches.ids().map(clap::Id::as_str);
    let is_said = |name: &&str| matches.value_source(name) == Some(ValueSource::EnvVariable);
    names.filter(is_said).map(str::to_owned).collect()
}

impl Args for Sourced {
    fn augment_args(command: Command) -> Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args_for_update(command)
    }
}

impl FromArgMatches for Sourced {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let environment = environment(matches);
        Ok(Self { flags: Flags::from_arg_matches_mut(matches)?, environment })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.environment = environment(matches);
        self.flags.update_from_arg_matches(matches)
    }
}
