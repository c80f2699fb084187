//! The differences between the document of the jobs API and the releases of the original service.

/// The shape of this dialect's answers where the document and the original service differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JobsCompat {
    /// As the document says.
    #[default]
    Documented,
    /// As release 1.26 of the original service answers.
    Release126,
}
