//! Sign-ins that no store knows: those of visitors on this machine, and of the holder of the token that was printed at the start. They
//! live as long as the process.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::SignInMode;

/// How many browsers stay signed in by printed tokens. A token signs in once, so there is one unless it was given anew.
const MOST: usize = 16;

/// The tokens of sign-ins, and the secret that all tokens are made from.
pub(crate) struct LocalSignIns {
    secret: [u8; 32],
    state: Mutex<State>,
}

struct State {
    /// The digest of the printed token, until it has signed in.
    printed: Option<[u8; 32]>,
    made: u64,
    tokens: VecDeque<String>,
}

impl LocalSignIns {
    pub(crate) fn new(secret: [u8; 32], mode: &SignInMode) -> Self {
        let printed = match mode {
            SignInMode::Token(token) => Some(digest(token.as_bytes())),
            SignInMode::NotNeeded | SignInMode::Admins => None,
        };
        Self { secret, state: Mutex::new(State { printed, made: 0, tokens: VecDeque::new() }) }
    }

    /// Signs in by the printed token. Returns the token of the sign-in; `None` for another text, and after the first time.
    pub(crate) fn sign_in(&self, shown: &str) -> Option<String> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = state.printed?;
        if !bool::from(printed.ct_eq(&digest(shown.as_bytes()))) {
            return None;
        }
        state.printed = None;
        state.made += 1;
        let token = self.made_from(&format!("sign-in {}", state.made));
        if state.tokens.len() >= MOST {
            state.tokens.pop_front();
        }
        state.tokens.push_back(token.clone());
        Some(token)
    }

    /// Whether that is the token of a sign-in.
    pub(crate) fn knows(&self, token: &str) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.tokens.iter().any(|known| known.as_bytes().ct_eq(token.as_bytes()).into())
    }

    /// Ends a sign-in.
    pub(crate) fn sign_out(&self, token: &str) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).tokens.retain(|known| known != token);
    }

    /// The token that the forms of a visitor carry. A page of another site can't read it.
    pub(crate) fn form_token(&self, visitor: &str) -> String {
        self.made_from(&format!("form {visitor}"))
    }

    /// A text that only a holder of the secret can make.
    fn made_from(&self, text: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(text.as_bytes());
        hash.update(self.secret);
        derslik_domain::text::hex(&hash.finalize())
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_token_signs_in_once() {
        let sign_ins = LocalSignIns::new([7; 32], &SignInMode::Token("printed".to_owned()));
        assert_eq!(sign_ins.sign_in("other"), None);
        let token = sign_ins.sign_in("printed").unwrap();
        assert!(sign_ins.knows(&token) && !sign_ins.knows("printed"));
        assert_eq!(sign_ins.sign_in("printed"), None);
        sign_ins.sign_out(&token);
        assert!(!sign_ins.knows(&token));
    }

    #[test]
    fn forms_of_each_visitor_have_a_token_of_their_own() {
        let sign_ins = LocalSignIns::new([7; 32], &SignInMode::NotNeeded);
        assert_ne!(sign_ins.form_token("ada"), sign_ins.form_token("can"));
        assert_ne!(sign_ins.form_token("ada"), LocalSignIns::new([8; 32], &SignInMode::NotNeeded).form_token("ada"));
        assert_eq!(sign_ins.sign_in(""), None);
    }
}
