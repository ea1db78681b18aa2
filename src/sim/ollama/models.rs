//! The models on disk, and their names (ollama.md 1.2 and 1.6).

use std::time::SystemTime;

/// A model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The shortest display form, always with a tag.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// 64 hex digits.
    pub digest: String,
    /// `llama`, `qwen2`...
    pub family: String,
    /// `8.0B`...
    pub parameters: String,
    /// What it can do: `completion`, `tools`, `vision`, `embedding`, `thinking`.
    pub capabilities: Vec<String>,
    /// The longest context.
    pub context: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

// === impl Model ===

impl Model {
    /// A model of that name, with the capabilities given.
    pub fn new(name: &str, family: &str, parameters: &str, size: u64, capabilities: &[&str]) -> Self {
        let name = normal(name).unwrap_or_else(|| name.to_owned());
        Self {
            digest: digest(&name),
            name,
            size,
            family: family.to_owned(),
            parameters: parameters.to_owned(),
            capabilities: capabilities.iter().map(|&capability| capability.to_owned()).collect(),
            context: 32_768,
            modified: SystemTime::now(),
        }
    }

    /// A usual collection: `llama3` (the app's), a small one for extraction, one that thinks, one that sees, one for
    /// embeddings.
    pub fn some() -> Vec<Self> {
        vec![
            Self::new("llama3", "llama", "8.0B", 4_661_224_676, &["completion", "tools"]),
            Self::new("qwen2.5:3b", "qwen2", "3.1B", 1_929_912_432, &["completion", "tools"]),
            Self::new("qwen3:4b", "qwen3", "4.0B", 2_497_293_931, &["completion", "tools", "thinking"]),
            Self::new("qwen3-vl:8b", "qwen3vl", "8.8B", 6_143_821_312, &["completion", "vision", "tools", "thinking"]),
            Self::new("nomic-embed-text", "nomic-bert", "137M", 274_302_450, &["embedding"]),
        ]
    }

    /// Whether it can do that.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }
}

/// The shortest display form of a name, lower case and with a tag; `None` if it is no name.
pub(crate) fn normal(name: &str) -> Option<String> {
    let lower = name.trim().to_ascii_lowercase();
    let bare = lower.strip_prefix("registry.ollama.ai/").unwrap_or(&lower);
    let bare = bare.strip_prefix("library/").unwrap_or(bare);
    // A colon before the last slash belongs to a port.
    let tagged = bare.rsplit('/').next().is_some_and(|last| last.contains(':'));
    let whole = if tagged { bare.to_owned() } else { format!("{bare}:latest") };
    let parts: Vec<&str> = whole.split(['/', ':']).collect();
    let good = |part: &&str| {
        let mut bytes = part.bytes();
        let first = bytes.next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
        first && part.len() <= 350 && bytes.all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
    };
    (parts.len() <= 5 && parts.iter().all(good)).then_some(whole)
}

/// A digest made of the name: good for nothing but being told apart.
pub(crate) fn digest(name: &str) -> String {
    let seed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut rng = fastrand::Rng::with_seed(seed);
    format!("{:032x}{:032x}", rng.u128(..), rng.u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_normal_form() {
        for name in ["llama3", "Llama3:Latest", "library/llama3", "registry.ollama.ai/library/llama3:latest"] {
            assert_eq!(normal(name).as_deref(), Some("llama3:latest"), "{name}");
        }
        assert_eq!(normal("host:5000/me/x").as_deref(), Some("host:5000/me/x:latest"));
        assert_eq!(normal("").as_deref(), None);
        assert_eq!(normal("a b"), None);
        assert_eq!(digest("x").len(), 64);
    }
}
