//! Which of the containers around a place in a JSON text are objects, and which are arrays.

/// A bit for each container: set for an object, the innermost one lowest.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    objects: u64,
    depth: u32,
}

impl Nesting {
    /// Goes into a container; `false` where that is too deep to be noted.
    pub(super) fn enter(&mut self, is_object: bool) -> bool {
        let has_room = self.depth < u64::BITS;
        if has_room {
            self.objects = self.objects << 1 | u64::from(is_object);
            self.depth += 1;
        }
        has_room
    }

    /// Whether the innermost one is an object; `None` outside of all.
    pub(super) fn is_object(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.objects & 1 == 1)
    }

    /// Goes out of the innermost one.
    pub(super) fn leave(&mut self) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_as_many_containers_as_it_has_bits() {
        let mut nesting = Nesting::default();
        assert_eq!(nesting.is_object(), None);
        for depth in 0..64 {
            assert!(nesting.enter(depth % 3 == 0));
        }
        assert!(!nesting.enter(true));
        for depth in (0..64).rev() {
            assert_eq!(nesting.is_object(), Some(depth % 3 == 0));
            nesting.leave();
        }
        assert_eq!(nesting.is_object(), None);
    }
}
