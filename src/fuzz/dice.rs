//! What a check chooses, drawn from the very bytes that it checks: the same bytes always meet the same choice.

use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;

/// In how many random ways a body is cut, besides into single bytes.
const CUTS: usize = 2;

/// A source of choices.
#[derive(Debug)]
pub(crate) struct Dice(fastrand::Rng);

// === impl Dice ===

impl Dice {
    /// The dice of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(bytes);
        Self(fastrand::Rng::with_seed(hasher.finish()))
    }

    /// A number below `end`; 0 where there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.usize(..end) }
    }

    /// Whether it happens this time, once in `often`.
    pub(crate) fn once_in(&mut self, often: usize) -> bool {
        self.below(often) == 0
    }

    /// A limit for texts: mostly more than enough, sometimes too small.
    pub(crate) fn limit(&mut self) -> usize {
        if self.once_in(4) { self.below(64) } else { 1024 * 1024 }
    }

    /// The body in single bytes, and in a few other ways.
    pub(crate) fn cuts(&mut self, body: &[u8]) -> Vec<Vec<Bytes>> {
        let body = Bytes::copy_from_slice(body);
        let mut cuts = vec![(0..body.len()).map(|at| body.slice(at..=at)).collect()];
        cuts.extend((0..CUTS).map(|_| self.cut(&body)));
        cuts
    }

    /// The body in one random way, with empty frames among them.
    pub(crate) fn cut(&mut self, body: &Bytes) -> Vec<Bytes> {
        let count = self.below(8);
        let mut places: Vec<_> = (0..count).map(|_| self.below(body.len() + 1)).collect();
        places.sort_unstable();
        let starts = std::iter::once(0).chain(places.iter().copied());
        let ends = places.iter().copied().chain([body.len()]);
        starts.zip(ends).map(|(start, end)| body.slice(start..end)).collect()
    }
}
