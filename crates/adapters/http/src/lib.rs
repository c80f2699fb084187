//! The three dialects over actix-web, each in its own folder.
