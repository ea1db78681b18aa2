//! `POST /files`: the form is read to its end, bytes are hashed and spooled as they come, then it is judged (via.md
//! 1.4).

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode};
use serde::Serialize;

use crate::sim::via::fields::{is_camera, is_path};
use crate::sim::via::id::Id;
use crate::sim::via::multipart::{Event, Multipart};
use crate::sim::via::reply::{self, Refused, Reply};
use crate::sim::via::settings::Version;
use crate::sim::via::spool::{Fingerprint, Spool, Spooled};
use crate::sim::via::state::{Asset, State};

/// Longest form field that is no file.
const FIELD: usize = 1 << 20;

/// A file as the API shows it. `camera_id` is always null in 2.4 and absent before.
#[derive(Debug, Serialize)]
pub(crate) struct FileInfo {
    id: Id,
    bytes: u64,
    filename: String,
    purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    camera_id: Option<()>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media_type: Option<&'static str>,
}

/// The parts that matter; of repeated ones the last counts.
#[derive(Debug, Default)]
struct Form {
    purpose: Option<String>,
    media_type: Option<String>,
    filename: Option<String>,
    camera_id: Option<String>,
    file: Option<FilePart>,
}

#[derive(Debug)]
enum FilePart {
    Upload { name: String, spooled: Spooled },
    Text(String),
}

/// The part that is being received.
enum Open {
    Nothing,
    Text { name: String, value: Vec<u8> },
    File { name: String, spool: Spool },
}

/// Answers `POST /files`.
pub(crate) async fn post(state: &Arc<State>, request: Request<Incoming>) -> Reply {
    let form = receive(state, request).await?;
    let asset = judge(state, form)?;
    let info = FileInfo::of(&asset, state.settings.version, true);
    let mut tables = state.tables();
    let full = state.settings.storage.is_some_and(|most| tables.stored() + asset.spooled.length > most);
    if full || tables.files.len() >= state.settings.max_files {
        return Err(reply::error(StatusCode::SERVICE_UNAVAILABLE, "ServerBusy", "Asset storage is full"));
    }
    tables.files.insert(asset.id, asset);
    Ok(reply::json(&info))
}

/// Reads the whole body.
async fn receive(state: &State, request: Request<Incoming>) -> Result<Form, Refused> {
    let malformed = |why: &str| reply::detail(StatusCode::BAD_REQUEST, why);
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = Multipart::boundary(content_type);
    let mut body = request.into_body();
    let mut form = Form::default();
    let Some(boundary) = boundary else {
        // Another kind of body is received, and holds no form.
        while let Some(frame) = body.frame().await {
            frame.map_err(|_| malformed("Client disconnected"))?;
        }
        return Ok(form);
    };
    if boundary.is_empty() {
        return Err(malformed("Missing boundary in multipart."));
    }
    let mut multipart = Multipart::new(&boundary);
    let mut open = Open::Nothing;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| malformed("Client disconnected"))?;
        let Ok(data) = frame.into_data() else { continue };
        state.received.fetch_add(data.len() as u64, Relaxed);
        let mut failure = None;
        let fed = multipart.feed(&data, |event| {
            if let Err(why) = form.take(&mut open, event, state.settings.keep) {
                failure = Some(why);
            }
        });
        fed.map_err(malformed)?;
        if let Some(why) = failure {
            return Err(malformed(&why));
        }
    }
    multipart.finish().map_err(malformed)?;
    Ok(form)
}

/// What VIA thinks of the form, in its order.
fn judge(state: &State, form: Form) -> Result<Asset, Refused> {
    let field = |name: &str, why: &str| reply::invalid(format!("('body', '{name}'): {why}"));
    let missing = |name: &str| field(name, "Field required");
    if form.purpose.ok_or_else(|| missing("purpose"))? != "vision" {
        return Err(field("purpose", "Input should be 'vision'"));
    }
    let image = match form.media_type.ok_or_else(|| missing("media_type"))?.as_str() {
        "video" => false,
        "image" => true,
        _ => return Err(field("media_type", "Input should be 'video' or 'image'")),
    };
    if let Some(FilePart::Text(text)) = &form.file {
        let input = serde_json::Value::from(text.as_str());
        let why = format!("Value error, Expected 'bytes', received: 'string' (input: {input})");
        return Err(field("file", &why));
    }
    // A client that sends an empty `filename` sends none.
    let path = form.filename.filter(|path| !path.is_empty());
    if let Some(path) = path.as_ref().filter(|path| path.len() > 256 || !is_path(path)) {
        let input = serde_json::Value::from(path.as_str());
        return Err(field("filename", &format!("String should match the pattern of a path (input: {input})")));
    }
    if state.settings.version >= Version::V2_4
        && let Some(camera) = form.camera_id.as_ref().filter(|camera| camera.len() > 256 || !is_camera(camera))
    {
        let input = serde_json::Value::from(camera.as_str());
        return Err(field("camera_id", &format!("String should match the pattern of a camera (input: {input})")));
    }
    let (name, spooled) = match (form.file, path) {
        (Some(FilePart::Upload { name, spooled }), None) => {
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_.- ".contains(c)) {
                return Err(reply::bad("BadParameters", "The file name holds characters that are not allowed"));
            }
            (name, spooled)
        }
        // The only disk there is.
        (None, Some(path)) if path.starts_with("/sim/") => {
            let hash = Fingerprint::of(path.as_bytes());
            (path, Spooled { length: 1 << 20, hash, file: None })
        }
        (None, Some(path)) => return Err(reply::bad("InvalidParameters", format!("No such file: {path}"))),
        _ => return Err(reply::invalid("Exactly one of the parameters 'file' and 'filename' is needed")),
    };
    let is_image = [".jpg", ".jpeg", ".png"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    if spooled.length == 0 || (is_image && !image) {
        return Err(reply::bad("InvalidFile", "The file cannot be read as what its media type says"));
    }
    Ok(Asset {
        id: Id::random(),
        seconds: seconds(&name, spooled.length, state.settings.bytes_per_second),
        name,
        image,
        spooled,
        stored: SystemTime::now(),
        jobs: Vec::new(),
        chat: None,
        polled: None,
    })
}

/// The length of the video: what its name says (`_90s`), else by its size, at least ten seconds.
fn seconds(name: &str, bytes: u64, bytes_per_second: u64) -> u64 {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let said = stem.strip_suffix('s').and_then(|stem| stem.rsplit_once('_')).and_then(|(_, n)| n.parse().ok());
    said.unwrap_or_else(|| (bytes / bytes_per_second.max(1)).max(10)).min(4_000_000_000)
}

// === impl Form ===

impl Form {
    fn take(&mut self, open: &mut Open, event: Event<'_>, keep: bool) -> Result<(), String> {
        match event {
            Event::Part { name, filename: Some(filename) } if name == "file" => {
                let spool = Spool::new(keep).map_err(|error| error.to_string())?;
                *open = Open::File { name: filename, spool };
            }
            Event::Part { name, filename: None } => *open = Open::Text { name, value: Vec::new() },
            Event::Part { .. } => *open = Open::Nothing,
            Event::Data(data) => match open {
                Open::Nothing => {}
                Open::Text { value, .. } if value.len() + data.len() > FIELD => {
                    return Err(format!("Part exceeded maximum size of {}KB.", FIELD / 1024));
                }
                Open::Text { value, .. } => value.extend_from_slice(data),
                Open::File { spool, .. } => spool.write(data).map_err(|error| error.to_string())?,
            },
            Event::End => self.close(std::mem::replace(open, Open::Nothing)),
        }
        Ok(())
    }

    fn close(&mut self, part: Open) {
        match part {
            Open::Nothing => {}
            Open::File { name, spool } => self.file = Some(FilePart::Upload { name, spooled: spool.finish() }),
            Open::Text { name, value } => {
                let value = String::from_utf8_lossy(&value).into_owned();
                match name.as_str() {
                    "purpose" => self.purpose = Some(value),
                    "media_type" => self.media_type = Some(value),
                    "filename" => self.filename = Some(value),
                    "camera_id" => self.camera_id = Some(value),
                    "file" => self.file = Some(FilePart::Text(value)),
                    _ => {}
                }
            }
        }
    }
}

// === impl FileInfo ===

impl FileInfo {
    pub(crate) fn of(asset: &Asset, version: Version, media_type: bool) -> Self {
        Self {
            id: asset.id,
            bytes: asset.spooled.length,
            filename: asset.name.clone(),
            purpose: "vision",
            // A unit prints as null.
            camera_id: (version >= Version::V2_4).then_some(()),
            media_type: media_type.then_some(if asset.image { "image" } else { "video" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_how_long_the_video_is() {
        assert_eq!(seconds("yard_90s.mp4", 1, 500_000), 90);
        assert_eq!(seconds("yard.mp4", 60_000_000, 500_000), 120);
        assert_eq!(seconds("file_0", 5, 500_000), 10);
    }
}
