//! Everything that stands while a scenario runs: servers, proxies, files to ask about. Set anew for each scenario, so
//! that none inherits the memory or the connections of another.

use std::io;
use std::time::Duration;

use serde_json::Value;

use super::call::Call;
use super::child::Child;
use super::connection::{Connection, Failure};
use super::load::{ask, id};
use super::peer::{Behind, Running};
use super::place::{Place, Role};
use super::scenario::{Api, Details, Scenario};
use super::serve;
use super::simulators::Simulators;
use super::url::Url;
use super::{Error, Settings};

/// What stands.
#[derive(Debug)]
pub(super) struct Stage {
    /// Straight first, the proxy second, then the peers.
    pub(super) places: Vec<Place>,
    // Dropped in this order: the proxies end before what they stand in front of.
    viaduct: Option<Child>,
    peers: Vec<Running>,
    pub(super) simulators: Option<Simulators>,
    /// What is asked.
    pub(super) calls: Vec<Call>,
    pub(super) connections: usize,
    /// Files on the VIA that are ours.
    files: Vec<String>,
}

/// The servers that a user names, or the embedded ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Servers {
    pub(super) via: Option<Url>,
    pub(super) ollama: Option<Url>,
    pub(super) plain: Option<Url>,
}

/// Of a server that answers nothing.
const PATIENCE: Duration = Duration::from_secs(60);

// === impl Servers ===

impl Servers {
    /// Those of the settings; none means the embedded ones.
    pub(super) fn named(settings: &Settings) -> Option<Self> {
        let (via, ollama, plain) = (settings.via.clone(), settings.ollama.clone(), settings.to.clone());
        let is_none = via.is_none() && ollama.is_none() && plain.is_none();
        (!is_none).then_some(Self { via, ollama, plain })
    }

    fn embedded(simulators: &Simulators) -> Self {
        Self { via: Some(Url::at(simulators.via)), ollama: Some(Url::at(simulators.ollama)), plain: None }
    }

    fn url(&self, api: Api) -> Option<&Url> {
        match api {
            Api::Via => self.via.as_ref(),
            Api::Ollama => self.ollama.as_ref(),
            Api::Plain => self.plain.as_ref(),
        }
    }

    /// Which of them the scenario is sent to.
    pub(super) fn choose(&self, scenario: Scenario) -> Option<(Api, &Url)> {
        scenario.apis().iter().find_map(|api| Some((*api, self.url(*api)?)))
    }

    /// As flags of `viaduct serve`.
    fn flags(&self) -> Vec<String> {
        let flag = |name: &str, url: &Option<Url>| url.as_ref().map(|url| [format!("--{name}"), url.to_string()]);
        let all = [flag("via", &self.via), flag("ollama", &self.ollama), flag("to", &self.plain)];
        all.into_iter().flatten().flatten().collect()
    }
}

// === impl Stage ===

impl Stage {
    pub(super) async fn set(settings: &Settings, scenario: Scenario) -> Result<Self, Error> {
        let named = Servers::named(settings);
        let simulators = if named.is_none() { Some(Simulators::start()?) } else { None };
        let servers = named.or_else(|| simulators.as_ref().map(Servers::embedded)).unwrap_or_default();
        let Some((api, url)) = servers.choose(scenario) else {
            return Err(Error::Usage(format!("{scenario}: none of the named servers has it")));
        };
        let direct = Place::direct(url.clone(), resolve(url).await?);
        let connections = settings.connections.unwrap_or_else(|| scenario.connections());
        let (count, size) = scenario.files(api, connections, settings.size);
        let files = files(&direct, count, size).await?;
        let model = match &settings.model {
            Some(model) => model.clone(),
            None => model(api, &direct).await?,
        };
        let details = Details { api, path: &settings.path, model: &model, size: settings.size, files: &files };
        let calls = scenario.calls(&details);
        let mut stage =
            Self { places: vec![direct], simulators, calls, connections, files, viaduct: None, peers: Vec::new() };
        stage.add_proxy(settings, &servers).await?;
        stage.add_peers(settings, &servers, scenario)?;
        Ok(stage)
    }

    /// The proxy that listens already, or a viaduct.
    async fn add_proxy(&mut self, settings: &Settings, servers: &Servers) -> Result<(), Error> {
        let place = if let Some(url) = &settings.proxy {
            Place::proxy(Role::Proxy, "proxy".into(), String::new(), url.clone(), resolve(url).await?)
        } else {
            let (child, address) = serve::start(&settings.program, settings.workers, &servers.flags())?;
            self.viaduct = Some(child);
            let version = env!("CARGO_PKG_VERSION").to_owned();
            Place::proxy(Role::Proxy, "viaduct".into(), version, Url::at(address), address)
        };
        self.places.push(place);
        Ok(())
    }

    fn add_peers(&mut self, settings: &Settings, servers: &Servers, scenario: Scenario) -> Result<(), Error> {
        let is_bulk = matches!(scenario, Scenario::Upload | Scenario::Download);
        let behind = Behind {
            main: servers.via.clone().or_else(|| servers.plain.clone()),
            ollama: servers.ollama.clone(),
            is_bulk,
        };
        for peer in &settings.against {
            let running = peer.start(&behind, settings.workers)?;
            let (address, version) = (running.address, running.version.clone());
            self.places.push(Place::proxy(Role::Peer, peer.name().into(), version, Url::at(address), address));
            self.peers.push(running);
        }
        Ok(())
    }

    /// Takes back what was put on the servers.
    pub(super) async fn clear(self) {
        let Some(direct) = self.places.first() else { return };
        for file in &self.files {
            // A server that has lost it already is as good.
            let _ = once(direct, &Call::delete(format!("/files/{file}"))).await;
        }
    }
}

async fn resolve(url: &Url) -> Result<std::net::SocketAddr, Error> {
    url.resolve().await.map_err(|e| Error::Server(url.to_string(), Failure::Io(e).name()))
}

/// Uploads files to ask about; their ids.
async fn files(direct: &Place, count: usize, size: u64) -> Result<Vec<String>, Error> {
    let mut ids = Vec::new();
    for number in 0..count {
        let answer = once(direct, &Call::file("/files", &format!("viaduct-bench-{number}_60s.mp4"), size)).await?;
        let missing = || Error::Server(direct.url.to_string(), "an upload was answered without an id".into());
        ids.push(id(&answer).ok_or_else(missing)?);
    }
    Ok(ids)
}

/// The first model of the server that can answer.
async fn model(api: Api, direct: &Place) -> Result<String, Error> {
    let (path, list, field) = match api {
        Api::Via => ("/models", "data", "id"),
        Api::Ollama => ("/api/tags", "models", "name"),
        Api::Plain => return Ok(String::new()),
    };
    let answer: Value = serde_json::from_str(&once(direct, &Call::get(path)).await?).unwrap_or_default();
    let models = answer[list].as_array().into_iter().flatten();
    let name = models.filter(|model| can_chat(model)).find_map(|model| model[field].as_str());
    let missing = || Error::Server(direct.url.to_string(), format!("{path} names no model, give one with --model"));
    name.map(str::to_owned).ok_or_else(missing)
}

/// Newer Ollamas say what a model can; one for embeddings alone is of no use.
fn can_chat(model: &Value) -> bool {
    model["capabilities"].as_array().is_none_or(|all| all.iter().any(|one| one == "completion"))
}

/// One call on a connection of its own.
async fn once(place: &Place, call: &Call) -> Result<String, Error> {
    let asked = async {
        let mut connection = Connection::open(place.address, 16 * 1024).await?;
        ask(&mut connection, call, place).await
    };
    let answer = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(Failure::Timeout),
    };
    match answer {
        Ok((text, _)) => Ok(text),
        Err(failure) => Err(Error::Server(format!("{} of {}", call.name(), place.url), failure.name())),
    }
}

impl From<io::Error> for Error {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}
