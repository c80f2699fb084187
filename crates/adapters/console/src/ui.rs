//! Small pieces of pages that templates call.

use askama::filters::Safe;

use crate::assets::VERSION;
use crate::guard::FORM_TOKEN;

/// An icon of that name among those of `assets/icons.svg`. It is decoration: words stand beside it.
pub(crate) fn icon(name: &str) -> Safe<String> {
    Safe(format!(r#"<svg class="i" aria-hidden="true"><use href="/console/assets/icons.svg?v={VERSION}#{name}"/></svg>"#))
}

/// An icon that is mirrored where lines begin at the right.
pub(crate) fn flip(name: &str) -> Safe<String> {
    Safe(format!(r#"<svg class="i flip" aria-hidden="true"><use href="/console/assets/icons.svg?v={VERSION}#{name}"/></svg>"#))
}

/// The hidden field that each form carries.
pub(crate) fn token(form_token: &str) -> Safe<String> {
    debug_assert!(form_token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Safe(format!(r#"<input type="hidden" name="{FORM_TOKEN}" value="{form_token}">"#))
}
