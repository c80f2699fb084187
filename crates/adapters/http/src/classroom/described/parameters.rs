//! The parameters that methods of several resources have.

use crate::classroom::engine::{PAGE_SIZE, PAGE_TOKEN, Parameter, ParameterKind};

/// The parameters of a change of some fields.
pub(super) static MASKED: [Parameter; 1] = [Parameter::new("updateMask", ParameterKind::FieldMask)];

/// The parameters of a list.
pub(super) static PAGED: [Parameter; 2] = [PAGE_SIZE, PAGE_TOKEN];
