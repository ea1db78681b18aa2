//! The request bodies of VIA's JSON routes as tables (via.md 1.9 to 1.14).

use crate::sim::via::schema::{Field, Kind, nullable, optional, required};
use crate::sim::via::settings::Version;

const PROMPT: Kind = Kind::Text(5_000);
const UNIT: Kind = Kind::Number(0.0, 1.0);
const TOKENS: Kind = Kind::Integer(1, 10_240);
const BATCH: Kind = Kind::Integer(1, 1_024);
const PIXELS: Kind = Kind::Integer(0, 4_096);
const CHUNK: Kind = Kind::Integer(0, 3_600);
const CAMERA: Kind = Kind::Pattern(256, "^(?:camera_\\d+|video_\\d+|default|)$", is_camera);
const USER: Kind = Kind::Pattern(256, "^[a-zA-Z0-9-._]*$", |text| all(text, "-._"));
const WORDS: Kind = Kind::Pattern(256, "^[A-Za-z0-9_.\\-\"' ,]*$", |text| all(text, "_.-\"' ,"));

const RESPONSE_FORMAT: Kind = Kind::Object(&[optional("type", Kind::OneOf(&["text", "json_object"]))]);
const STREAM_OPTIONS: Kind = Kind::Object(&[optional("include_usage", Kind::Bool)]);
const MEDIA_INFO: Kind = Kind::Object(&[
    required("type", Kind::OneOf(&["offset", "timestamp"])),
    optional("start_offset", Kind::Integer(0, 4_000_000_000)),
    optional("end_offset", Kind::Integer(0, 4_000_000_000)),
    optional("start_timestamp", Kind::Text(24)),
    optional("end_timestamp", Kind::Text(24)),
]);
const ALERT: Kind = Kind::Object(&[
    required("name", Kind::Text(256)),
    optional("events", Kind::List(100, &Kind::Text(1_024))),
    optional("callbackUrl", Kind::Text(2_048)),
    optional("callbackJsonTemplate", Kind::Text(1_024)),
    optional("callbackToken", Kind::Text(10_000)),
]);
const TOOL: Kind = Kind::Object(&[required("type", Kind::OneOf(&["alert"])), required("alert", ALERT)]);

/// The fields of a video model's call.
const VLM: &[Field] = &[
    required("id", Kind::Ids),
    optional("prompt", PROMPT),
    required("model", Kind::Text(1_024)),
    optional("api_type", Kind::Pattern(32, "^[A-Za-z]*$", |text| text.chars().all(|c| c.is_ascii_alphabetic()))),
    optional("response_format", RESPONSE_FORMAT),
    optional("stream", Kind::Bool),
    nullable("stream_options", STREAM_OPTIONS),
    optional("max_tokens", TOKENS),
    optional("temperature", UNIT),
    optional("top_p", UNIT),
    optional("top_k", Kind::Number(1.0, 1_000.0)),
    optional("seed", Kind::Integer(1, 4_294_967_295)),
    optional("chunk_duration", CHUNK),
    optional("chunk_overlap_duration", CHUNK),
    optional("media_info", MEDIA_INFO),
    optional("user", USER),
    optional("tools", Kind::List(100, &TOOL)),
    optional("enable_cv_metadata", Kind::Bool),
    optional("cv_pipeline_prompt", Kind::Text(1_024)),
    optional("num_frames_per_chunk", Kind::Integer(0, 256)),
    optional("vlm_input_width", PIXELS),
    optional("vlm_input_height", PIXELS),
];

const VLM_2_4: &[Field] = &[optional("system_prompt", PROMPT), optional("enable_reasoning", Kind::Bool)];

/// What a summary has on top.
const SUMMARY: &[Field] = &[
    optional("caption_summarization_prompt", PROMPT),
    optional("summary_aggregation_prompt", PROMPT),
    optional("graph_rag_prompt_yaml", Kind::Text(50_000)),
    optional("summary_duration", Kind::Integer(-1, 3_600)),
    optional("summarize", Kind::Bool),
    optional("enable_chat", Kind::Bool),
    optional("enable_chat_history", Kind::Bool),
    optional("enable_audio", Kind::Bool),
    optional("summarize_batch_size", BATCH),
    optional("rag_top_k", BATCH),
    optional("rag_batch_size", BATCH),
    optional("summarize_max_tokens", TOKENS),
    optional("chat_max_tokens", TOKENS),
    optional("notification_max_tokens", TOKENS),
    optional("summarize_temperature", UNIT),
    optional("chat_temperature", UNIT),
    optional("notification_temperature", UNIT),
    optional("summarize_top_p", UNIT),
    optional("chat_top_p", UNIT),
    optional("notification_top_p", UNIT),
];

const SUMMARY_2_3: &[Field] = &[optional("rag_type", Kind::OneOf(&["graph-rag", "vector-rag"]))];

const SUMMARY_2_4: &[Field] = &[
    optional("graph_db", Kind::OneOf(&["neo4j", "arango"])),
    optional("enable_cot", Kind::Bool),
    optional("enable_image", Kind::Bool),
    optional("collection_name", Kind::Text(256)),
    optional("custom_metadata", Kind::Any),
    optional("delete_external_collection", Kind::Bool),
    nullable("camera_id", CAMERA),
];

const MESSAGE: Kind = Kind::Object(&[
    required("role", Kind::OneOf(&["system", "user", "assistant"])),
    required("content", Kind::Text(256_000)),
    optional("name", Kind::Text(256)),
]);

/// `POST /chat/completions`.
pub(crate) const CHAT: &[Field] = &[
    required("id", Kind::Ids),
    required("messages", Kind::List(1_000_000, &MESSAGE)),
    required("model", Kind::Text(1_024)),
    optional("api_type", Kind::Text(32)),
    optional("response_format", RESPONSE_FORMAT),
    optional("stream", Kind::Bool),
    nullable("stream_options", STREAM_OPTIONS),
    optional("max_tokens", TOKENS),
    optional("temperature", UNIT),
    optional("top_p", UNIT),
    optional("top_k", Kind::Number(1.0, 1_000.0)),
    optional("seed", Kind::Integer(1, 4_294_967_295)),
    optional("chunk_duration", CHUNK),
    optional("chunk_overlap_duration", CHUNK),
    optional("summary_duration", Kind::Integer(-1, 3_600)),
    optional("media_info", MEDIA_INFO),
    optional("highlight", Kind::Bool),
    optional("user", USER),
];

/// `POST /live-stream`.
pub(crate) const LIVE: &[Field] = &[
    required("liveStreamUrl", Kind::Pattern(256, "^rtsp://", |text| text.starts_with("rtsp://"))),
    required("description", WORDS),
    optional("username", WORDS),
    optional("password", WORDS),
    nullable("camera_id", CAMERA),
];

/// `POST /alerts`.
pub(crate) const ALERTS: &[Field] = &[
    optional("name", Kind::Text(1_000)),
    required("liveStreamId", Kind::Id),
    required("events", Kind::List(100, &Kind::Text(1_024))),
    optional("callback", Kind::Pattern(2_048, "^https?://", |text| text.starts_with("http"))),
    optional("callbackJsonTemplate", Kind::Text(1_024)),
    optional("callbackToken", Kind::Text(10_000)),
];

/// `POST /recommended_config`.
pub(crate) const RECOMMENDED: &[Field] = &[
    optional("video_length", Kind::Integer(1, 864_000_000)),
    optional("target_response_time", Kind::Integer(1, 86_400)),
    optional("usecase_event_duration", Kind::Integer(1, 86_400)),
];

/// `POST /summarize`.
pub(crate) fn summarize(version: Version) -> Vec<Field> {
    let parts: &[&[Field]] = match version {
        Version::V2_3 => &[VLM, SUMMARY, SUMMARY_2_3],
        Version::V2_4 => &[VLM, VLM_2_4, SUMMARY, SUMMARY_2_4],
    };
    versioned(parts.concat(), version)
}

/// `POST /generate_vlm_captions`.
pub(crate) fn captions() -> Vec<Field> {
    [VLM, VLM_2_4].concat()
}

/// `POST /chat/completions`.
pub(crate) fn chat(version: Version) -> Vec<Field> {
    versioned(CHAT.to_vec(), version)
}

/// `camera_N`, `video_N`, `default` or empty.
pub(crate) fn is_camera(text: &str) -> bool {
    let digits = text.strip_prefix("camera_").or_else(|| text.strip_prefix("video_"));
    matches!(text, "" | "default")
        || digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// A path on the server's disk.
pub(crate) fn is_path(text: &str) -> bool {
    all(text, "_.-/ ")
}

fn versioned(mut fields: Vec<Field>, version: Version) -> Vec<Field> {
    if version == Version::V2_3
        && let Some(field) = fields.iter_mut().find(|field| field.name == "max_tokens")
    {
        field.kind = Kind::Integer(1, 1_024);
    }
    fields
}

fn all(text: &str, also: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}
