//! Where in the arguments of a call a value stands.

/// Where in the arguments a value stands, for messages: `options.sizes[2]`.
pub(crate) enum Path<'a> {
    Param(&'a str),
    /// What a function that JavaScript gave returned.
    Result(&'a str),
    Field(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, u32),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Param(name) => f.write_str(name),
            Self::Result(function) => write!(f, "{function}()"),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}
